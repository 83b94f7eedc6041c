# SPDX-License-Identifier: GPL-2.0-or-later
"""Who signed a mail: what b4 can verify with the keys at hand, and plainly what was not checked.

Developers sign with patatt (``X-Developer-Signature``); its keys are in key rings, folders or git
refs (``b4.keyringsrc`` of the user's git configuration, and b4's own under its data folder). A
DKIM signature can be checked against the DNS alone, which is not asked.
"""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from reviewtool.process import run

NOT_CHECKED = "not checked"

_SIGNATURE = re.compile(
    rb"^(X-Developer-Signature|DKIM-Signature):((?:.*\r?\n)(?:[ \t].*\r?\n)*)",
    re.MULTILINE | re.IGNORECASE,
)
_TITLE = re.compile(r"^  (?:[vx] )?\[[^\]]*?(?:(\d+)/\d+)?\]")
_VERDICT = re.compile(r"^\s+[vx] ((?:Signed|BADSIG|No key): .*)$")


def signed(raw: bytes) -> bool:
    """Whether a developer signed the mail."""
    return any(name.lower().startswith(b"x-") for name, _ in _SIGNATURE.findall(_head(raw)))


def claims(raw: bytes) -> tuple[str, ...]:
    """The signatures a mail bears, unverified: ``ed25519/ada@example.org``, ``DKIM example.org``.

    Of several DKIM signatures (each relay may add one) all domains are named, each once.
    """
    found: list[str] = []
    for name, value in _SIGNATURE.findall(_head(raw)):
        tags = _tags(value.decode("ascii", "replace"))
        if name.lower().startswith(b"dkim"):
            found.append(f"DKIM {tags.get('d', '?').lower()}")
        else:
            algorithm = tags.get("a", "?").partition("-")[0]
            found.append(f"{algorithm}/{tags.get('i', '?').lower()}")
    return tuple(dict.fromkeys(found))


def unchecked(claimed: Iterable[str], why: str) -> tuple[str, ...]:
    """What is said of signatures nobody checked."""
    reasons = {True: "its key is in the DNS", False: why}
    return tuple(f"{NOT_CHECKED}: {one} ({reasons[one.startswith('DKIM ')]})" for one in claimed)


def key_rings() -> tuple[str, ...]:
    """The user's patatt key rings, as ``b4.keyringsrc`` names them: folders, and git refs with the
    path of their repository. What is relative to a work tree is left out: mail is read anywhere."""
    done = run(["git", "config", "--global", "--get-all", "b4.keyringsrc"])
    named = done.stdout.decode("utf-8", "replace").split("\n") if done.returncode == 0 else []
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    found = [ring for text in named if (ring := _absolute(text.strip()))]
    own = Path(home, "b4", "keyring")
    return tuple(dict.fromkeys([*found, *([str(own)] if own.is_dir() else [])]))


def rings_state(mails: Iterable[bytes]) -> tuple[str, ...]:
    """What the verdict on ``mails`` depends on besides them: the key rings and what is in them.

    Empty, and found without asking for any, if none of the mails is signed.
    """
    if not any(signed(raw) for raw in mails):
        return ()
    return tuple(f"{ring} {state}" for ring in key_rings() for state in _state(ring))


def verdicts(told: str, patches: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """What ``b4 am`` told of the signatures of each of the ``patches``, by number.

    Verdicts stand below the title of the patch, or, all being alike, once below a rule.
    """
    of_patch: dict[int, list[str]] = {}
    of_all: list[str] = []
    current = of_all
    for line in told.splitlines():
        if title := _TITLE.match(line):
            current = of_patch.setdefault(int(title.group(1) or 1), [])
        elif line == "  ---":
            current = of_all
        elif verdict := _VERDICT.match(line):
            current.append(verdict.group(1))
    return {index: tuple(of_patch.get(index) or of_all) for index in patches}


def _head(raw: bytes) -> bytes:
    return re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0] + b"\n"


def _tags(value: str) -> dict[str, str]:
    """The ``name=value`` list of RFC 6376, 3.2."""
    pairs = (part.partition("=") for part in value.split(";"))
    return {name.strip(): "".join(text.split()) for name, _, text in pairs if name.strip()}


def _absolute(ring: str) -> str:
    if ring.startswith("ref:"):
        repository, _, rest = ring.removeprefix("ref:").partition(":")
        place = Path(repository).expanduser() if repository else Path()
        return f"ref:{place}:{rest}" if place.is_absolute() else ""
    place = Path(ring).expanduser() if ring else Path()
    return str(place) if place.is_absolute() and place.is_dir() else ""


def _state(ring: str) -> list[str]:
    if ring.startswith("ref:"):
        repository, _, rest = ring.removeprefix("ref:").partition(":")
        ref = rest.partition(":")[0] or "HEAD"
        done = run(["git", "-C", repository, "rev-parse", "--verify", "--quiet", ref])
        return [done.stdout.decode("ascii", "replace").strip()]
    files = sorted(path for path in Path(ring).rglob("*") if path.is_file())
    return [f"{file} {file.stat().st_mtime_ns} {file.stat().st_size}" for file in files]
