# SPDX-License-Identifier: GPL-2.0-or-later
"""One hook: who defines, sets and calls it in a revision; and its life through all of them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from reviewtool.archive.remarks import Remark
from reviewtool.interface.hookuse import HookUse, HookUses
from reviewtool.interface.shapes import row_shape
from reviewtool.interface.types import Matrix, Row
from reviewtool.report.interface import PARTIAL, life
from reviewtool.report.remarks import remarks_shape
from reviewtool.report.table import table
from reviewtool.text import name_of, visible, visible_line

_SHOWN = 8  # lines of a remark; all of it is in "remarks"

Said = tuple[str, Remark]
"""A remark, and the revision it is on."""


def hook_shape(revision: str, uses: HookUses) -> dict[str, Any]:
    """The document of ``show REV --hook NAME``."""
    return {
        "revision": revision,
        "hook": uses.name,
        "structs": list(uses.structs),
        "defined": [_shape(one) for one in uses.defined],
        "set": [_shape(one) for one in uses.set],
        "called": [_shape(one) for one in uses.called],
        "called_elsewhere": uses.elsewhere,
    }


def _shape(use: HookUse) -> dict[str, Any]:
    held = asdict(use)
    del held["what"]
    return held


def hook_text(revision: str, uses: HookUses) -> str:
    """Its slot, then who sets it to what, then who calls it, each with place and condition."""
    lines = []
    for one in uses.defined:
        guard = f" [{one.guard}]" if one.guard else ""
        lines.append(f"{revision}: hook {one.struct}::{uses.name}{guard}")
        lines.append(f"  {one.text}")
        lines.append(f"  {one.path}:{one.line}")
        lines += [f"  {one.comment}"] if one.comment else []
    parts = ["".join(visible_line(line) + "\n" for line in lines)]
    parts.append(f"\nset by {_count(len(uses.set), 'object')}\n")
    if uses.set:
        rows = [(one.inside, one.text, one.guard or "always", _place(one)) for one in uses.set]
        parts.append(table(("object", "function", "condition", "place"), rows))
    parts.append(f"\ncalled at {_count(len(uses.called), 'place')}\n")
    if uses.called:
        calls = [(one.inside, one.text, one.guard or "always", _place(one)) for one in uses.called]
        parts.append(table(("function", "through", "condition", "place"), calls))
    if uses.elsewhere:
        what = _count(uses.elsewhere, "call")
        parts.append(f"\n({what} of a hook of that name through another struct: not shown)\n")
    return "".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _place(use: HookUse) -> str:
    return f"{use.path}:{use.line}"


def life_shape(name: str, matrix: Matrix, rows: Sequence[Row], said: Sequence[Said]) -> Any:
    """The document of ``log --hook NAME``: rows as in the matrix, then the remarks on them."""
    return {
        "hook": name,
        "revisions": list(matrix.revisions),
        "partial": dict(matrix.partial),
        "rows": [row_shape(row) for row in rows],
        "remarks": [_remark_shape(revision, remark) for revision, remark in said],
    }


def _remark_shape(revision: str, remark: Remark) -> dict[str, Any]:
    (shape,) = remarks_shape(revision, [remark])["remarks"]
    return {"revision": revision, **shape}


def life_text(name: str, matrix: Matrix, rows: Sequence[Row], said: Sequence[Said]) -> str:
    """What each revision does to the elements of a name, and what was said of them there."""
    parts = [f"{_title(row)}\n{visible(life(matrix.revisions, row))}" for row in rows]
    if any(matrix.partial.values()):
        parts.append(f"({PARTIAL})\n")
    if said:
        parts.append("WHAT WAS SAID of it, going by what replies quote (a heuristic)\n")
    called = {rev: own.rpartition(".")[2] for row in rows for rev, own in row.names.items()}
    parts += [
        _remark_text(called.get(revision, name), revision, remark) for revision, remark in said
    ]
    return "\n".join(parts)


def _title(row: Row) -> str:
    names = list(dict.fromkeys(row.names.values())) or [row.name]
    return visible_line(" -> ".join(names))


def _remark_text(name: str, revision: str, remark: Remark) -> str:
    state = "by the author" if remark.by_author else remark.state
    who = name_of(remark.author)
    head = f"{revision:8} {remark.date[:10]} {who} ({state}) <{remark.message_id}>"
    answer = [line for line in visible(remark.answer).splitlines() if line.strip()]
    lines = [visible_line(head), *(f"    {line}" for line in answer[:_SHOWN])]
    if len(answer) > _SHOWN:
        more = _count(len(answer) - _SHOWN, "line")
        lines.append(f"    … {more} more: reviewtool remarks {revision} --hook {name}")
    return "\n".join(lines) + "\n"
