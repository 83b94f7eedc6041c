# SPDX-License-Identifier: GPL-2.0-or-later
"""Remarks as text and as the remarks document."""

from collections.abc import Sequence
from typing import Any

from reviewtool.archive.remarks import Remark
from reviewtool.text import visible, visible_line

_QUOTED = 4  # last lines of a quote that are shown: the ones the answer stands below


def remarks_shape(revision: str, remarks: Sequence[Remark]) -> dict[str, Any]:
    """The remarks document."""
    return {
        "revision": revision,
        "remarks": [
            {
                "message_id": one.message_id,
                "in_reply_to": one.in_reply_to,
                "author": one.author,
                "date": one.date,
                "patch": one.patch,
                "path": one.path,
                "quote": one.quote,
                "answer": one.answer,
                "functions": list(one.functions),
                "hooks": list(one.hooks),
                "state": one.state,
                "by_author": one.by_author,
            }
            for one in remarks
        ],
    }


def remarks_text(remarks: Sequence[Remark]) -> str:
    """One paragraph a remark: who, on what, the end of the quote, the answer."""
    return "\n".join(_remark(one) for one in remarks) or "no remarks\n"


def _remark(one: Remark) -> str:
    place = f"patch {one.patch}" if one.patch else "cover letter"
    names = ", ".join((*one.hooks, *one.functions))
    state = "by the author" if one.by_author else one.state
    head = f"{one.date[:10]} {one.author.partition(' <')[0]} on {place}"
    lines = [visible_line(f"{head}{': ' + names if names else ''} ({state})")]
    quoted = [line for line in one.quote.splitlines() if line.strip()][-_QUOTED:]
    lines += [f"    > {visible_line(line)}" for line in quoted]
    lines += [f"    {line}" for line in visible(one.answer).splitlines()]
    lines.append(visible_line(f"    <{one.message_id}>"))
    return "\n".join(lines) + "\n"
