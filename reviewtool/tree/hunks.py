# SPDX-License-Identifier: GPL-2.0-or-later
"""Where each hunk of a patch fits in a file: to explain what ``git apply`` only accepts or refuses.

The search is patch(1)'s: nearest place first, then up to two lines of context dropped from the
outside (``patch -F2``, which is what kernel people mean by fuzz).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from reviewtool.tree.patchfile import Hunk

MAX_FUZZ = 2
_NEAREST = 1000


@dataclass(frozen=True, slots=True)
class Placement:
    """How one hunk fitted. ``line`` (from 1) is in the file as it was before any hunk.

    ``offset`` is the distance from where the patch said. ``places`` counts the equally good
    places (1: unambiguous). ``dropped`` pairs each context line fuzz ignored with the line that
    stands there instead (None beyond the file's end).
    """

    hunk: Hunk
    state: Literal["exact", "offset", "fuzz", "rejected", "already"]
    line: int
    offset: int = 0
    fuzz: int = 0
    places: int = 1
    dropped: tuple[tuple[bytes, bytes | None], ...] = ()


def place(content: bytes, hunks: Sequence[Hunk]) -> tuple[tuple[Placement, ...], bytes]:
    """Fit ``hunks`` one after the other; and the content with those that fit put in.

    A hunk never reaches into what the one before it changed, so all of them are looked for in the
    content as it was; context may be shared, as patch(1) has it.
    """
    lines = content.split(b"\n")
    open_end = lines[-1] != b""
    if not open_end:
        lines.pop()
    text = _Text(lines, {line for hunk in hunks for line in (*hunk.old, *hunk.new)})
    placements: list[Placement] = []
    result: list[bytes] = []
    drift = floor = 0
    for hunk in hunks:
        found = _find(text, hunk, drift, floor)
        if found.state in ("exact", "offset", "fuzz"):
            start = found.line - 1
            leading, trailing = context_of(hunk)
            first, stop = start + leading, start + len(hunk.old) - trailing
            result += lines[floor:first]
            result += _fresh(lines, hunk.lines[leading : len(hunk.lines) - trailing], first)
            drift, floor = start - _wanted(hunk), stop
            if start + len(hunk.old) >= len(lines):
                open_end = hunk.new_open_end
        placements.append(found)
    result += lines[floor:]
    end = b"" if open_end or not result else b"\n"
    return tuple(placements), b"\n".join(result) + end


class _Text:
    """Lines with an index of where each of those ``wanted`` stands."""

    def __init__(self, lines: list[bytes], wanted: set[bytes]) -> None:
        self.lines = lines
        self.places: dict[bytes, list[int]] = {}
        for number, line in enumerate(lines):
            if line in wanted:
                self.places.setdefault(line, []).append(number)

    def matches(self, core: Sequence[bytes], floor: int, wanted: int) -> Iterator[int]:
        """Every place from ``floor`` on where ``core`` stands, nearest to ``wanted`` first."""
        if not core:
            if floor <= wanted <= len(self.lines):
                yield wanted
            return
        # Blank lines and lone braces stand everywhere; the rarest line decides.
        anchor = min(range(len(core)), key=lambda i: len(self.places.get(core[i], ())))
        spots = self.places.get(core[anchor], [])
        last = len(self.lines) - len(core)
        starts = [at - anchor for at in spots if floor <= at - anchor <= last]
        starts.sort(key=lambda start: (abs(start - wanted), start))
        want = list(core)
        # A file made of one line alone, repeated, must not cost the square of its length.
        for start in starts[:_NEAREST]:
            if self.lines[start : start + len(core)] == want:
                yield start


def _fresh(lines: list[bytes], changed: Sequence[bytes], start: int) -> list[bytes]:
    """The lines that replace those from ``start`` on; context between is kept as it stands."""
    fresh: list[bytes] = []
    at = start
    for line in changed:
        if line[:1] == b"+":
            fresh.append(line[1:])
            continue
        if line[:1] == b" " and at < len(lines):
            fresh.append(lines[at])
        at += 1
    return fresh


def _wanted(hunk: Hunk) -> int:
    # "-0,0" (new file) and "-n,0" (insertion after line n) count from 0.
    return hunk.old_start - 1 if hunk.old_count else hunk.old_start


def _find(text: _Text, hunk: Hunk, drift: int, floor: int) -> Placement:
    lines = text.lines
    wanted = _wanted(hunk) + drift
    old = hunk.old
    leading, trailing = context_of(hunk)
    widest = max(leading, trailing)
    for fuzz in range(min(MAX_FUZZ, widest) + 1):
        # The shorter side loses less, and until it would lose some the hunk is held to that end of
        # the file: less context means that there was no more.
        spare, spare_end = fuzz - (widest - leading), fuzz - (widest - trailing)
        at_start, at_end = spare < 0 and hunk.old_start <= 1, spare_end < 0
        skip, cut = max(0, spare), max(0, spare_end)
        core = old[skip : len(old) - cut]
        places = [
            start - skip
            for start in text.matches(core, max(floor, skip), wanted + skip)
            if not (at_start and start) and not (at_end and start + len(core) != len(lines))
        ]
        if places:
            start = places[0]
            unmatched = (*range(skip), *range(len(old) - cut, len(old)))
            pairs = ((old[i], _line(lines, start + i)) for i in unmatched)
            dropped = tuple((expected, stands) for expected, stands in pairs if expected != stands)
            state: Literal["exact", "offset", "fuzz"] = (
                "fuzz" if fuzz else "offset" if start != wanted else "exact"
            )
            rivals = _rivals(places, wanted)
            return Placement(hunk, state, start + 1, start - wanted, fuzz, rivals, dropped)
        if not fuzz and (there := _already(text, hunk, wanted)) is not None:
            # Before fuzz: it would put in a second time what is there to the letter.
            return Placement(hunk, "already", there + 1, there - wanted)
    return Placement(hunk, "rejected", wanted + 1)


def _already(text: _Text, hunk: Hunk, wanted: int) -> int | None:
    # A few lines of context around nothing are found anywhere: no proof of a removal.
    if not any(line[:1] == b"+" for line in hunk.lines):
        return None
    return next(text.matches(hunk.new, 0, wanted), None)


def _line(lines: list[bytes], at: int) -> bytes | None:
    return lines[at] if at < len(lines) else None


def _rivals(places: list[int], wanted: int) -> int:
    """An exact place is the place; otherwise every place that fits is as good as the nearest."""
    return 1 if places[0] == wanted else len(places)


def context_of(hunk: Hunk) -> tuple[int, int]:
    """How many lines of context lead and trail a hunk."""
    marks = [line[:1] for line in hunk.lines]
    leading = next((i for i, mark in enumerate(marks) if mark != b" "), len(marks))
    trailing = next((i for i, mark in enumerate(reversed(marks)) if mark != b" "), 0)
    return leading, trailing
