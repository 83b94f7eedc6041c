# SPDX-License-Identifier: GPL-2.0-or-later
"""Interfaces as text and shapes: elements, changes, the matrix."""

from collections.abc import Iterable, Sequence
from typing import Any

from reviewtool.interface.types import Change, Element, Matrix, Row, Snapshot
from reviewtool.report.table import table

INSIDE = frozenset({"function", "prototype", "member", "selftest"})
"""Kinds that are shown only when all are asked for: how an interface is made, not what it is."""
PARTIAL = "from the mail alone: partial, what no hunk shows is unknown"


def element_shape(element: Element | None) -> dict[str, Any] | None:
    """One element as JSON."""
    if element is None:
        return None
    return {
        "kind": element.kind,
        "name": element.name,
        "parent": element.parent,
        "guard": element.guard,
        "type": element.type,
        "value": element.value,
        "path": element.path,
        "line": element.line,
        "state": element.state,
        "patch": element.patch,
    }


def change_shape(change: Change) -> dict[str, Any]:
    """One entry of the diff document's ``interface``."""
    return {
        "kind": change.kind,
        "change": change.change,
        "a": element_shape(change.a),
        "b": element_shape(change.b),
        "patch": change.patch,
        "evidence": change.evidence,
    }


def matrix_shape(matrix: Matrix) -> dict[str, Any]:
    """The matrix document."""
    return {
        "revisions": [{"id": name} for name in matrix.revisions],
        "partial": dict(matrix.partial),
        "rows": [
            {
                "kind": row.kind,
                "name": row.name,
                "parent": row.parent,
                "names": dict(row.names),
                "states": dict(row.states),
                "guard": row.guard,
                "evidence": list(row.evidence),
            }
            for row in matrix.rows
        ],
    }


def matrix_text(matrix: Matrix) -> str:
    """One row an element, one column a revision: what the revision does to it, or the name it
    bore there where that was another."""
    rows = [(row.kind, _of(row), *_cells(row, matrix.revisions)) for row in matrix.rows]
    return table(("kind", "element", *matrix.revisions), rows)


def _of(row: Row) -> str:
    name = _qualified(row.kind, row.parent, row.name)
    return f"{name} [{row.guard}]" if row.guard else name


def _cells(row: Row, revisions: Sequence[str]) -> list[str]:
    return [
        row.states.get(name, "·") if row.names.get(name, row.name) == row.name else row.names[name]
        for name in revisions
    ]


def changes_text(changes: Iterable[Change]) -> str:
    """One line a change: what, where, in which patch, and why two names are held to be one."""
    lines = []
    for change in changes:
        lines.append(f"  {change.change:13} {change.kind:9} {_names(change)}{_patch(change)}")
        lines += [f"{'':26}{detail}" for detail in _details(change)]
    return "\n".join(lines) + "\n" if lines else "  nothing\n"


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


def _details(change: Change) -> list[str]:
    a, b = change.a, change.b
    details = []
    if a is not None and b is not None:
        for what, old, new in (
            ("type", a.type, b.type),
            ("value", a.value, b.value),
            ("condition", a.guard, b.guard),
            ("file", a.path, b.path),
        ):
            if old != new:
                details.append(f"{what}: {old or 'none'} -> {new or 'none'}")
    else:
        one = b or a
        if one is not None and one.kind in ("hook", "object", "flag", "function", "export"):
            details += [text for text in (one.type if one.kind != "object" else one.value,) if text]
    return [*details, change.evidence] if change.evidence else details


def snapshot_shape(snapshot: Snapshot) -> dict[str, Any]:
    """The extract document."""
    return {
        "revision": snapshot.revision,
        "partial": snapshot.partial,
        "elements": [element_shape(one) for one in snapshot.elements],
        "removed": [element_shape(one) for one in snapshot.removed],
    }


def snapshot_text(snapshot: Snapshot, everything: bool) -> str:
    """The elements of one revision: those it brings or changes, or all it shows."""
    chosen = (*(snapshot.elements if everything else snapshot.touched()), *snapshot.removed)
    rows = [(one.state, one.kind, _full(one), _place(one), _told(one)) for one in chosen]
    note = f" ({PARTIAL})" if snapshot.partial else ""
    head = f"{snapshot.revision}: {len(rows)} elements{note}\n\n"
    return head + table(("state", "kind", "name", "place", "value"), rows)


def _told(element: Element) -> str:
    """What the name alone does not tell: a constant, the function put into a slot."""
    return element.value if element.kind in ("flag", "ioctl", "object", "export") else ""


def _place(element: Element) -> str:
    return f"{element.path}:{element.line}" if element.line else element.path
