# SPDX-License-Identifier: GPL-2.0-or-later
"""What two revisions differ in, as lists to choose from and the text of each entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff

from rich.text import Text

from refmodel.world import World
from reviewtool.archive.types import Patch
from reviewtool.behaviour.compare import Difference
from reviewtool.interface.matrix import matrix
from reviewtool.interface.types import Change, Element, Row
from reviewtool.report.behaviour import side_by_side
from reviewtool.report.interface import changes_text
from reviewtool.review.at_hand import tree_at_hand
from reviewtool.review.difference import BASE, difference
from reviewtool.review.session import Session, applied, posting, snapshots
from reviewtool.tree.pair import Pair, interdiff
from reviewtool.tui import draw
from reviewtool.tui.reading import line, page


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list, what is to be read of it, and where it leads."""

    cells: tuple[str, ...]
    detail: list[Text]
    difference: Difference | None = None
    element: Element | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """The three panes; ``unknown`` says why there is no behaviour, where there is none."""

    behaviour: tuple[Entry, ...]
    interface: tuple[Entry, ...]
    patches: tuple[Entry, ...]
    verdict: str
    unknown: str
    partial: bool
    world: World | None

    def pane(self, name: str) -> tuple[Entry, ...]:
        """The entries of a pane."""
        return {"behaviour": self.behaviour, "interface": self.interface}.get(name, self.patches)


def compared(session: Session, a: str, b: str) -> Compared:
    """Compare ``a`` (may be the base) with ``b``."""
    found = difference(session, a, b)
    differences = found.behaviour.differences if found.behaviour is not None else ()
    told = found.behaviour.verdict if found.behaviour is not None else found.unknown
    return Compared(
        tuple(_behaviour(one, a, b) for one in sorted(differences, key=_weight)),
        tuple(_interface(found.interface or ())),
        _patches(session, a, b, found.patches or ()),
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
    lines = [line(each) for each in side_by_side(one.inputs, (a, one.a), (b, one.b))]
    for each in lines:
        if each.plain.startswith("   *"):
            each.stylize("bold")
    head = [line(one.cause, "bold")]
    return Entry((steps, one.cause), [*head, line(""), *lines], difference=one)


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
        detail = page(changes_text(group))
        entries.append(Entry((what, one.kind, name), detail, element=one))
    return entries


def _patches(session: Session, a: str, b: str, pairs: Sequence[Pair]) -> tuple[Entry, ...]:
    old = {} if a == BASE else {one.index: one for one in posting(session, a).patches}
    new = {one.index: one for one in posting(session, b).patches}
    by_git = _range_diff(session, a, b) if a != BASE else {}
    entries = []
    for one in pairs:
        left = str(one.a) if one.a is not None else "-"
        right = str(one.b) if one.b is not None else "-"
        cells = (f"{left:>2} -> {right:<2}", one.state, one.subject)
        head = [line(one.subject, "bold")]
        head += [line(one.detail)] if one.detail else []
        before = old.get(one.a) if one.a is not None else None
        after = new.get(one.b) if one.b is not None else None
        text = by_git.get((one.a, one.b), "")
        entries.append(Entry(cells, [*head, line(""), *_changed(before, after, text)]))
    return tuple(entries)


def _changed(before: Patch | None, after: Patch | None, by_git: str) -> list[Text]:
    if by_git:
        return [
            line("git range-diff of the applied patches", "dim"),
            *draw.interdiff(by_git.split("\n")),
        ]
    if before is not None and after is not None:
        lines = interdiff(before, after).split("\n")
        if len(lines) < 2 and before.diff != after.diff:  # a diff that cannot be read as one
            sides = (before.diff.split("\n"), after.diff.split("\n"))
            lines = list(unified_diff(*sides, lineterm=""))
        told = "the mails' diffs compared" if len(lines) > 1 else "the mails' diffs are the same"
        return [line(told, "dim"), *draw.interdiff(lines)]
    only = after or before
    return draw.diff(only.diff.split("\n")) if only is not None else []


def _range_diff(session: Session, a: str, b: str) -> dict[tuple[int | None, int | None], str]:
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
