# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the diff in a mail begins and ends, told by its hunk counts as git and patch do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_START = re.compile(r"^(?:diff --git |diff -|Index: |--- (?:a/|/dev/null|\S+\t)\S*)", re.MULTILINE)
_HUNK = re.compile(r"^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_BETWEEN = re.compile(
    r"^(?:diff |index |old mode|new mode|deleted file|new file|copy |rename |similarity |"
    r"dissimilarity |--- |\+\+\+ |Index: |={20,}|\\ No newline|Binary files|GIT binary|"
    r"literal \d|delta \d|Only in )"
)
_WITHOUT_HUNKS = re.compile(
    r"^(?:GIT binary patch|Binary files|(?:rename|copy) to|old mode|new mode|new file|deleted file)"
)


@dataclass(frozen=True, slots=True)
class Extent:
    """A diff found in text: character offsets, and what is wrong with it ("" if sound)."""

    start: int
    end: int
    hunks: int
    damage: str


def find_diff(text: str) -> int | None:
    """The offset of the first diff in ``text``: a file header that is followed by a hunk."""
    for match in _START.finditer(text):
        if re.search(
            r"^(?:@@ -|GIT binary patch|Binary files|rename to|new mode|new file|deleted file)",
            text[match.start() : match.start() + 4000],
            re.MULTILINE,
        ):
            return match.start()
    return None


def sound(text: str) -> bool:
    """Whether ``text`` holds a diff and every hunk of it has the lines its header announces."""
    extent = diff_extent(text)
    return extent is not None and not extent.damage


def diff_extent(text: str) -> Extent | None:
    """The first diff in ``text``, up to the line where no diff can go on, or None."""
    start = find_diff(text)
    if start is None:
        return None
    old = new = hunks = 0
    position = end = start
    binary = whole = False
    damage = ""
    lines = text[start:].removesuffix("\n").split("\n")
    for number, line in enumerate(lines):
        after = position + len(line) + 1
        if old > 0 or new > 0:
            step = _consumed(line)
            if step is None or step[0] > old or step[1] > new:
                damage = f"hunk {hunks} is {old} old and {new} new lines short"
                break
            old, new = old - step[0], new - step[1]
            end = after
        elif hunk := _HUNK.match(line):
            old, new = int(hunk.group(1) or 1), int(hunk.group(2) or 1)
            hunks += 1
            end = after
        elif _BETWEEN.match(line) or (binary and line != "-- "):
            binary = line.startswith("GIT binary") or (binary and not line.startswith("diff "))
            whole = whole or bool(_WITHOUT_HUNKS.match(line))
            end = after
        elif line.startswith("b/") and lines[number - 1].startswith("diff --git "):
            damage = damage or "a file header is wrapped"
            end = after
        elif line.strip():
            if not _goes_on(lines[number:]):
                break
            damage = damage or f"hunk {hunks} is longer than it says"
        position = after
    else:
        if old > 0 or new > 0:
            damage = f"hunk {hunks} is {old} old and {new} new lines short"
    if not hunks and not whole:
        damage = damage or "its file header is broken"
    return Extent(start, min(end, len(text)), hunks, damage)


def _goes_on(lines: Sequence[str]) -> bool:
    """Whether lines no hunk has counted are a hunk's nevertheless: more hunks or files follow.

    A mail server that breaks a long line makes one line two, and people edit hunks by hand; prose
    below a diff is not that.
    """
    for line in lines:
        if _HUNK.match(line) or line.startswith("diff --git "):
            return True
        if line == "-- " or (line and line[0] not in " +-\t"):
            return False
    return False


def _consumed(line: str) -> tuple[int, int] | None:
    """How many (old, new) lines of its hunk ``line`` is; None if it cannot be in a hunk.

    An empty line is an empty context line whose blank a mailer stripped, as git reads it.
    """
    if line.startswith("\\"):
        return 0, 0
    if line == "" or line[0] in " \t\r":
        return (1, 1) if line[:1] in ("", " ", "\r") else None
    if line[0] == "-":
        return 1, 0
    if line[0] == "+":
        return 0, 1
    return None
