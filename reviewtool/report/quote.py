# SPDX-License-Identifier: GPL-2.0-or-later
"""The lines of a patch a finding is about, as a reply on the list quotes them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewtool.archive.codewalk import places
from reviewtool.archive.types import Patch

_WIDTH = 70
LEFT_OUT = "[...]"
"""What stands for lines left out of a quotation."""


@dataclass(frozen=True, slots=True)
class _Hunk:
    """``lines`` with their first character, without the ``@@`` line, which is ``head``."""

    path: str
    head: str
    lines: tuple[str, ...]
    inside: tuple[str, ...]


def quote_name(patch: Patch, name: str, path: str = "", limit: int = 6) -> tuple[str, ...]:
    """The changed lines that name ``name`` with what follows them, in ``path`` if it is there."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    defined = re.compile(rf"^.\s*(?:#\s*define\s+)?{re.escape(name)}(?:\s+\(?\w|\s*=)")
    best: tuple[int, _Hunk, int] | None = None
    for hunk in _hunks(patch):
        for at, line in enumerate(hunk.lines):
            if line[:1] not in ("+", "-") or not word.search(line):
                continue
            rank = 8 * (hunk.path == path) + 4 * bool(defined.match(line))
            rank += 2 * (not _comment(line)) + (line[0] == "+")
            if best is None or rank > best[0]:
                best = (rank, hunk, at)
    return _window(best[1], best[2], limit) if best else ()


def quote_function(patch: Patch, names: Sequence[str], limit: int = 6) -> tuple[str, ...]:
    """The first lines a patch adds or removes inside a function called one of ``names``."""
    best: tuple[int, _Hunk, int] | None = None
    for hunk in _hunks(patch):
        changed = [
            at
            for at, (line, inside) in enumerate(zip(hunk.lines, hunk.inside, strict=True))
            if line[:1] in ("+", "-") and line[1:].strip() and inside in names
        ]
        code = [at for at in changed if not _comment(hunk.lines[at])] or changed
        if changed and (best is None or len(code) > best[0]):
            best = (len(code), hunk, code[0])
    return _window(best[1], best[2], limit) if best else ()


def _comment(line: str) -> bool:
    return line[1:].lstrip().startswith(("*", "/*", "//"))


def _window(hunk: _Hunk, at: int, limit: int) -> tuple[str, ...]:
    """Up to ``limit`` lines of code from the one at ``at`` on; context at the end is left out."""
    rest = [line for line in hunk.lines[at:] if line[1:].strip(" \t{}")]
    while rest and rest[-1][:1] == " ":
        rest.pop()
    lines = rest[:limit]
    while lines and lines[-1][:1] == " ":
        lines.pop()
    return (_head(hunk.head), *lines, *((LEFT_OUT,) if len(lines) < len(rest) else ()))


def _head(line: str) -> str:
    """The ``@@`` line, a long section cut as git cuts it."""
    return line[:_WIDTH].rstrip()


def _hunks(patch: Patch) -> Iterator[_Hunk]:
    text = patch.diff.split("\n")
    where = places(text)
    at = 0
    while at < len(text):
        if not text[at].startswith("@@ -"):
            at += 1
            continue
        start = at + 1
        at = start
        while at < len(text) and text[at][:1] in (" ", "+", "-", "\\"):
            at += 1
        yield _Hunk(
            where[start - 1][0],
            text[start - 1],
            tuple(text[start:at]),
            tuple(name for _, name in where[start:at]),
        )
