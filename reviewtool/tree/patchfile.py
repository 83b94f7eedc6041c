# SPDX-License-Identifier: GPL-2.0-or-later
"""What a patch in a mail says it does: files, modes, blob ids, hunks.

git itself applies patches; this reader is there to know the paths beforehand, to refuse what no
kernel patch has a reason to do, and to explain what git refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Generated register headers make honest patches of over 10 MB; nothing read by a person is larger.
MAX_BYTES = 32 * 1024 * 1024

_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$")
_INDEX = re.compile(rb"^index ([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: ([0-7]{6}))?$")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_NAMED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_REGULAR = {0o100644, 0o100755}


class DamagedPatch(Exception):  # noqa: N818 - it describes the mail, nothing failed
    """The text is no well-formed patch; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """One hunk. ``lines`` keep their first character and lack the newline; ``at`` is the line of
    the diff (from 1) the hunk starts on, ``end`` its last; ``section`` is the text after the
    second ``@@``."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    section: str
    lines: tuple[bytes, ...]
    at: int
    end: int
    # A side whose last line has no newline at its end.
    old_open_end: bool = False
    new_open_end: bool = False

    @property
    def old(self) -> tuple[bytes, ...]:
        """The lines it expects, as they are before."""
        return tuple(line[1:] for line in self.lines if line[:1] != b"+")

    @property
    def new(self) -> tuple[bytes, ...]:
        """The lines it leaves behind."""
        return tuple(line[1:] for line in self.lines if line[:1] != b"-")


@dataclass(frozen=True, slots=True)
class FilePatch:
    """What a patch does to one file; ``old`` or ``new`` is None for a file made or removed.

    ``old_blob`` and ``new_blob`` are the ids of the ``index`` line, abbreviated as in the mail.
    """

    old: str | None
    new: str | None
    old_mode: int | None
    new_mode: int | None
    old_blob: str
    new_blob: str
    binary: bool
    hunks: tuple[Hunk, ...]
    at: int

    @property
    def path(self) -> str:
        """The path to name it by."""
        return self.new or self.old or ""

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path it touches."""
        return tuple(dict.fromkeys(path for path in (self.old, self.new) if path is not None))


def parse(diff: bytes) -> tuple[FilePatch, ...]:
    """The files of a patch. Raises :class:`DamagedPatch`."""
    if len(diff) > MAX_BYTES:
        raise DamagedPatch(
            f"{len(diff) / 1e6:.0f} MB; patches above {MAX_BYTES / 1e6:.0f} MB are not applied"
        )
    return tuple(_Reader(diff.removesuffix(b"\n").split(b"\n")).files())


def refusal(files: tuple[FilePatch, ...]) -> str:
    """Why these files must not be applied even if they could be, or ``""``.

    A path that leaves the tree or enters ``.git``, a symbolic link, a submodule and a binary file
    have no place in what is built and run from a stranger's mail.
    """
    for file in files:
        for path in file.paths:
            reason = _path_refusal(path)
            if reason:
                return f"line {file.at}: {reason}: {path!r}"
        for mode in (file.old_mode, file.new_mode):
            if mode == 0o120000:
                return f"line {file.at}: {file.path} is a symbolic link"
            if mode == 0o160000:
                return f"line {file.at}: {file.path} is a submodule"
            if mode is not None and mode not in _REGULAR:
                return f"line {file.at}: {file.path} has the mode {mode:o}"
        if file.binary:
            return f"line {file.at}: {file.path} is a binary file, which no reviewer can read"
    return ""


def mode_changes(files: tuple[FilePatch, ...]) -> tuple[str, ...]:
    """Files whose executable bit the patch sets or clears, told in words."""
    return tuple(
        f"{file.path} mode {file.old_mode:o} -> {file.new_mode:o}"
        for file in files
        if file.old_mode and file.new_mode and file.old_mode != file.new_mode
    )


def _path_refusal(path: str) -> str:
    parts = path.split("/")
    if path.startswith("/") or re.match(r"^[A-Za-z]:[\\/]", path):
        return "absolute path"
    if ".." in parts:
        return "path leaves the tree"
    if any(part.lower().rstrip(". ") == ".git" or part.lower() == "git~1" for part in parts):
        return "path inside .git"
    if "" in parts or "." in parts:
        return "malformed path"
    if any(ord(char) < 32 or ord(char) == 127 or 0xD800 <= ord(char) <= 0xDFFF for char in path):
        return "path with control characters or bytes that are not UTF-8"
    return ""


class _Reader:
    """A cursor over the lines of one diff."""

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines
        self.at = 0

    def files(self) -> Iterator[FilePatch]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            following = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else b""
            if line.startswith(b"diff --git "):
                yield self._file(line)
            elif line.startswith(b"--- ") and following.startswith(b"+++ "):
                yield self._file(b"")
            elif _HUNK.match(line):
                raise DamagedPatch(f"line {self.at + 1}: a hunk without a file")
            else:
                self.at += 1

    def _file(self, git_line: bytes) -> FilePatch:
        start = self.at + 1
        old, new = _git_names(git_line) if git_line else (None, None)
        if git_line:
            self.at += 1
        old_mode = new_mode = None
        blobs = ("", "")
        binary = made = removed = False
        hunks: list[Hunk] = []
        while self.at < len(self.lines):
            line = self.lines[self.at].removesuffix(b"\r")
            if line.startswith(b"diff --git "):
                break
            if line.startswith(b"--- ") and not hunks:
                old, made = _side(line[4:], made)
            elif line.startswith(b"+++ ") and not hunks:
                new, removed = _side(line[4:], removed)
            elif line.startswith(b"--- ") and self._starts_file():
                break
            elif _HUNK.match(line):
                hunks.append(self._hunk())
                continue
            elif line.startswith((b"old mode ", b"deleted file mode ")):
                old_mode = _octal(line, self.at)
                removed |= line.startswith(b"deleted")
            elif line.startswith((b"new mode ", b"new file mode ")):
                new_mode = _octal(line, self.at)
                made |= line.startswith(b"new file")
            elif line.startswith((b"rename from ", b"copy from ")):
                old = _unquote(line.split(b" from ", 1)[1])
            elif line.startswith((b"rename to ", b"copy to ")):
                new = _unquote(line.split(b" to ", 1)[1])
            elif index := _INDEX.match(line):
                blobs = (index[1].decode(), index[2].decode())
                if index[3]:
                    old_mode = new_mode = int(index[3], 8)
            elif line.startswith((b"GIT binary patch", b"Binary files ")):
                binary = True
            self.at += 1
        return FilePatch(
            None if made else old,
            None if removed else new,
            None if made else old_mode,
            None if removed else new_mode,
            *blobs,
            binary,
            tuple(hunks),
            start,
        )

    def _starts_file(self) -> bool:
        return self.at + 1 < len(self.lines) and self.lines[self.at + 1].startswith(b"+++ ")

    def _hunk(self) -> Hunk:
        at = self.at + 1
        head = _HUNK.match(self.lines[self.at].removesuffix(b"\r"))
        assert head is not None  # noqa: S101 - the caller has just matched it
        counts = [1 if head[group] is None else int(head[group]) for group in (2, 4)]
        left, right = counts
        lines: list[bytes] = []
        open_ends = [False, False]
        self.at += 1
        while left > 0 or right > 0:
            if self.at >= len(self.lines):
                raise DamagedPatch(f"line {at}: the hunk is shorter than it says")
            # An editor that strips trailing blanks turns an empty context line into an empty line.
            line = self.lines[self.at] or b" "
            mark = line[:1]
            if mark == b"\\":
                self._open_end(lines, open_ends)
            elif mark in b" -+":
                left -= mark != b"+"
                right -= mark != b"-"
                lines.append(line)
            else:
                raise DamagedPatch(f"line {self.at + 1}: neither context, added nor removed")
            self.at += 1
        if left < 0 or right < 0:
            raise DamagedPatch(f"line {at}: the hunk is longer than it says")
        if self.at < len(self.lines) and self.lines[self.at].startswith(b"\\"):
            self._open_end(lines, open_ends)
            self.at += 1
        return Hunk(
            int(head[1]),
            counts[0],
            int(head[3]),
            counts[1],
            head[5].decode("utf-8", "replace"),
            tuple(lines),
            at,
            self.at,
            open_ends[0],
            open_ends[1],
        )

    @staticmethod
    def _open_end(lines: list[bytes], open_ends: list[bool]) -> None:
        last = lines[-1][:1] if lines else b" "
        open_ends[0] |= last != b"+"
        open_ends[1] |= last != b"-"


def _side(name: bytes, absent: bool) -> tuple[str | None, bool]:
    # A tab ends the name: after it, diff(1) writes a date, and git nothing.
    plain = name.split(b"\t", 1)[0]
    if plain.strip() == b"/dev/null":
        return None, True
    return _strip_prefix(_unquote(plain.rstrip(b"\r"))), absent


def _strip_prefix(name: str) -> str:
    # As git apply -p1 does, whatever the first component is called.
    head, slash, rest = name.partition("/")
    return rest if slash and head else name


def _git_names(line: bytes) -> tuple[str | None, str | None]:
    words = line.removeprefix(b"diff --git ").rstrip(b"\r")
    if words.startswith(b'"') or words.endswith(b'"'):
        names = re.findall(rb'"(?:[^"\\]|\\.)*"|\S+', words)
        if len(names) == 2:
            return _strip_prefix(_unquote(names[0])), _strip_prefix(_unquote(names[1]))
        return None, None
    # Without quotes the two names are equal here (renames have lines of their own).
    middle = len(words) // 2
    if words[middle : middle + 1] == b" ":
        old, new = words[:middle], words[middle + 1 :]
        return _strip_prefix(_text(old)), _strip_prefix(_text(new))
    return None, None


def _unquote(name: bytes) -> str:
    if len(name) < 2 or not (name.startswith(b'"') and name.endswith(b'"')):
        return _text(name)

    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8) & 255]) if len(code) == 3 else _NAMED.get(code, code)

    return _text(_ESCAPE.sub(plain, name[1:-1]))


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _octal(line: bytes, at: int) -> int:
    word = line.rsplit(b" ", 1)[1]
    try:
        return int(word, 8)
    except ValueError:
        raise DamagedPatch(f"line {at + 1}: no file mode: {word!r}") from None
