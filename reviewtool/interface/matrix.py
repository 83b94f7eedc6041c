# SPDX-License-Identifier: GPL-2.0-or-later
"""Interface elements by revisions: one row an element, whatever it was called on the way."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from reviewtool.interface.match import pair
from reviewtool.interface.types import KINDS, Element, Matrix, Row, Snapshot


@dataclass(slots=True)
class _Life:
    """One element through the revisions."""

    seen: dict[str, Element] = field(default_factory=dict)
    evidence: list[str] = field(default_factory=list)

    def last(self) -> Element:
        return next(reversed(self.seen.values()))


def matrix(snapshots: Sequence[Snapshot]) -> Matrix:
    """The rows of everything the revisions bring, change or remove, in the order given.

    An element that is away for some revisions and comes back under its old name stays one row.
    """
    lives: list[_Life] = []
    previous: list[_Life] = []
    for snapshot in snapshots:
        present = list(snapshot.touched()) + list(snapshot.removed)
        current: list[_Life] = []
        found = pair([life.last() for life in previous], present)
        by_element = {id(life.last()): life for life in previous}
        for one in found.pairs:
            life = by_element[id(one.a)]
            life.seen[snapshot.revision] = one.b
            if one.a.name != one.b.name:
                life.evidence.append(
                    f"{snapshot.revision}: {one.a.name} is now {one.b.name} ({one.evidence})"
                )
            current.append(life)
        earlier = {life.last().key: life for life in lives if id(life) not in map(id, current)}
        for element in found.only_b:
            known = earlier.pop(element.key, None)
            if known is None:
                known = _Life()
                lives.append(known)
            known.seen[snapshot.revision] = element
            current.append(known)
        for one in found.doubtful:
            for life in current:
                if life.seen.get(snapshot.revision) is one.b:
                    life.evidence.append(
                        f"{snapshot.revision}: perhaps {one.a.name} renamed ({one.evidence})"
                    )
        previous = current
    rows = [_row(life) for life in lives]
    rows.sort(key=lambda row: (KINDS.index(row.kind), row.parent, row.path))
    return Matrix(
        tuple(one.revision for one in snapshots),
        tuple(rows),
        {one.revision: one.partial for one in snapshots},
    )


def hook_lives(table: Matrix, name: str) -> tuple[Row, ...]:
    """The rows that ever bore ``name``: the life of one hook (flag, function, ...)."""
    return tuple(
        row
        for row in table.rows
        if any(name in (called, called.rpartition(".")[2]) for called in row.names.values())
    )


def _row(life: _Life) -> Row:
    here = {rev: one for rev, one in life.seen.items() if one.state != "removed"}
    last = next(reversed(here.values())) if here else life.last()
    return Row(
        kind=last.kind,
        name=last.name,
        parent=last.parent,
        names={rev: one.name for rev, one in here.items()},
        states={rev: one.state for rev, one in life.seen.items()},
        types={rev: one.type for rev, one in here.items() if one.type},
        values={rev: one.value for rev, one in here.items() if one.value},
        guards={rev: one.guard for rev, one in here.items()},
        guard=last.guard,
        patches={rev: one.patch for rev, one in life.seen.items() if one.patch is not None},
        evidence=tuple(life.evidence),
        path=last.path,
    )
