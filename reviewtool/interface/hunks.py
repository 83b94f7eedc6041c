# SPDX-License-Identifier: GPL-2.0-or-later
"""Unified diffs as kernel mail carries them, read leniently: what a mailer broke is reported.

git's parser is the judge of whether a patch applies; this one wants what a patch shows, of
patches that apply nowhere any more as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Line numbers count from 1. ``lines`` are (mark, text): mark " ", "-" or "+"."""

    old: int
    new: int
    heading: str
    lines: tuple[tuple[str, str], ...]

    @property
    def ends_file(self) -> bool:
        """Whether the file is known to end with it: there is less context after than before."""
        same = [mark == " " for mark, _ in self.lines]
        if all(same):
            return False
        return same[::-1].index(False) < same.index(False)


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What one patch does to one file; ``old`` or ``new`` is "" for a file made or deleted."""

    old: str
    new: str
    hunks: tuple[Hunk, ...]
    binary: bool = False

    @property
    def path(self) -> str:
        """The path the file has after the patch, or had before it was deleted."""
        return self.new or self.old


def file_diffs(diff: str) -> Iterator[FileDiff]:
    """The files of ``diff``. A hunk cut short ends where the text does."""
    lines = diff.split("\n")
    index = 0
    current: FileDiff | None = None
    hunks: list[Hunk] = []
    while index < len(lines):
        line = lines[index].rstrip("\r")
        index += 1
        if line.startswith("diff --git ") or (
            line.startswith("--- ") and index < len(lines) and lines[index].startswith("+++ ")
        ):
            if line.startswith("diff ") or current is None or hunks:
                if current is not None:
                    yield replace(current, hunks=tuple(hunks))
                current, hunks = _opened(line), []
            if line.startswith("--- ") and current is not None:
                old, new = _path(line[4:]), _path(lines[index].rstrip("\r")[4:])
                current = replace(current, old=old, new=new)
                index += 1
        elif current is None:
            continue
        elif line.startswith("rename from "):
            current = replace(current, old=line[len("rename from ") :])
        elif line.startswith("rename to "):
            current = replace(current, new=line[len("rename to ") :])
        elif line.startswith("new file mode") and not hunks:
            current = replace(current, old="")
        elif line.startswith("deleted file mode") and not hunks:
            current = replace(current, new="")
        elif line.startswith(("GIT binary patch", "Binary files ")):
            current = replace(current, binary=True)
        elif (found := _HUNK.match(line)) is not None:
            taken, body = _body(lines, index, int(found[2] or 1), int(found[4] or 1))
            index = taken
            hunks.append(Hunk(int(found[1]), int(found[3]), found[5].strip(), body))
    if current is not None:
        yield replace(current, hunks=tuple(hunks))


def _opened(line: str) -> FileDiff:
    found = re.match(r'diff --git "?a/(.+?)"? "?b/(.+?)"?$', line)
    return FileDiff(found[1], found[2], ()) if found else FileDiff("", "", ())


def _path(text: str) -> str:
    text = text.split("\t")[0].strip().strip('"')
    if text == "/dev/null":
        return ""
    return text[2:] if text.startswith(("a/", "b/")) else text


def _body(
    lines: list[str], index: int, old: int, new: int
) -> tuple[int, tuple[tuple[str, str], ...]]:
    """The lines of a hunk that announces ``old`` and ``new`` lines."""
    body: list[tuple[str, str]] = []
    while (old > 0 or new > 0) and index < len(lines):
        line = lines[index].rstrip("\r")
        mark = line[:1] or " "  # a mailer may strip the blank of an empty context line
        if mark == "\\":
            index += 1
            continue
        if mark not in " +-":
            break
        old -= mark != "+"
        new -= mark != "-"
        body.append((mark, line[1:]))
        index += 1
    return index, tuple(body)
