# SPDX-License-Identifier: GPL-2.0-or-later
"""git's own range-diff between two applied revisions, as text and as data."""

import re
from dataclasses import dataclass
from typing import Literal

from reviewtool.errors import InputError
from reviewtool.tree.outcome import Applied, require_complete
from reviewtool.tree.store import run_git

_PAIR = re.compile(
    r"^ *(?P<a>\d+|-): +(?P<old>[0-9a-f]{7,40}|-+) (?P<sign>[=!<>]) +(?P<b>\d+|-): +"
    r"(?P<new>[0-9a-f]{7,40}|-+) (?P<subject>.*)$"
)
_STATES: dict[str, Literal["same", "changed", "removed", "added"]] = {
    "=": "same",
    "!": "changed",
    "<": "removed",
    ">": "added",
}


@dataclass(frozen=True, slots=True)
class RangePair:
    """One line of range-diff: the patches' numbers and commits, and the diff of their diffs."""

    a: int | None
    b: int | None
    state: Literal["same", "changed", "removed", "added"]
    old_commit: str | None
    new_commit: str | None
    subject: str
    diff: str


@dataclass(frozen=True, slots=True)
class RangeDiff:
    """``command`` is what a person runs to see the same; ``text`` what git printed."""

    command: str
    text: str
    pairs: tuple[RangePair, ...]


def range_diff(a: Applied, b: Applied, *, creation_factor: int = 60) -> RangeDiff:
    """``git range-diff`` of the revisions' own patches.

    Raises :class:`InputError` if one of them did not apply, or they lie in different stores.
    """
    for applied in (a, b):
        require_complete(applied)
    if a.store != b.store:
        raise InputError(
            "are applied to different trees", f"{a.name} and {b.name}", "use one --tree for both"
        )
    words = [
        "range-diff",
        "--no-color",
        "--no-notes",
        f"--creation-factor={creation_factor}",
        f"{a.start}..{a.commit}",
        f"{b.start}..{b.commit}",
    ]
    done = run_git(a.store, *words)
    if done.returncode:
        raise InputError(f"git range-diff: {done.complaint}", f"{a.name} and {b.name}")
    text = done.stdout.decode("utf-8", "surrogateescape")
    return RangeDiff(f"git --git-dir={a.store} {' '.join(words)}", text, parse_range_diff(text))


def parse_range_diff(text: str) -> tuple[RangePair, ...]:
    """The pairs of range-diff's output, in its order."""
    pairs: list[RangePair] = []
    body: list[str] = []
    for line in [*text.split("\n"), ""]:
        match = _PAIR.match(line)
        if match is None:
            body.append(line.removeprefix("    "))
            continue
        if pairs:
            pairs[-1] = _with_diff(pairs[-1], body)
        body = []
        pairs.append(
            RangePair(
                int(match["a"]) if match["a"] != "-" else None,
                int(match["b"]) if match["b"] != "-" else None,
                _STATES[match["sign"]],
                match["old"] if match["a"] != "-" else None,
                match["new"] if match["b"] != "-" else None,
                match["subject"],
                "",
            )
        )
    if pairs:
        pairs[-1] = _with_diff(pairs[-1], body)
    return tuple(pairs)


def _with_diff(pair: RangePair, body: list[str]) -> RangePair:
    diff = "\n".join(body).strip("\n")
    return RangePair(
        pair.a, pair.b, pair.state, pair.old_commit, pair.new_commit, pair.subject, diff
    )
