# SPDX-License-Identifier: GPL-2.0-or-later
"""What two revisions differ in, as lists to choose from and the text of each entry."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from typing import Literal

from refmodel.world import World
from reviewtool.archive.types import Patch
from reviewtool.behaviour.compare import Difference
from reviewtool.interface.matrix import matrix
from reviewtool.interface.types import Change, Element, Row
from reviewtool.progress import Progress
from reviewtool.report.behaviour import side_by_side
from reviewtool.report.interface import changes_text
from reviewtool.review.at_hand import tree_at_hand
from reviewtool.review.difference import BASE, difference
from reviewtool.review.session import Session, applied, posting, snapshots
from reviewtool.tree.pair import Pair, interdiff


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list, what is to be read of it, and where it leads.

    ``lines`` are strangers' text as it is: whoever shows them makes them safe and colours them.
    """

    cells: tuple[str, ...]
    title: str
    lines: tuple[str, ...]
    kind: Literal["witness", "change", "diff", "interdiff"]
    note: str = ""
    how: str = ""
    difference: Difference | None = None
    element: Element | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """What the models and the mails say; ``unknown`` says why there is no behaviour, where there
    is none."""

    behaviour: tuple[Entry, ...]
    interface: tuple[Entry, ...]
    verdict: str
    unknown: str
    partial: bool
    world: World | None


def compared(session: Session, a: str, b: str, progress: Progress) -> Compared:
    """Compare the behaviour and the interface of ``a`` (may be the base) with those of ``b``."""
    session = replace(session, progress=progress)
    found = difference(session, a, b, ("interface", "behaviour"))
    differences = found.behaviour.differences if found.behaviour is not None else ()
    told = found.behaviour.verdict if found.behaviour is not None else found.unknown
    return Compared(
        tuple(_behaviour(one, a, b) for one in sorted(differences, key=_weight)),
        tuple(_interface(found.interface or ())),
        told,
        found.unknown,
        found.partial,
        found.behaviour.world if found.behaviour is not None else None,
    )


def _weight(one: Difference) -> int:
    """What a program that touches memory sees comes before what an ioctl answers."""
    last = (str(one.a[-1]), str(one.b[-1]))
    if any("event" in each for each in last):
        return 0
    if "oops" in last:
        return 1
    return 3 if one.inputs[-1].op in ("register", "unregister") else 2


def _behaviour(one: Difference, a: str, b: str) -> Entry:
    steps = f"{len(one.inputs)} step{'s' if len(one.inputs) > 1 else ' '}"
    lines = tuple(side_by_side(one.inputs, (a, one.a), (b, one.b)))
    return Entry((steps, one.cause), one.cause, lines, "witness", difference=one)


def _interface(changes: Sequence[Change]) -> list[Entry]:
    groups: dict[tuple[Element | None, Element | None], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.a, change.b), []).append(change)
    entries = []
    for (a, b), group in groups.items():
        one = b or a
        if one is None:
            continue
        name = f"{a.name} -> {b.name}" if a and b and a.name != b.name else one.name
        what = ", ".join(dict.fromkeys(change.change for change in group))
        lines = tuple(changes_text(group).split("\n"))
        entries.append(Entry((what, one.kind, name), "", lines, "change", element=one))
    return entries


def patches_of(session: Session, a: str, b: str) -> tuple[Entry, ...]:
    """The patches of ``a`` (may be the base) paired with those of ``b``, and how each changed."""
    pairs = difference(session, a, b, ("patches",)).patches or ()
    old = {} if a == BASE else {one.index: one for one in posting(session, a).patches}
    new = {one.index: one for one in posting(session, b).patches}
    by_git = _range_diff(session, a, b) if a != BASE else {}
    return tuple(_pair(one, old, new, by_git) for one in pairs)


_Indices = tuple[int | None, int | None]


def _pair(
    one: Pair, old: dict[int, Patch], new: dict[int, Patch], by_git: dict[_Indices, str]
) -> Entry:
    left = str(one.a) if one.a is not None else "-"
    right = str(one.b) if one.b is not None else "-"
    cells = (f"{left:>2} -> {right:<2}", one.state, one.subject)
    before = old.get(one.a) if one.a is not None else None
    after = new.get(one.b) if one.b is not None else None
    if text := by_git.get((one.a, one.b), ""):
        how = "git range-diff of the applied patches"
    elif before is not None and after is not None:
        text = _of_mails(before, after)
        how = "the mails' diffs compared" if "\n" in text else "the mails' diffs are the same"
    else:
        only = after or before
        diff = tuple(only.diff.split("\n")) if only is not None else ()
        return Entry(cells, one.subject, diff, "diff", one.detail)
    return Entry(cells, one.subject, tuple(text.split("\n")), "interdiff", one.detail, how)


def _of_mails(before: Patch, after: Patch) -> str:
    text = interdiff(before, after)
    if "\n" in text or before.diff == after.diff:
        return text
    # A diff that cannot be read as one.
    sides = (before.diff.split("\n"), after.diff.split("\n"))
    return "\n".join(unified_diff(*sides, lineterm=""))


def _range_diff(session: Session, a: str, b: str) -> dict[_Indices, str]:
    """git's own diff of each pair, where both apply to a tree that is at hand."""
    from reviewtool.tree.rangediff import range_diff

    there = tree_at_hand(session)
    if there is None:
        return {}
    trees = [applied(there, name) for name in (a, b)]
    if not all(tree.complete for tree in trees):
        return {}
    return {(one.a, one.b): one.diff for one in range_diff(*trees).pairs if one.diff}


def element_row(session: Session, element: Element) -> tuple[tuple[str, ...], Row] | None:
    """The life of an element through all revisions of the study."""
    names = tuple(one.id for one in session.study.revisions)
    for row in matrix(snapshots(session, names)).rows:
        if row.kind == element.kind and element.name in (row.name, *row.names.values()):
            return names, row
    return None
