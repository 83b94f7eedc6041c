# SPDX-License-Identifier: GPL-2.0-or-later
"""Raw mails out of files: mbox (mboxrd, mboxo, git's own), gzip of these, folders, one mail."""

import re
import sys
import zlib
from pathlib import Path

from reviewtool.errors import InputError

MAX_BYTES = 1 << 30
"""The most a file may hold once unpacked: a list of a year is a tenth of it, a gzip bomb is not."""

_MAIL_NAMES = (".patch", ".eml", ".mbox", ".mbox.gz", ".mbx")
_FROM_LINE = re.compile(rb"^From (\S+)[^\n]*\n", re.MULTILINE)
_HEADER = re.compile(rb"^(?:>?From |[!-9;-~]+[ \t]*:)")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_QUOTED_ONCE = re.compile(rb"^>(From )", re.MULTILINE)
_GIT_COMMIT = re.compile(rb"^[0-9a-f]{40}$|^[0-9a-f]{64}$")


def read_raw(source: str | Path) -> tuple[bytes, ...]:
    """Every mail of ``source`` (a file, a folder, or ``-`` for standard input), unchanged.

    Raises :class:`InputError` for what is no mail, is empty, cannot be read, or is larger than
    :data:`MAX_BYTES`.
    """
    if str(source) == "-":
        return split_mails(
            unpack(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input"), "standard input"
        )
    path = Path(source)
    if path.is_dir():
        return _folder(path)
    return split_mails(unpack(read_bytes(path), str(path)), str(path))


def read_bytes(path: Path) -> bytes:
    """The content of ``path``; a file that cannot be read is an :class:`InputError`."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", str(path), "name an mbox, a maildir or a mail"
        ) from error
    _limit(len(data), str(path))
    return data


def unpack(data: bytes, where: str) -> bytes:
    """``data`` without its gzip coat, if it wears one; all members of a concatenated file."""
    if not data.startswith(b"\x1f\x8b"):
        _limit(len(data), where)
        return data
    pieces: list[bytes] = []
    size = 0
    while data.startswith(b"\x1f\x8b"):
        inflater = zlib.decompressobj(wbits=31)
        try:
            while not inflater.eof:
                piece = inflater.decompress(data, 1 << 24)
                data = inflater.unconsumed_tail
                size += len(piece)
                _limit(size, where)
                pieces.append(piece)
                if not piece and not data and not inflater.eof:
                    raise InputError("the gzip file is cut short", where, "fetch or copy it again")
        except zlib.error as error:
            raise InputError(f"damaged gzip data ({error})", where, "fetch it again") from error
        data = inflater.unused_data.lstrip(b"\0")
    return b"".join(pieces)


def split_mails(data: bytes, where: str) -> tuple[bytes, ...]:
    """The mails of an mbox, or the one mail ``data`` is; ``From`` quoting undone per dialect.

    mboxrd strips one ``>`` of ``>From``, ``>>From``…; mboxo of ``>From`` alone; what git
    format-patch wrote is quoted in neither way.
    """
    if not data.strip():
        raise InputError("the file is empty", where, "give the mails of at least one series")
    data = data.lstrip(b"\r\n")
    starts = _separators(data)
    if not starts:
        if not _HEADER.match(data) or b"\nfrom:" not in b"\n" + data[:65536].lower():
            raise InputError(
                "is no mail: it begins with neither a From line nor a mail header",
                where,
                "give an mbox, a maildir or one mail",
            )
        return (data,)
    mails: list[bytes] = []
    unquote = _dialect(data, starts)
    for (_, begin, _), (end, _, _) in zip(starts, [*starts[1:], (len(data), 0, b"")], strict=True):
        mail = data[begin:end]
        # The blank line before a separator belongs to the mbox, not to the mail.
        mail = mail[:-1] if mail.endswith(b"\n\n") else mail
        mails.append(unquote.sub(rb"\1", mail) if unquote else mail)
    return tuple(mails)


def _separators(data: bytes) -> list[tuple[int, int, bytes]]:
    """(start of the From line, start of its mail, sender) for each mail of the box.

    A ``From`` at the start of a paragraph of prose is none: a header has to follow the line.
    """
    found: list[tuple[int, int, bytes]] = []
    for match in _FROM_LINE.finditer(data):
        begin = match.start()
        at_edge = begin == 0 or data[max(0, begin - 2) : begin] in (b"\n\n", b"\r\n")
        if at_edge and _HEADER.match(data[match.end() : match.end() + 200]):
            found.append((begin, match.end(), match.group(1)))
    return found if found and found[0][0] == 0 else []


def _dialect(data: bytes, starts: list[tuple[int, int, bytes]]) -> re.Pattern[bytes] | None:
    if starts[0][2] == b"mboxrd@z" or re.search(rb"^>>+From ", data, re.MULTILINE):
        return _QUOTED
    if all(_GIT_COMMIT.match(sender) for _, _, sender in starts):
        return None
    return _QUOTED_ONCE


def _folder(path: Path) -> tuple[bytes, ...]:
    """The mails of a maildir, or of what ``git format-patch -o`` and mail programs save."""
    folders = [path / name for name in ("cur", "new") if (path / name).is_dir()]
    if folders:
        files = sorted(file for folder in folders for file in folder.iterdir() if file.is_file())
    else:
        files = sorted(file for file in path.iterdir() if file.name.endswith(_MAIL_NAMES))
    mails: list[bytes] = []
    size = 0
    for file in files:
        data = unpack(read_bytes(file), str(file))
        size += len(data)
        _limit(size, str(path))
        mails.extend(split_mails(data, str(file)))
    if not mails:
        raise InputError(
            "is a folder without mail",
            str(path),
            "name a maildir, or a folder of .patch, .eml or .mbox files",
        )
    return tuple(mails)


def _limit(size: int, where: str) -> None:
    if size > MAX_BYTES:
        raise InputError(
            f"holds more than {MAX_BYTES >> 20} MiB of mail",
            where,
            "split it, or fetch by message-id from a public-inbox",
        )
