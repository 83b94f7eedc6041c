# SPDX-License-Identifier: GPL-2.0-or-later
"""Patches by revisions, as a table and as the range-diff document."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reviewtool.report.table import table
from reviewtool.text import visible_line
from reviewtool.tree.mailrange import HunkChange, MailPair

_SIGNS = {"same": "=", "changed": "!", "added": ">", "removed": "<"}

Ranges = Sequence[tuple[str, str, tuple[MailPair, ...]]]
"""Adjacent revisions and their pairs, in order."""


@dataclass(slots=True)
class Line:
    """One patch through the revisions: its number in each, and how it came from the one before."""

    subject: str
    numbers: dict[str, int] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)


def lines(ranges: Ranges) -> list[Line]:
    """A line a patch, in the order of the last revision that has it."""
    every: list[Line] = []
    current: dict[int, Line] = {}
    for a, b, pairs in ranges:
        following: dict[int, Line] = {}
        for one in pairs:
            line = current.get(one.a) if one.a is not None else None
            if line is None:
                line = Line(one.subject)
                every.append(line)
                if one.a is not None:
                    line.numbers[a] = one.a
            line.states[b] = one.state
            if one.b is not None:
                line.numbers[b] = one.b
                line.subject = one.subject
                following[one.b] = line
        current = following
    last = [b for _, b, _ in ranges][-1] if ranges else ""
    return sorted(every, key=lambda line: line.numbers.get(last, 10**6))


def range_shape(ranges: Ranges) -> dict[str, Any]:
    """The range-diff document."""
    names = _names(ranges)
    return {
        "revisions": names,
        "rows": [
            {
                "subject": line.subject,
                "numbers": {name: line.numbers.get(name) for name in names},
                "states": dict(line.states),
            }
            for line in lines(ranges)
        ],
        "pairs": [
            {"a": a, "b": b, "patches": [_pair_shape(one) for one in pairs]}
            for a, b, pairs in ranges
        ],
    }


def _pair_shape(one: MailPair) -> dict[str, Any]:
    return {
        "a": one.a,
        "b": one.b,
        "state": one.state,
        "cost": one.cost,
        "subject": one.subject,
        "message_changed": one.message,
        "hunks": [_hunk_shape(hunk) for hunk in one.hunks],
    }


def _hunk_shape(hunk: HunkChange) -> dict[str, Any]:
    return {
        "path": hunk.path,
        "section": hunk.section,
        "state": hunk.state,
        "diff": list(hunk.diff),
    }


def range_text(ranges: Ranges, hunks: bool) -> str:
    """The table; with ``hunks`` each pair that changed, its hunks as a diff of diffs."""
    names = _names(ranges)
    rows = [
        (*(_cell(line, name) for name in names), visible_line(line.subject))
        for line in lines(ranges)
    ]
    text = table((*names, "patch"), rows)
    text += "\n= as before, ! changed, > new, < gone\n"
    if not hunks:
        return text
    for a, b, pairs in ranges:
        for one in pairs:
            if one.state == "changed":
                text += f"\n{a} {one.a} ! {b} {one.b}, cost {one.cost}: "
                text += visible_line(one.subject) + ("; message" if one.message else "") + "\n"
                for hunk in one.hunks:
                    text += visible_line(f"  {hunk.state} {hunk.path}: {hunk.section}") + "\n"
                    text += "".join(f"    {_code(line)}\n" for line in hunk.diff)
    return text


def _code(line: str) -> str:
    return "\t".join(visible_line(part) for part in line.split("\t"))


def _cell(line: Line, name: str) -> str:
    sign = _SIGNS.get(line.states.get(name, ""), "")
    number = line.numbers.get(name)
    return f"{number}{sign}" if number is not None else sign


def _names(ranges: Ranges) -> list[str]:
    return [a for a, _, _ in ranges[:1]] + [b for _, b, _ in ranges]
