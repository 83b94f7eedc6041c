# SPDX-License-Identifier: GPL-2.0-or-later
"""Interfaces as text: elements, changes, the matrix."""

import re
from collections.abc import Callable, Iterable, Sequence

from reviewtool.interface.types import KINDS, Change, Element, Matrix, Row, Snapshot
from reviewtool.report.table import table

_INSIDE = frozenset({"function", "prototype", "member", "selftest"})
_CALL = re.compile(r"(?:COMPAT_)?SYSCALL_DEFINE\d\(")
PARTIAL = "from the mail alone: partial, what no hunk shows is unknown"


def outward(row: Row) -> bool:
    """Whether a row is of what an interface is, and not of how it is made, which is shown only
    when all is asked for. A system call whose body alone changes is of the latter."""
    if row.kind != "function":
        return row.kind not in _INSIDE
    comes_or_goes = not {"added", "removed"}.isdisjoint(row.states.values())
    if not row.types:  # it goes, and no line of it stays
        return comes_or_goes and row.name.startswith(("sys_", "compat_sys_"))
    retyped = len(set(row.types.values())) > 1
    return (comes_or_goes or retyped) and any(map(_CALL.match, row.types.values()))


def matrix_text(matrix: Matrix) -> str:
    """One row an element, one column a revision: what the revision does to it, or the name it
    bore there where that was another."""
    rows = [(row.kind, qualified(row), *cells(row, matrix.revisions)) for row in matrix.rows]
    return table(("kind", "element", *matrix.revisions), rows)


def qualified(row: Row) -> str:
    """A row's element with its struct and its condition."""
    name = _qualified(row.kind, row.parent, row.name)
    return f"{name} [{row.guard}]" if row.guard else name


def cells(row: Row, revisions: Sequence[str]) -> list[str]:
    """What each revision does to the element, or the name it had there."""
    return [
        row.states.get(name, "·") if row.names.get(name, row.name) == row.name else row.names[name]
        for name in revisions
    ]


def changes_text(
    changes: Iterable[Change], more: Callable[[Change], Sequence[str]] = lambda _: ()
) -> str:
    """One entry an element: what became of it, in which patch, and why two names are held to be
    one. ``more`` adds lines to an entry."""
    lines = []
    for group in _by_element(changes):
        first = group[0]
        what = ", ".join(dict.fromkeys(map(_word, group)))
        lines.append(f"  {first.kind:9} {_names(first)}: {what}{_patch(first)}")
        lines += [f"{'':12}{detail}" for detail in (*_details(group), *more(first))]
    return "\n".join(lines) + "\n" if lines else "  nothing\n"


def _word(change: Change) -> str:
    """Of a test program no more is known than that it changed; what an export has for a type is
    its macro."""
    if change.kind == "export" and change.change == "retyped":
        return "another macro"
    plain = change.kind == "selftest" and change.change == "reimplemented"
    return "changed" if plain else change.change


def _by_element(changes: Iterable[Change]) -> list[list[Change]]:
    groups: dict[tuple[Element | None, Element | None], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.a, change.b), []).append(change)
    order = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(groups.values(), key=lambda group: order[group[0].kind])


def _names(change: Change) -> str:
    a, b = change.a, change.b
    if a is not None and b is not None and a.name != b.name:
        return f"{_full(a)} -> {b.name}"
    one = b or a
    return _full(one) if one else ""


def _full(element: Element) -> str:
    name = _qualified(element.kind, element.parent, element.name)
    return f"{name} [{element.guard}]" if element.guard else name


def _qualified(kind: str, parent: str, name: str) -> str:
    if parent and kind in ("hook", "member", "reference"):
        return f"{parent}: {name}" if kind == "reference" else f"{parent}::{name}"
    return name


def _patch(change: Change) -> str:
    return f"  (patch {change.patch})" if change.patch is not None else ""


def _details(group: Sequence[Change]) -> list[str]:
    a, b = group[0].a, group[0].b
    if a is not None and b is not None:
        export = group[0].kind == "export"
        details = [
            f"{what}: {old or 'none'} -> {new or 'none'}"
            for what, old, new in (
                ("macro" if export else "type", a.type, b.type),
                ("for modules" if export else "value", a.value, b.value),
                ("condition", a.guard, b.guard),
            )
            if old != new and (what != "type" or (old and new))  # no hunk shows it
        ]
    else:
        one = b or a
        details = [text for text in (_shown(one) if one else "",) if text]
    return [*details, *dict.fromkeys(one.evidence for one in group if one.evidence)]


def _shown(element: Element) -> str:
    """What is to be said of an element that has no counterpart."""
    if element.kind == "export":
        return f"{element.type} for {element.value}" if element.value else element.type
    if element.kind == "kconfig":
        return "; ".join(text for text in (element.type, element.value) if text)
    told = element.value if element.kind in ("object", "reference", "flag", "ioctl") else ""
    return told or element.type


def snapshot_text(snapshot: Snapshot, everything: bool) -> str:
    """The elements of one revision: those it brings or changes, or all it shows."""
    chosen = (*(snapshot.elements if everything else snapshot.touched()), *snapshot.removed)
    rows = [(one.state, one.kind, _full(one), _place(one), _told(one)) for one in chosen]
    note = f" ({PARTIAL})" if snapshot.partial else ""
    head = f"{snapshot.revision}: {len(rows)} elements{note}\n\n"
    return head + table(("state", "kind", "name", "place", "value"), rows)


def objects_text(slots: Sequence[Element]) -> str:
    """One row a slot: the object, what it puts there, when, and where that is written."""
    rows = [(one.name, one.value, one.guard or "always", _place(one)) for one in slots]
    return table(("object.slot", "function", "condition", "place"), rows) + f"\n{len(rows)} slots\n"


def _told(element: Element) -> str:
    """What the name alone does not tell: a constant, the function put into a slot."""
    return element.value if element.kind in ("flag", "ioctl", "object", "export") else ""


def _place(element: Element) -> str:
    return f"{element.path}:{element.line}" if element.line else element.path


def life(revisions: Sequence[str], row: Row) -> str:
    """One element in every revision, then why its names are held to be one."""
    lines = [f"{row.kind} of {row.parent}" if row.parent else row.kind]
    for name in revisions:
        lines.append("")
        if name not in row.states:
            lines.append(f"{name:8} not there")
            continue
        patch = f" by patch {row.patches[name]}" if name in row.patches else ""
        lines.append(f"{name:8} {row.states[name]}{patch}: {row.names.get(name, row.name)}")
        for what, text in (
            ("type", row.types.get(name)),
            ("value", row.values.get(name)),
            ("under", row.guards.get(name)),
        ):
            if text:
                lines.append(f"{'':9}{what} {text}")
    if row.evidence:
        lines += ["", "held to be one element because:"]
        lines += [f"  {text}" for text in row.evidence]
    return "\n".join(lines) + "\n"
