# SPDX-License-Identifier: GPL-2.0-or-later
"""The pinned ``b4`` command, sealed: no configuration of the user's, no input, no network."""

import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from reviewtool import cache
from reviewtool.archive.attestation import verdicts
from reviewtool.archive.b4_version import b4_version
from reviewtool.archive.hunks import find_diff, sound
from reviewtool.archive.mail import Mail, synthetic, unix_lines
from reviewtool.errors import InputError, Unavailable
from reviewtool.process import Completed, run, sealed_env

AM_SECONDS = 120
_STALE_SECONDS = 10 * AM_SECONDS
_TITLE_BYTES = 120
_GLUED = re.compile(r",(?=\S)")
"""In ``[net-next,v2,1/5]`` b4 finds neither version nor number."""
_FORMAT = "am-2"


def b4_command() -> Path:
    """The b4 of this environment; one found elsewhere on PATH may be of any version."""
    command = Path(sys.executable).parent / "b4"
    if not command.exists():
        raise Unavailable(f"no b4 beside {sys.executable}", "", "run make venv")
    return command


def am(members: Sequence[Mail]) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """What ``b4 am`` makes of one posting (its cover and patches): mails fit for ``git am``.

    Replies are not given to b4 and it adds no trailers: whose trailers are genuine is decided in
    :mod:`reviewtool.archive.trailers`. The second value is what b4 complained of. Results are kept
    in the cache under what b4 is given and its version.
    """
    value = cache.cached_json(
        "am",
        cache.digest(_FORMAT, b4_version(), *(_given_key(mail) for mail in members)),
        lambda: _am(members),
    )
    return tuple(text.encode("utf-8", "surrogateescape") for text in value[0]), tuple(value[1])


def _given_key(mail: Mail) -> str:
    """The digest of what b4 is given of ``mail``."""
    return cache.digest(_presentable(mail)) if altered(mail) else mail.key


def attest(members: Sequence[Mail], rings: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """What b4 says of the developers' signatures of one posting's patches, by their number.

    ``rings`` are the key rings it may look in. DKIM is left out: it needs the network.
    """
    with _scratch() as place:
        config = place / "gitconfig"
        lines = [f"\tkeyringsrc = {json.dumps(ring, ensure_ascii=False)}\n" for ring in rings]
        config.write_text("[b4]\n" + "".join(lines), "utf-8")
        options = [
            *("-c", "b4.attestation-policy=softfail", "-c", "b4.attestation-checkmarks=simple"),
            *("-c", "b4.attestation-check-dkim=no"),
        ]
        done = _run_b4(options, place, members, {"GIT_CONFIG_GLOBAL": str(config)})
    patches = [mail.subject.index for mail in members if mail.subject.index]
    return verdicts(done.stderr.decode("utf-8", "replace"), patches)


def _am(members: Sequence[Mail]) -> tuple[list[str], list[str]]:
    with _scratch() as place:
        done = _run_b4(["-c", "b4.attestation-policy=off"], place, members)
        complaints = [
            line.strip().removeprefix("ERROR: ").removeprefix("WARNING: ")
            for line in done.stderr.decode("utf-8", "replace").splitlines()
            if line.lstrip().startswith(("ERROR", "WARNING"))
        ]
        files = sorted((place / "out").glob("*.maildir/new/*"))
        mails = [_long_title(file.read_bytes(), members) for file in files]
        if done.returncode or not mails:
            raise InputError(
                f"b4 makes no series of it: {(complaints or [done.complaint])[-1]}",
                members[0].message_id,
                "look at the mail; no patch of it can be used",
            )
        return [mail.decode("utf-8", "surrogateescape") for mail in mails], complaints


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for one run of b4. What runs that were killed left behind goes first: it lies in the
    cache, where it can be told from what is others'."""
    folder = cache.folder("b4-scratch")
    _sweep(folder)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        yield Path(place)


def _sweep(folder: Path) -> None:
    """Drop what no run of b4 can still be using."""
    for left in folder.iterdir():
        try:
            old = time.time() - left.stat().st_mtime > _STALE_SECONDS
        except FileNotFoundError:  # its own run ended meanwhile
            continue
        if old:
            shutil.rmtree(left, ignore_errors=True)  # another process may be sweeping too


def _short_title(title: str) -> str:
    """A stand-in for a title b4 could not make a file name of: names end at 255 bytes."""
    return f"{title[:40].rstrip()} {cache.digest(title)[:12]}"


def _long_title(mail: bytes, members: Sequence[Mail]) -> bytes:
    """``mail`` with the title that was replaced for b4 put back."""
    for member in members:
        title = member.subject.title
        if len(title.encode("utf-8", "replace")) > _TITLE_BYTES:
            short = _short_title(title).encode("utf-8", "surrogateescape")
            head, _, body = mail.partition(b"\n\n")
            long = title.encode("utf-8", "surrogateescape")
            mail = re.sub(rb"\n[ \t]+", b" ", head).replace(short, long) + b"\n\n" + body
    return mail


def _run_b4(
    options: Sequence[str],
    place: Path,
    members: Sequence[Mail],
    environment: Mapping[str, str] | None = None,
) -> Completed:
    """``b4 am`` over ``members`` in the folder ``place``; what it makes is in ``out`` there."""
    inbox = place / "inbox"
    for folder in ("cur", "new", "tmp"):
        (inbox / folder).mkdir(parents=True)
    for number, mail in enumerate(members):
        (inbox / "new" / f"{number:04}").write_bytes(_presentable(mail))
    command: list[str | Path] = [b4_command(), "-n", "--no-stdin", "--offline-mode", *options]
    command += ["am", "-T", "-M", "--no-cover", "--allow-unicode-control-chars"]
    command += ["--no-partial-reroll", "-n", "series", "-m", inbox, "-o", place / "out"]
    # A work tree above the cache may hold a .b4-config: git is not to look there for one.
    env = {**sealed_env(place), "GIT_CEILING_DIRECTORIES": str(place.resolve().parent)}
    try:
        return run(command, cwd=place, env={**env, **(environment or {})}, timeout=AM_SECONDS)
    except InputError as error:
        raise InputError(
            f"b4 takes longer than {AM_SECONDS} s over it",
            members[0].message_id,
            "leave that mail out",
        ) from error


def altered(mail: Mail) -> bool:
    """Whether b4 gets the mail otherwise than it was sent, so that no signature can hold."""
    return _presentable(mail) != unix_lines(mail.raw)


def _presentable(mail: Mail) -> bytes:
    """The mail as b4 can read it: a Message-ID, LF lines, its true charset, no format=flowed."""
    raw = unix_lines(mail.raw)
    header, _, body = raw.partition(b"\n\n")
    misnamed = any("charset" in flaw for flaw in mail.flaws)
    flowed = mail.flowed and find_diff(mail.body) is not None and sound(mail.body)
    if misnamed or flowed:
        # b4 believes the header and turns what it cannot decode into question marks.
        body = mail.body.encode("utf-8", "surrogateescape")
        charset = b"utf-8" if _is_utf8(body) else b"iso-8859-1"
        kept = _without(header, b"content-type:", b"content-transfer-encoding:")
        header = kept + b"\nContent-Type: text/plain; charset=" + charset
        header += b"\nContent-Transfer-Encoding: 8bit"
    title = mail.subject.title
    prefix = mail.subject_line.removesuffix(title)
    long = len(title.encode("utf-8", "replace")) > _TITLE_BYTES
    if long or _GLUED.search(prefix):
        line = f"Subject: {_GLUED.sub(' ', prefix)}{_short_title(title) if long else title}"
        header = _without(header, b"subject:") + b"\n" + line.encode("utf-8", "surrogateescape")
    if synthetic(mail.message_id):
        header = _without(header, b"message-id:") + f"\nMessage-ID: <{mail.message_id}>".encode()
    return header + b"\n\n" + body


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _without(header: bytes, *names: bytes) -> bytes:
    kept: list[bytes] = []
    dropping = False
    for line in header.split(b"\n"):
        if not line[:1].isspace():
            dropping = line.lower().startswith(names)
        if not dropping:
            kept.append(line)
    return b"\n".join(kept)
