# SPDX-License-Identifier: GPL-2.0-or-later
"""The pinned ``b4`` command, sealed: no configuration of the user's, no input, no network."""

import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from reviewtool import cache
from reviewtool.archive.b4_version import b4_version
from reviewtool.archive.hunks import find_diff, sound
from reviewtool.archive.mail import Mail, synthetic, unix_lines
from reviewtool.errors import InputError, Unavailable
from reviewtool.process import Completed, run, sealed_env

AM_SECONDS = 120
_TITLE_BYTES = 120
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
    in the cache under the content of the mails and the version of b4.
    """
    value = cache.cached_json(
        "am",
        cache.digest(_FORMAT, b4_version(), *(mail.key for mail in members)),
        lambda: _am(members),
    )
    return tuple(text.encode("utf-8", "surrogateescape") for text in value[0]), tuple(value[1])


def _am(members: Sequence[Mail]) -> tuple[list[str], list[str]]:
    with tempfile.TemporaryDirectory(prefix="reviewtool-b4-") as scratch:
        place = Path(scratch)
        inbox, out = place / "inbox", place / "out"
        for folder in ("cur", "new", "tmp"):
            (inbox / folder).mkdir(parents=True)
        for number, mail in enumerate(members):
            (inbox / "new" / f"{number:04}").write_bytes(_presentable(mail))
        done = _run_b4(
            [
                *("-n", "--no-stdin", "--offline-mode", "-c", "b4.attestation-policy=off"),
                *("am", "-T", "-M", "--no-cover", "--allow-unicode-control-chars"),
                *("--no-partial-reroll", "-n", "series", "-m", inbox, "-o", out),
            ],
            place,
            members[0].message_id,
        )
        complaints = [
            line.strip().removeprefix("ERROR: ").removeprefix("WARNING: ")
            for line in done.stderr.decode("utf-8", "replace").splitlines()
            if line.lstrip().startswith(("ERROR", "WARNING"))
        ]
        mails = [
            _long_title(file.read_bytes(), members) for file in sorted(out.glob("*.maildir/new/*"))
        ]
        if done.returncode or not mails:
            raise InputError(
                f"b4 makes no series of it: {(complaints or [done.complaint])[-1]}",
                members[0].message_id,
                "look at the mail; no patch of it can be used",
            )
        return [mail.decode("utf-8", "surrogateescape") for mail in mails], complaints


def _short_title(title: str) -> str:
    """A stand-in for a title b4 could not make a file name of: names end at 255 bytes."""
    return f"{title[:40]} {cache.digest(title)[:12]}"


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


def _run_b4(words: Sequence[str | Path], place: Path, message_id: str) -> Completed:
    try:
        return run([b4_command(), *words], cwd=place, env=sealed_env(place), timeout=AM_SECONDS)
    except InputError as error:
        raise InputError(
            f"b4 takes longer than {AM_SECONDS} s over it", message_id, "leave that mail out"
        ) from error


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
    if len(mail.subject.title.encode("utf-8", "replace")) > _TITLE_BYTES:
        prefix = mail.subject_line.removesuffix(mail.subject.title)
        line = f"Subject: {prefix}{_short_title(mail.subject.title)}"
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
