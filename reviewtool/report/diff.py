# SPDX-License-Identifier: GPL-2.0-or-later
"""The diff of two revisions, three parts, as text and as the diff document."""

from dataclasses import asdict
from typing import Any

from reviewtool.interface.shapes import changes_shape
from reviewtool.interface.types import Change
from reviewtool.report.behaviour import behaviour_shape, behaviour_text
from reviewtool.report.interface import PARTIAL, changes_text
from reviewtool.report.measures import between, findings_shape, findings_text, functions_shape
from reviewtool.review.difference import RevisionDiff
from reviewtool.review.measure import Trees
from reviewtool.text import visible, visible_line
from reviewtool.tree.mine import whole
from reviewtool.tree.pair import Pair


def diff_shape(diff: RevisionDiff, trees: Trees | None = None) -> dict[str, Any]:
    """The diff document; a part that was not asked for, or cannot be known, is null."""
    ranged = trees.ranged if trees else None
    return {
        "a": diff.a,
        "b": diff.b,
        "partial": diff.partial,
        "patches": None if diff.patches is None else [_pair_shape(one) for one in diff.patches],
        "interface": None if diff.interface is None else changes_shape(diff.interface),
        "behaviour": None if diff.behaviour is None else behaviour_shape(diff.behaviour),
        "behaviour_unknown": diff.unknown or None,
        "range_diff": ranged
        and {"command": ranged.command, "pairs": list(map(asdict, ranged.pairs))},
        "measures": {
            name: {
                "functions": functions_shape(whole(one.functions)),
                "numbers": None if one.numbers is None else dict(one.numbers),
                "findings": findings_shape(one),
                "notes": list(one.notes),
            }
            for name, one in ((diff.a, trees.a), (diff.b, trees.b))
        }
        if trees
        else None,
        "models": [
            {
                "revision": one.revision,
                "model": one.model.name,
                "by": one.by,
                "variant": one.model.variant,
                "others": list(one.others),
            }
            for one in diff.models
        ],
    }


def diff_text(diff: RevisionDiff, trees: Trees | None = None, ranged: bool = False) -> str:
    """The three parts under their headings; with ``ranged`` git's range-diff in full."""
    parts = []
    if diff.patches is not None:
        parts.append("PATCHES\n" + patches_text(diff.patches))
        if trees:
            told = visible(trees.ranged.text) if ranged else ""
            parts.append(visible_line(f"  the same by git: {trees.ranged.command}") + f"\n{told}")
    if diff.interface is not None:
        note = f" ({PARTIAL})" if diff.partial else ""
        parts.append(f"INTERFACE{note}\n" + visible(_interface(diff.interface, trees)))
    if diff.behaviour is not None:
        paired = "".join(f"{one}\n" for one in diff.models)
        told = behaviour_text(diff.behaviour, diff.a, diff.b)
        parts.append(f"BEHAVIOUR\n{visible(paired)}{told}")
    elif diff.unknown:
        parts.append(f"BEHAVIOUR\n  unknown: {visible_line(diff.unknown)}\n")
    return f"{diff.a} -> {diff.b}\n\n" + "\n".join(parts)


def _interface(changes: tuple[Change, ...], trees: Trees | None) -> str:
    if trees is None:
        return changes_text(changes)
    text = changes_text(changes, lambda change: between(change, trees.a, trees.b))
    found = findings_text(trees.b)
    return "\n".join((text.rstrip("\n"), *found)) + "\n" if found else text


def patches_text(pairs: tuple[Pair, ...]) -> str:
    """One line a pair, as git range-diff's, with what makes them one."""
    lines = []
    for one in pairs:
        a = str(one.a) if one.a is not None else "-"
        b = str(one.b) if one.b is not None else "-"
        lines.append(visible_line(f"  {a:>3} -> {b:<3} {one.state:8} {one.subject}"))
        if one.detail:
            lines.append(visible_line(f"{'':21}{one.detail}"))
    return "\n".join(lines) + "\n" if lines else "  nothing\n"


def _pair_shape(one: Pair) -> dict[str, Any]:
    return {
        "a": one.a,
        "b": one.b,
        "state": one.state,
        "subject": one.subject,
        "detail": one.detail,
    }
