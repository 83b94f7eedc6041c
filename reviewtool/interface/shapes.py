# SPDX-License-Identifier: GPL-2.0-or-later
"""Interfaces as plain data, for --json: the shapes others rely on."""

from collections.abc import Iterable
from typing import Any

from reviewtool.interface.types import Change, Element, Matrix, Row, Snapshot


def element_shape(element: Element | None) -> dict[str, Any] | None:
    """An element without what only serves matching."""
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
        "comment": element.comment,
        "state": element.state,
        "patch": element.patch,
        "later": list(element.later),
    }


def snapshot_shape(snapshot: Snapshot) -> dict[str, Any]:
    """``{revision, partial, elements, removed}``; elements are those the revision touches."""
    return {
        "revision": snapshot.revision,
        "partial": snapshot.partial,
        "elements": [element_shape(one) for one in snapshot.touched()],
        "removed": [element_shape(one) for one in snapshot.removed],
    }


def changes_shape(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """``[{kind, change, a, b, patch, evidence}]``; ``patch`` is the index in b, or null."""
    return [
        {
            "kind": one.kind,
            "change": one.change,
            "a": element_shape(one.a),
            "b": element_shape(one.b),
            "patch": one.patch,
            "evidence": one.evidence,
        }
        for one in changes
    ]


def row_shape(row: Row) -> dict[str, Any]:
    """One row of the matrix."""
    return {
        "kind": row.kind,
        "name": row.name,
        "parent": row.parent,
        "names": dict(row.names),
        "states": dict(row.states),
        "types": dict(row.types),
        "values": dict(row.values),
        "guards": dict(row.guards),
        "patches": dict(row.patches),
        "guard": row.guard,
        "evidence": list(row.evidence),
        "path": row.path,
    }


def matrix_shape(table: Matrix) -> dict[str, Any]:
    """``{revisions: [id], partial, rows: [{kind, name, names: {id: name}, guard, evidence}]}``."""
    return {
        "revisions": list(table.revisions),
        "partial": dict(table.partial),
        "rows": [row_shape(row) for row in table.rows],
    }
