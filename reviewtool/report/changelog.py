# SPDX-License-Identifier: GPL-2.0-or-later
"""A changelog held to its word, as text and as the changelog document."""

import textwrap
from collections.abc import Sequence
from typing import Any

from reviewtool.review.asked import Asked
from reviewtool.review.claims import Claim, Claims
from reviewtool.text import name_of, visible_line
from reviewtool.tree.pair import Pair

_WIDTH = 78
_SAID = {"seen": "said and seen", "not seen": "said, not seen", "cannot tell": "cannot tell"}


def changelog_shape(a: str, b: str, found: Claims, asked: Sequence[Asked]) -> dict[str, Any]:
    """The changelog document."""
    return {
        "a": a,
        "b": b,
        "written": found.written,
        "items": [
            {
                "text": one.text,
                "state": one.state,
                "evidence": one.evidence,
                "patches": list(one.patches),
            }
            for one in found.items
        ],
        "unsaid": [
            {"a": one.a, "b": one.b, "state": one.state, "subject": one.subject}
            for one in found.unsaid
        ],
        "unsaid_base": found.base or None,
        "asked": [
            {
                "outcome": one.outcome,
                "author": one.remark.author,
                "date": one.remark.date,
                "message_id": one.remark.message_id,
                "patch": one.remark.patch,
                "words": one.words,
            }
            for one in asked
        ],
    }


def changelog_text(a: str, b: str, found: Claims, asked: Sequence[Asked]) -> str:
    """What was said against what was seen, then what was asked against what was done."""
    lines = [f"CHANGELOG of {b}, held against what changed since {a}"]
    if not found.written:
        lines.append("  none was recognised")
    for one in sorted(found.items, key=lambda item: list(_SAID).index(item.state)):
        lines += _entry(_SAID[one.state], one.text, _evidence(one))
    for pair in found.unsaid:
        lines += _entry("seen, not said", unsaid(pair), pair.detail if pair.b else "")
    if found.base:
        lines += _entry("seen, not said", f"base {found.base}", "")
    lines += ["", f"ASKED of {a} (a heuristic: done where the lines quoted are gone)"]
    order = ("done", "not done", "cannot tell")
    for each in sorted(asked, key=lambda item: order.index(item.outcome)):
        who = name_of(each.remark.author)
        where = f"patch {each.remark.patch}" if each.remark.patch else "cover letter"
        words = textwrap.shorten(each.words, 2 * (_WIDTH - 20), placeholder=" [...]")
        place = f"{each.remark.date[:10]} {who}, {where} <{each.remark.message_id}>"
        lines += _entry(each.outcome, words, place)
    if not asked:
        lines.append("  nothing that is at hand")
    return "\n".join(visible_line(line) for line in lines) + "\n"


def unsaid(pair: Pair) -> str:
    """A patch no item of the changelog is seen in, in a line."""
    if pair.b is None:
        return f"patch {pair.a} is gone: {pair.subject}"
    return f"patch {pair.b} {'is new' if pair.a is None else 'changed'}: {pair.subject}"


def _evidence(one: Claim) -> str:
    return one.evidence if one.state != "cannot tell" else f"({one.evidence})"


def _entry(head: str, text: str, below: str) -> list[str]:
    indent = " " * 18
    lines = textwrap.wrap(
        text, _WIDTH, initial_indent=f"  {head:16}", subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    if below:
        lines.append(f"{indent}  {below}")
    return lines
