# SPDX-License-Identifier: GPL-2.0-or-later
"""Remarks as text and as the remarks document."""

from collections.abc import Sequence
from typing import Any

from reviewtool.archive.conversation import in_threads
from reviewtool.archive.remarks import Remark
from reviewtool.archive.trailers import person
from reviewtool.text import visible, visible_line

_DEEPEST = 8  # threads that go on are not moved further in
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
                "number": one.number,
                "follows": {"message_id": one.follows[0], "number": one.follows[1]}
                if one.follows
                else None,
            }
            for one in remarks
        ],
    }


def remarks_text(remarks: Sequence[Remark]) -> str:
    """The conversations: who, on what, the end of the quote, the answer; below it, further in, what
    was said to that."""
    threads = in_threads(remarks)
    return "\n".join(_remark(depth, one) for depth, one in threads) or "no remarks\n"


def _remark(depth: int, one: Remark) -> str:
    place = f" on {f'patch {one.patch}' if one.patch else 'the cover letter'}"
    names = ", ".join((*one.hooks, *one.functions))
    state = "by the author" if one.by_author else one.state
    head = f"{one.date[:10]} {person(one.author)}"
    # What follows a remark is about the same: that is said once.
    head += f" ({state})" if depth else f"{place}{': ' + names if names else ''} ({state})"
    quoted = [line for line in one.quote.splitlines() if line.strip()][-_QUOTED:]
    lines = [visible_line(head)]
    lines += [f"    > {visible(line)}" for line in quoted]  # with the tabs of the code
    lines += [f"    {line}" for line in visible(one.answer).splitlines()]
    lines.append(visible_line(f"    <{one.message_id}>"))
    margin = "  " * min(depth, _DEEPEST)
    return "\n".join(f"{margin}{line}".rstrip() for line in lines) + "\n"
