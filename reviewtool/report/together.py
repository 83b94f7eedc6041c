# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings a reader takes in at once: names of one kind that one patch brings, or that went."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from reviewtool.review.findings import Finding
from reviewtool.review.told import UNSAID

_NAMED = re.compile(r"(flag|ioctl|export|kconfig|tracepoint) (\S+)(?: \[.*\])? is (new|gone)")


@dataclass(frozen=True, slots=True)
class Together:
    """``findings`` in the order they are told; ``title`` is of all of them, one or more."""

    findings: tuple[Finding, ...]
    title: str

    @property
    def unsaid(self) -> str:
        """What of them the changelog does not mention."""
        silent = [one for one in self.findings if UNSAID in one.details]
        if len(silent) == len(self.findings):
            return "the changelog mentions none of them"
        named = ", ".join(name for one in silent for name in one.names[:1])
        return f"the changelog does not mention {named}" if silent else ""


def together(findings: Sequence[Finding]) -> Iterator[Together]:
    """``findings``, those that differ in nothing but their name as one."""
    for key, group in groupby(findings, _key):
        every = tuple(group)
        if key[0] and len(every) > 1:
            kind, verb, _ = key
            names = ", ".join(found[2] for one in every if (found := _NAMED.match(one.title)))
            yield Together(every, f"{kind}s {names} are {verb}")
        else:
            yield from (Together((one,), one.title) for one in every)


def _key(one: Finding) -> tuple[str, str, int | None]:
    found = _NAMED.fullmatch(one.title)
    alone = found is None or one.also or one.witness
    return ("", "", None) if found is None or alone else (found[1], found[3], one.patch)


def quoted_together(quotes: Sequence[Sequence[str]], most: int) -> tuple[str, ...]:
    """The first changed line of each quotation, under the heads of their hunks."""
    lines: list[str] = []
    head = ""
    for quote in quotes:
        if len(quote) > 1 and quote[0] != head:
            head = quote[0]
            lines.append(head)
        lines += [line for line in quote[1:2] if line not in lines]
    return tuple(lines) if len(lines) <= most else (*lines[: most - 1], "[...]")
