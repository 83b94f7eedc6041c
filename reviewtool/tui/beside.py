# SPDX-License-Identifier: GPL-2.0-or-later
"""A patch with what belongs to it beside its lines: remarks, trailers, how it applied."""

import textwrap
from collections.abc import Sequence

from reviewtool.archive.remarks import Remark, text_of
from reviewtool.archive.types import Patch
from reviewtool.text import name_of
from reviewtool.tree.outcome import PatchOutcome
from reviewtool.tui import draw
from reviewtool.tui.reading import Line, line

_WIDTH = 72
BAR = "  |"
"""What every line of a remark begins with; its first one goes on with `` *``."""
TRAILERS = "Trailers:"


def annotated(
    patch: Patch, remarks: Sequence[Remark], outcome: PatchOutcome | None = None
) -> list[Line]:
    """The patch as mailed, each remark below the lines it was written under."""
    at: dict[int, list[Remark]] = {}
    for one in remarks:
        if one.patch == patch.index:
            at.setdefault(max((*one.focus, *one.lines), default=-1), []).append(one)
    lines = [line(f"From: {patch.author}"), line(f"Date: {patch.date}")]
    lines += [line(f"Subject: {patch.subject}", "bold"), *_applied(outcome), *_trailers(patch)]
    lines.append(line(""))
    for one in at.get(-1, ()):
        lines += remark(one)
    diffed = False
    for number, each in enumerate(text_of(patch).split("\n")):
        diffed = diffed or each.startswith("diff --git")
        lines += draw.diff([each]) if diffed else [line(each)]
        for one in at.get(number, ()):
            lines += remark(one)
    return lines


def _applied(outcome: PatchOutcome | None) -> list[Line]:
    if outcome is None:
        return []
    told = outcome.state + (f": {outcome.detail}" if outcome.detail else "")
    lines = [line(f"Applied: {told}", "bold")]
    lines += [line(f"    {one}", "red") for one in outcome.rejected]
    return lines + [line(f"    suspicious: {one}", "yellow") for one in outcome.suspicions]


def _trailers(patch: Patch) -> list[Line]:
    given = [one for one in patch.trailers if one.given_by]
    posted = [one for one in patch.trailers if not one.given_by]
    if not patch.trailers:
        return []
    lines = [line(f"{TRAILERS} {len(posted)} as posted, {len(given)} given in reply")]
    return lines + [line(f"    {one.name}: {one.value}   (in reply)", "green") for one in given]


def remark(one: Remark) -> list[Line]:
    """One remark as a block with a bar at its left."""
    who = name_of(one.author)
    state = "author" if one.by_author else one.state
    told = [f"{BAR} * {who}, {one.date[:10]} ({state})"]
    for paragraph in one.answer.splitlines():
        told += [f"{BAR} {each}" for each in textwrap.wrap(paragraph, _WIDTH) or [""]]
    return [line(each, "yellow") for each in told]
