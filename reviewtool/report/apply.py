# SPDX-License-Identifier: GPL-2.0-or-later
"""What became of each patch, as text and as the apply document."""

from typing import Any

from reviewtool.text import visible_line
from reviewtool.tree.outcome import Applied, PatchOutcome


def apply_shape(applied: Applied) -> dict[str, Any]:
    """One revision of the apply document."""
    return {
        "name": applied.name,
        "ref": applied.ref,
        "store": str(applied.store),
        "base": applied.base_commit,
        "base_note": applied.base_note,
        "commit": applied.commit,
        "complete": applied.complete,
        "patches": [_outcome_shape(one) for one in (*applied.others, *applied.outcomes)],
    }


def _outcome_shape(outcome: PatchOutcome) -> dict[str, Any]:
    return {
        "role": outcome.role,
        "index": outcome.index,
        "subject": outcome.subject,
        "state": outcome.state,
        "detail": outcome.detail,
        "commit": outcome.commit,
        "rejected": [str(one) for one in outcome.rejected],
        "suspicions": list(outcome.suspicions),
    }


def apply_text(applied: Applied) -> str:
    """One line a patch, rejected hunks and suspicions below it."""
    lines = [f"{applied.name} on {applied.base_note}"]
    for one in (*applied.others, *applied.outcomes):
        role = "" if one.role == "patch" else f"{one.role}: "
        commit = one.commit[:12] if one.commit else "-" * 12
        lines.append(visible_line(f"  {commit}  {one.state:14} {role}{one.index} {one.subject}"))
        lines += [f"{'':32}{text}" for text in (*map(str, one.rejected), *one.suspicions)]
    lines.append(f"  {applied.ref} in {applied.store}")
    return "\n".join(lines) + "\n"
