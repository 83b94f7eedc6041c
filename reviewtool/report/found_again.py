# SPDX-License-Identifier: GPL-2.0-or-later
"""The findings that come out again, as text, as a Markdown table and as the findings document."""

from collections.abc import Sequence
from typing import Any

from reviewtool.behaviour.found_again import Found

_NOT_FOUND = "not found again"


def found_shape(every: Sequence[Found]) -> dict[str, Any]:
    """The findings document."""
    return {
        "findings": [
            {
                "finding": one.claim.finding,
                "said": one.claim.said,
                "model": one.claim.model,
                "witness": one.witness[0] if one.witness else None,
                "shows": one.witness[1] if one.witness else None,
                "free": list(one.free),
                "holds": one.holds,
            }
            for one in every
        ]
    }


def found_text(every: Sequence[Found]) -> str:
    """A paragraph a finding."""
    lines = []
    for number, one in enumerate(every, 1):
        sequence, shows = one.witness or (_NOT_FOUND, "")
        lines += [
            f"{number:3}. {one.claim.finding}",
            f"     model {one.claim.model}; said by {one.claim.said}",
            f"     {sequence}",
            f"       -> {shows}",
        ]
        if one.free:
            lines.append(f"     not in {', '.join(one.free)}")
        lines.append("")
    return "\n".join(lines)


def found_markdown(every: Sequence[Found]) -> str:
    """One table, a row a finding."""
    lines = [
        "| finding | said by | model | shortest witness | what is seen | not in |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in every:
        sequence, shows = one.witness or (_NOT_FOUND, "")
        cells = (
            one.claim.finding,
            one.claim.said,
            f"`{one.claim.model}`",
            f"`{sequence}`",
            shows,
            " ".join(f"`{name}`" for name in one.free),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
