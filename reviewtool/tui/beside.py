# SPDX-License-Identifier: GPL-2.0-or-later
"""Remarks beside the lines they quote, and the reply they could get."""

import textwrap
from collections.abc import Sequence

from rich.text import Text

from reviewtool.archive.remarks import Remark, text_of
from reviewtool.archive.types import Patch
from reviewtool.text import visible
from reviewtool.tui import draw

_WIDTH = 72
_QUOTED = 8  # lines of the hunk a reply template quotes


def annotated(patch: Patch, remarks: Sequence[Remark]) -> Text:
    """The patch as mailed, each remark below the lines it was written under."""
    at: dict[int, list[Remark]] = {}
    for one in remarks:
        if one.patch == patch.index:
            at.setdefault(max((*one.focus, *one.lines), default=-1), []).append(one)
    text = Text(visible(f"From: {patch.author}\nDate: {patch.date}\nSubject: {patch.subject}\n\n"))
    for one in at.get(-1, ()):
        text.append(remark(one))
    diffed = False
    for number, line in enumerate(text_of(patch).split("\n")):
        diffed = diffed or line.startswith("diff --git")
        text.append(draw.diff(line + "\n") if diffed else Text(visible(line) + "\n"))
        for one in at.get(number, ()):
            text.append(remark(one))
    return text


def remark(one: Remark) -> Text:
    """One remark as a block with a bar at its left."""
    who = one.author.partition(" <")[0]
    state = "author" if one.by_author else one.state
    lines = [f"{who}, {one.date[:10]} ({state})"]
    for paragraph in one.answer.splitlines():
        lines += textwrap.wrap(paragraph, _WIDTH) or [""]
    return Text("".join(f"  | {visible(line)}\n" for line in lines), "yellow")


def reply(one: Remark) -> str:
    """A reply to a remark, quoted as mutt does, with room for an answer."""
    quoted = [*one.quote.splitlines()[-_QUOTED:], *(f"{line}" for line in one.answer.splitlines())]
    head = f"On {one.date[:10]}, {one.author.partition(' <')[0]} wrote:\n"
    return head + "".join(f"> {line}\n" for line in quoted) + "\n"
