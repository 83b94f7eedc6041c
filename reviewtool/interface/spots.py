# SPDX-License-Identifier: GPL-2.0-or-later
"""Initialisers read from the lines around them, exactly as from the whole file.

A question about one struct spends most of its time on comments and directives that are far from
any answer. Reading may begin and end at a line that nothing goes on into: a comment ends at the
first ``*/`` whatever opened it, a string or a directive goes on only after a backslash. Where a
look back cannot tell, another line is taken.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from reviewtool.interface.guards import Directive, guard_map
from reviewtool.interface.initialisers import KEYWORD, initialisers, mentions
from reviewtool.interface.mask import (
    Masked,
    directive,
    directives_of,
    without_attributes,
    without_comments,
    without_directives,
)
from reviewtool.interface.parse import tree_of_windows
from reviewtool.interface.source import Source

_CONDITIONAL = re.compile(rb"#[ \t]*(?:if|el|endif)")
# Nearly every one is of this form; an #ifndef may guard an include, which the next line tells.
_PLAIN = re.compile(
    rb"#[ \t]*(ifdef|if|elif|else|endif)\b(([^\n\\/\"']*)(?:/\*[^\n\\*]*\*/[ \t]*)?)\n"
)
_DECIDES = re.compile(rb"[;{}]")


def read_initialisers(
    path: str, raw: bytes, names: tuple[bytes, ...], named: Sequence[int]
) -> Source:
    """``raw`` with nothing masked and parsed but the initialisers of the structs ``names``.

    ``named`` are the :func:`places` of ``raw``.
    """
    windows: list[tuple[int, int]] = []
    plain: list[tuple[int, bytes]] = []
    ready: list[tuple[int, bytes]] = []
    for start, code in _spots(raw, names, named):
        plain.append((start, code))
        bare = without_directives(code)
        for begin, end in initialisers(names, bare):
            windows.append((start + begin, start + end))
            ready.append((start + begin, without_attributes(bare[begin:end])))
    directives = tuple(_conditionals(raw)) if windows else ()
    guards = guard_map(directives)
    masked = Masked(raw, _patched(raw, plain), _patched(raw, ready), directives, guards)
    return Source(path, masked, tree_of_windows(masked.text, windows), (), ())


def _patched(raw: bytes, pieces: Sequence[tuple[int, bytes]]) -> bytes:
    """``raw`` with each of ``pieces``, which ascend, put over what stands there."""
    view = memoryview(raw)
    parts: list[bytes | memoryview] = []
    done = 0
    for start, piece in pieces:
        parts += [view[done:start], piece]
        done = start + len(piece)
    return b"".join((*parts, view[done:]))


def _spots(
    raw: bytes, names: tuple[bytes, ...], named: Sequence[int]
) -> Iterator[tuple[int, bytes]]:
    """Where the lines around mentions of ``names`` begin, and those lines without comments."""
    stop = 0
    for place in named:
        if place < stop:
            continue
        start = _begin(raw, max(stop, place - KEYWORD), stop)
        stop = _end(raw, place, start)
        plain = without_comments(raw[start:stop])
        while stop < len(raw) and not _settled(without_directives(plain), names):
            brace = raw.find(b"}", stop)
            stop = _end(raw, brace, start) if brace >= 0 else len(raw)
            plain = without_comments(raw[start:stop])
        yield start, plain


def _settled(text: bytes, names: tuple[bytes, ...]) -> bool:
    """Whether what follows ``text`` has no say in which initialisers are in it."""
    if text.rstrip().endswith(b"struct"):
        return False  # a name may follow
    last = max((end for _, end in mentions(names, text)), default=None)
    if last is None:
        return True
    if _DECIDES.search(text, last) is None:
        return False
    windows = initialisers(names, text)
    return not windows or text[windows[-1][1] - 1 :].strip() not in (b"", b"}")


def _conditionals(raw: bytes) -> Iterator[Directive]:
    """The directives of ``raw`` that decide about conditions; others may be among them."""
    row = stop = 0
    for spot in _CONDITIONAL.finditer(raw):
        at = spot.start()
        line = raw.rfind(b"\n", 0, at) + 1
        before = raw[line:at]
        if at < stop or (before.strip(b" \t") and b"*/" not in before):
            continue
        start, done = _begin(raw, at, stop), stop
        row += raw.count(b"\n", done, start)
        plain = _PLAIN.match(raw, at)
        if plain is not None and start == line and b"*/" not in before:
            stop = plain.end()
            yield directive(plain[1], plain[3], plain[2], row, row)
            row += 1
            continue
        stop = _end(raw, at, start)
        found = _directives(raw[start:stop])
        while stop < len(raw) and found and found[-1].word == "ifndef":
            # What follows decides whether it guards an include.
            following = raw.find(b"#", stop)
            stop = _end(raw, following, start) if following >= 0 else len(raw)
            found = _directives(raw[start:stop])
        for one in found:
            yield replace(one, first=row + one.first, last=row + one.last)
        row += raw.count(b"\n", start, stop)


def _directives(raw: bytes) -> tuple[Directive, ...]:
    return directives_of(raw, without_comments(raw))


def _begin(raw: bytes, at: int, floor: int) -> int:
    """The last line before ``at`` that nothing goes on into, as nothing does at ``floor``."""
    while (line := raw.rfind(b"\n", floor, at) + 1) > floor:
        opener = raw.rfind(b"/*", floor, line)
        if _continued(raw, line):
            at = line - 1
        elif opener < 0 or raw.find(b"*/", opener + 2, line) >= 0:
            return line
        else:
            at = opener
    return floor


def _end(raw: bytes, at: int, floor: int) -> int:
    """The first such line after ``at``; the end if there is none."""
    while line := raw.find(b"\n", at) + 1:
        opener = raw.rfind(b"/*", floor, line)
        if opener >= 0 and raw.find(b"*/", opener + 2, line) < 0:
            at = raw.find(b"*/", line)
            if at < 0:
                break
        elif _continued(raw, line):
            at = line
        else:
            return line
    return len(raw)


def _continued(raw: bytes, line: int) -> bool:
    return raw[max(0, line - 3) : line - 1].removesuffix(b"\r").endswith(b"\\")
