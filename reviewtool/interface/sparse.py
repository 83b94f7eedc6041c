# SPDX-License-Identifier: GPL-2.0-or-later
"""A file of which only some lines are known: what the hunks of a series show of it.

The patches of a series are laid one over the other by their line numbers, as they were made, so
that a line added by one and changed by the next comes out as it ends. What remains are two
partial texts, before and after the series, each line with the patch that made or took it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from reviewtool.interface.hunks import FileDiff, Hunk

_REST = 1 << 40


@dataclass(slots=True)
class _Gap:
    """Lines nobody showed: ``size`` of them, the first being line ``base`` before the series."""

    base: int
    size: int


@dataclass(slots=True)
class _Known:
    """A line that was shown. ``base`` is its number before the series, None for an added one."""

    text: str
    base: int | None
    added_by: int | None = None
    heading: str = ""
    final: bool = False


@dataclass(slots=True)
class _Taken:
    """A line that was removed; it takes no room in the text after the series."""

    text: str
    base: int
    removed_by: int
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A known line: its number, its text, and the patch that added (or removed) it."""

    number: int
    text: str
    patch: int | None = None
    cut: int | None = None  # the patch that removed lines just before this one


@dataclass(frozen=True, slots=True)
class Fragment:
    """Known lines without a gap; ``heading`` is what git says the first of them stands in.

    ``final``: the file is known to end with them.
    """

    heading: str
    lines: tuple[Line, ...]
    final: bool = False


@dataclass(slots=True)
class SparseFile:
    """A file under the patches of a series, in order. ``notes`` says what did not fit."""

    path: str
    _items: list[_Gap | _Known | _Taken] = field(default_factory=lambda: [_Gap(1, _REST)])
    notes: list[str] = field(default_factory=list)
    created: bool = False
    deleted: bool = False

    def apply(self, diff: FileDiff, patch: int) -> None:
        """Lay one patch over the file."""
        if not diff.old and diff.hunks:
            self.created = True
            self._items = []
        cursor = (0, 1)
        for hunk in sorted(diff.hunks, key=lambda one: one.new):
            cursor = self._lay(hunk, patch, cursor)
        if not diff.new:
            self.deleted = True

    def after(self) -> list[Fragment]:
        """What is known of the file after the series."""
        fragments: list[Fragment] = []
        run: list[Line] = []
        heading = ""
        number = 1
        cut: int | None = None
        final = False
        for item in self._items:
            if isinstance(item, _Gap):
                _close(fragments, heading, run, final)
                number += item.size
                cut = None
            elif isinstance(item, _Taken):
                cut = item.removed_by
                if run:
                    continue
                heading = item.heading or heading
            else:
                if not run and item.heading:
                    heading = item.heading
                run.append(Line(number, item.text, item.added_by, cut))
                final = item.final
                number += 1
                cut = None
        _close(fragments, heading, run, final)
        return fragments

    def before(self) -> list[Fragment]:
        """What is known of the file before the series; ``patch`` names who removes a line."""
        fragments: list[Fragment] = []
        run: list[Line] = []
        heading = ""
        final = False
        for item in self._items:
            if isinstance(item, _Gap):
                if item.size:
                    _close(fragments, heading, run, final)
            elif item.base is not None:
                if not run and item.heading:
                    heading = item.heading
                gone = item.removed_by if isinstance(item, _Taken) else None
                run.append(Line(item.base, item.text, gone))
            final = isinstance(item, _Known) and item.final
        _close(fragments, heading, run, final)
        return fragments

    def _lay(self, hunk: Hunk, patch: int, cursor: tuple[int, int]) -> tuple[int, int]:
        """Replace what stands at the hunk's place in the text so far by what it shows.

        The patches of one file come top to bottom, and those hunks already laid have moved the
        rest: the place in the present text is the hunk's number on its new side, or the line
        after it when the new side is empty. ``cursor`` is an (index, line number) to start from.
        """
        empty = all(mark == "-" for mark, _ in hunk.lines)
        number = hunk.new + 1 if empty else max(hunk.new, 1)
        index = self._seek(number, cursor)
        heading = hunk.heading
        for mark, text in hunk.lines:
            if mark == "+":
                self._items.insert(index, _Known(text, None, patch, heading))
                index, number, heading = index + 1, number + 1, ""
                continue
            index = self._skip_taken(index)
            item = self._materialise(index, text, heading)
            heading = ""
            if item.text.rstrip() != text.rstrip():
                self._note(f"patch {patch}: {text.strip()!r} is not the line that stood there")
                item.text = text
            if mark == " ":
                index, number = index + 1, number + 1
            elif item.base is None:
                del self._items[index]
            else:
                self._items[index] = _Taken(text, item.base, patch, item.heading)
                index += 1
        last = self._items[index - 1] if index else None
        if hunk.ends_file and isinstance(last, _Known):
            last.final = True
        return index, number

    def _note(self, text: str) -> None:
        if text not in self.notes and len(self.notes) < 20:
            self.notes.append(text)

    def _skip_taken(self, index: int) -> int:
        while index < len(self._items):
            item = self._items[index]
            if not isinstance(item, _Taken) and not (isinstance(item, _Gap) and not item.size):
                break
            index += 1
        return index

    def _seek(self, line: int, cursor: tuple[int, int]) -> int:
        """The index of the item that is line ``line`` now, a gap being cut there if need be."""
        index, number = cursor if cursor[1] <= line else (0, 1)
        while index < len(self._items):
            item = self._items[index]
            if number == line and not isinstance(item, _Taken):
                return index
            if isinstance(item, _Gap):
                if number + item.size > line:
                    skipped = line - number
                    self._items[index : index + 1] = [
                        _Gap(item.base, skipped),
                        _Gap(item.base + skipped, item.size - skipped),
                    ]
                    return index + 1
                number += item.size
            elif isinstance(item, _Known):
                number += 1
            index += 1
        return index

    def _materialise(self, index: int, text: str, heading: str) -> _Known:
        """The known line at ``index``, made from the gap there if it was not known."""
        item = self._items[index] if index < len(self._items) else None
        if isinstance(item, _Known):
            return item
        if isinstance(item, _Gap):
            known = _Known(text, item.base, None, heading)
            self._items[index : index + 1] = [known, _Gap(item.base + 1, item.size - 1)]
            return known
        self._note(f"line {text.strip()!r} stands past the end of what went before")
        known = _Known(text, None, None, heading)
        self._items.insert(index, known)
        return known


def _close(fragments: list[Fragment], heading: str, run: list[Line], final: bool) -> None:
    if run:
        fragments.append(Fragment(heading, tuple(run), final))
        run.clear()


def sparse_files(patches: Sequence[tuple[int, Sequence[FileDiff]]]) -> dict[str, SparseFile]:
    """The files the patches (index, diffs) touch, by their last path."""
    files: dict[str, SparseFile] = {}
    for index, diffs in patches:
        for diff in diffs:
            if diff.binary or not diff.path:
                continue
            known = files.pop(diff.old, None) if diff.old else None
            if known is None:
                known = SparseFile(diff.path)
            known.path = diff.path
            known.apply(diff, index)
            files[diff.path] = known
    return files
