# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings a reader takes in at once: names of one kind that one patch brings, or that went, and
the same change made to several."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from reviewtool.review.findings import Finding
from reviewtool.review.told import UNSAID

_NAMED = re.compile(
    r"(flag|ioctl|export|kconfig|tracepoint|(?:compat )?system call) (\S+)(?: \[.*\])?"
    r" is (new|gone)"
)
_CHANGED = re.compile(r"(export |(?:compat )?system call )?(\S+)(?: \[.*?\])?: (.+)")


@dataclass(frozen=True, slots=True)
class Together:
    """``findings`` in the order they are told; ``title`` is of all of them, one or more.

    ``alike``: they differ in nothing but their name, so that one quotation shows all.
    """

    findings: tuple[Finding, ...]
    title: str
    alike: bool = False

    @property
    def details(self) -> tuple[str, ...]:
        """What is said below the title: for several only what holds for all."""
        if len(self.findings) == 1:
            return self.findings[0].details
        shared = _details(self.findings[0]) if self.alike else ()
        return (*shared, *((self.unsaid,) if self.unsaid else ()))

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
        if not key or len(every) == 1:
            yield from (Together((one,), one.title) for one in every)
        elif found := _NAMED.match(every[0].title):
            names = _names(_NAMED, every)
            yield Together(every, f"{found[1]}s {names} are {found[3]}")
        elif found := _CHANGED.match(every[0].title):
            names = _names(_CHANGED, every)
            many = f"{len(every)} {found[1].strip()}s: {found[3]}: {names}" if found[1] else ""
            yield Together(every, many or f"{names}: {found[3]}", alike=True)


def _names(pattern: re.Pattern[str], findings: Sequence[Finding]) -> str:
    return ", ".join(found[2] for one in findings if (found := pattern.match(one.title)))


def _key(one: Finding) -> tuple[object, ...]:
    """Equal for findings that are told together; empty for one that is told alone."""
    if one.kind != "interface" or one.also or one.witness:
        return ()
    if found := _NAMED.fullmatch(one.title):
        return (found[1], found[3], one.patch)
    if found := _CHANGED.fullmatch(one.title):
        return (found[1], found[3], one.patch, one.status, _details(one))
    return ()


def _details(one: Finding) -> tuple[str, ...]:
    return tuple(text for text in one.details if text != UNSAID)


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
