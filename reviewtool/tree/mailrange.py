# SPDX-License-Identifier: GPL-2.0-or-later
"""git range-diff's pairing from mail alone: no tree, no commits.

The rules are those of git's range-diff.c: patches whose diffs are alike are one; of the others the
assignment of least total cost is taken, where pairing two costs the lines of the diff between
their diffs (three lines of context) and leaving one alone costs a share of its own lines, the
creation factor.
"""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from reviewtool.archive.types import Patch
from reviewtool.tree.assignment import assign
from reviewtool.tree.patchfile import DamagedPatch, FilePatch, Hunk, parse

CREATION_FACTOR = 60

State = Literal["same", "changed", "added", "removed"]


@dataclass(frozen=True, slots=True)
class HunkChange:
    """One hunk of a pair that is not alike on both sides; ``diff`` is the diff of its lines, each
    line of a diff with one more character before it."""

    path: str
    section: str
    state: Literal["changed", "added", "removed"]
    diff: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailPair:
    """``a`` and ``b`` are numbers in the two series, None where there is none.

    ``cost`` is git's: the lines of the diff of the diffs; for a patch alone what that costs.
    ``message`` says whether the commit message or the subject changed.
    """

    a: int | None
    b: int | None
    state: State
    cost: int
    subject: str
    message: bool = False
    hunks: tuple[HunkChange, ...] = ()


@dataclass(frozen=True, slots=True)
class _Text:
    """What range-diff compares of a patch, line by line; its files; what leaving it alone costs.

    That is the diff; of a commit without one its author and message, which cost nothing alone.
    """

    lines: tuple[str, ...]
    files: tuple[FilePatch, ...]
    size: int

    def alone(self, factor: int) -> int:
        return self.size * factor // 100


def mail_range(
    a: Sequence[Patch], b: Sequence[Patch], factor: int = CREATION_FACTOR
) -> tuple[MailPair, ...]:
    """Every patch of ``a`` and ``b`` once, in the order of ``b``; removed ones where they stood."""
    old, new = [_text(patch) for patch in a], [_text(patch) for patch in b]
    partner = _exact(old, new)
    left = [i for i in range(len(a)) if i not in partner.values()]
    right = [j for j in range(len(b)) if j not in partner]
    costs = dict(_costs(old, new, left, right))
    alone_a = {i: old[i].alone(factor) for i in left}
    alone_b = {j: new[j].alone(factor) for j in right}
    partner |= {j: i for i, j in assign(costs, alone_a, alone_b)}
    return tuple(_in_order(a, b, old, new, partner, costs, alone_a, alone_b))


def _in_order(
    a: Sequence[Patch],
    b: Sequence[Patch],
    old: Sequence[_Text],
    new: Sequence[_Text],
    partner: dict[int, int],
    costs: dict[tuple[int, int], int],
    alone_a: dict[int, int],
    alone_b: dict[int, int],
) -> Iterator[MailPair]:
    waiting = [i for i in range(len(a)) if i not in set(partner.values())]
    for j, patch in enumerate(b):
        i = partner.get(j)
        if i is None:
            yield MailPair(None, patch.index, "added", alone_b[j], patch.subject)
            continue
        while waiting and waiting[0] < i:
            gone = waiting.pop(0)
            yield MailPair(a[gone].index, None, "removed", alone_a[gone], a[gone].subject)
        message = _words(a[i]) != _words(patch)
        hunks = tuple(_hunk_changes(old[i].files, new[j].files))
        state: State = "changed" if hunks or message else "same"
        yield MailPair(
            a[i].index, patch.index, state, costs.get((i, j), 0), patch.subject, message, hunks
        )
    for gone in waiting:
        yield MailPair(a[gone].index, None, "removed", alone_a[gone], a[gone].subject)


def _exact(old: Sequence[_Text], new: Sequence[_Text]) -> dict[int, int]:
    """Patches of ``new`` whose diff one of ``old`` has, too; each is used once."""
    known: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, one in enumerate(old):
        known[one.lines].append(i)
    found: dict[int, int] = {}
    for j, other in enumerate(new):
        if known.get(other.lines):
            found[j] = known[other.lines].pop(0)
    return found


def _costs(
    old: Sequence[_Text], new: Sequence[_Text], left: Sequence[int], right: Sequence[int]
) -> Iterator[tuple[tuple[int, int], int]]:
    """The costs of pairs that share a line; the others cost all their lines, and never pay."""
    having: dict[str, list[int]] = defaultdict(list)
    for i in left:
        for line in {line for line in old[i].lines if _telling(line)}:
            having[line].append(i)
    for j in right:
        shared: dict[int, int] = defaultdict(int)
        for line in {line for line in new[j].lines if _telling(line)}:
            for i in having.get(line, ()):
                shared[i] += 1
        for i in sorted(shared):
            # Lines in common are never more than these: the cost cannot be less than the rest.
            rest = len(old[i].lines) + len(new[j].lines) - 2 * _common(old[i], new[j])
            alone = (len(old[i].lines) + len(new[j].lines)) * CREATION_FACTOR // 100
            if rest <= alone + 1:
                yield (i, j), _cost(old[i].lines, new[j].lines)


def _telling(line: str) -> bool:
    return len(line.strip(" +-\t{};")) > 3


def _common(a: _Text, b: _Text) -> int:
    lines = set(a.lines)
    return min(len(a.lines), sum(line in lines for line in b.lines))


def _cost(a: Sequence[str], b: Sequence[str]) -> int:
    """The lines of the unified diff between two texts, hunk headers included, as git counts."""
    lines = list(difflib.unified_diff(a, b, n=3, lineterm=""))
    return max(len(lines) - 2, 0)


def _text(patch: Patch) -> _Text:
    try:
        files = parse(patch.diff.encode("utf-8", "surrogateescape"))
    except DamagedPatch:
        damaged = tuple(patch.diff.split("\n"))
        return _Text(damaged, (), len(damaged))
    if not files:
        return _Text((patch.author, patch.subject, *patch.message.split("\n")), (), 0)
    lines: list[str] = []
    for file in files:
        mark = " (new)" if file.old is None else " (deleted)" if file.new is None else ""
        lines.append(f" ## {file.path}{mark} ##")
        for hunk in file.hunks:
            lines.append(f"@@ {file.path}: {hunk.section}" if hunk.section else "@@")
            lines += _lines(hunk)
    return _Text(tuple(lines), files, len(lines))


def _lines(hunk: Hunk) -> list[str]:
    return [line.decode("utf-8", "surrogateescape") for line in hunk.lines]


def _words(patch: Patch) -> list[str]:
    # A trailer picked up on the way is no change of what the patch says.
    kept = [line for line in patch.message.split("\n") if not re.match(r"^[A-Z][\w-]+-by: ", line)]
    return [patch.subject, *" ".join(kept).split()]


def _hunk_changes(old: Sequence[FilePatch], new: Sequence[FilePatch]) -> Iterator[HunkChange]:
    before = {file.path: file for file in old}
    after = {file.path: file for file in new}
    for path in dict.fromkeys((*before, *after)):
        mine = before[path].hunks if path in before else ()
        other = after[path].hunks if path in after else ()
        for one, two in _aligned(mine, other):
            lines = _lines(one) if one else [], _lines(two) if two else []
            if lines[0] == lines[1]:
                continue
            shown = two or one
            diff = list(difflib.unified_diff(*lines, n=2, lineterm=""))[2:]
            state: Literal["changed", "added", "removed"] = (
                "added" if one is None else "removed" if two is None else "changed"
            )
            yield HunkChange(path, shown.section if shown else "", state, tuple(diff))


def _aligned(old: Sequence[Hunk], new: Sequence[Hunk]) -> Iterator[tuple[Hunk | None, Hunk | None]]:
    """Hunks of one file side by side: those that are alike, then by section, then in order."""
    mine, other = ([(hunk.section, hunk.lines) for hunk in hunks] for hunks in (old, new))
    matcher = difflib.SequenceMatcher(None, mine, other, autojunk=False)
    for tag, i, k, j, m in matcher.get_opcodes():
        if tag == "equal":
            continue
        rest = list(new[j:m])
        for one in old[i:k]:
            two = next((hunk for hunk in rest if hunk.section == one.section), None)
            if two is None and len(rest) == k - i:
                two = rest[0]
            if two is not None:
                rest.remove(two)
            yield one, two
        for two in rest:
            yield None, two
