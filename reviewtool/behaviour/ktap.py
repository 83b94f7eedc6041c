# SPDX-License-Identifier: GPL-2.0-or-later
"""KTAP, the kernel's test format (Documentation/dev-tools/ktap.rst): written and read."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from reviewtool.text import visible_line

Status = Literal["ok", "not ok", "skip"]

_VERSION = re.compile(r"^(?:K?TAP) version (\d+)$")
_PLAN = re.compile(r"^1\.\.(\d+)$")
_RESULT = re.compile(r"^(ok|not ok) (\d+)(?: (?!# )(?:- )?(.*?))?(?:\s*# ([A-Za-z]+)\b ?(.*))?$")
_SUBTEST = re.compile(r"^# Subtest: (.*)$")
_KERNEL_TIME = re.compile(r"^\[\s*\d+\.\d+\] ")
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Result:
    """One test, or a suite of them. ``note`` says why it was skipped; ``diagnostics`` are lines."""

    name: str
    status: Status
    note: str = ""
    diagnostics: tuple[str, ...] = ()
    subtests: tuple["Result", ...] = ()

    def count(self) -> tuple[int, int, int]:
        """Leaves below this test, or itself: ok, not ok, skipped."""
        if not self.subtests:
            order: tuple[Status, ...] = ("ok", "not ok", "skip")
            counted = [int(self.status == each) for each in order]
            return (counted[0], counted[1], counted[2])
        below = [each.count() for each in self.subtests]
        return (sum(n for n, _, _ in below), sum(n for _, n, _ in below), sum(n for *_, n in below))


class KtapError(ValueError):
    """Text that is no KTAP: the line's number, from 1, and what is wrong with it."""


def suite(name: str, subtests: Sequence[Result], diagnostics: Sequence[str] = ()) -> Result:
    """A test that is ok if nothing below it failed, and skipped if all below was."""
    if any(each.status == "not ok" for each in subtests):
        status: Status = "not ok"
    elif subtests and all(each.status == "skip" for each in subtests):
        status = "skip"
    else:
        status = "ok"
    return Result(name, status, "", tuple(diagnostics), tuple(subtests))


def write(tests: Sequence[Result]) -> Iterator[str]:
    """A KTAP document, line by line, without line ends."""
    yield from _block(tests, "")


def _block(tests: Sequence[Result], indent: str) -> Iterator[str]:
    yield f"{indent}KTAP version 1"
    yield f"{indent}1..{len(tests)}"
    for number, test in enumerate(tests, start=1):
        if test.subtests:
            deeper = indent + _INDENT
            first, second, *rest = _block(test.subtests, deeper)
            yield from (first, f"{deeper}# Subtest: {_one_line(test.name)}", second, *rest)
        for line in test.diagnostics:
            yield f"{indent}# {visible_line(line)}".rstrip()
        word = "not ok" if test.status == "not ok" else "ok"
        name = _one_line(test.name).replace("#", "_")
        directive = f" # SKIP {_one_line(test.note)}".rstrip() if test.status == "skip" else ""
        yield f"{indent}{word} {number} {name}{directive}"


def _one_line(text: str) -> str:
    return " ".join(visible_line(text).split())


def parse(lines: Iterable[str]) -> tuple[Result, ...]:
    """The tests of a KTAP document; lines around it and kernel timestamps are passed over.

    Raises KtapError where a plan announces another number of tests than there are, or where
    there is no version line at all.
    """
    numbered = [
        (number, _KERNEL_TIME.sub("", raw.rstrip("\r\n")))
        for number, raw in enumerate(lines, start=1)
    ]
    starts = [place for place, (_, line) in enumerate(numbered) if _VERSION.match(line)]
    if not starts:
        raise KtapError("line 1: no version line, such as 'KTAP version 1'")
    tests, _ = _read_block(numbered, starts[0], 0)
    return tests


def _read_block(
    lines: Sequence[tuple[int, str]], place: int, depth: int
) -> tuple[tuple[Result, ...], int]:
    """The block whose version line is at ``place``, and the place after it."""
    opened, _ = lines[place]
    planned: int | None = None
    tests: list[Result] = []
    below: tuple[Result, ...] = ()
    diagnostics: list[str] = []
    place += 1
    while place < len(lines):
        number, line = lines[place]
        indent, text = _split(line)
        if indent > depth and _VERSION.match(text):
            below, place = _read_block(lines, place, indent)
            continue
        if indent < depth and text and _is_ktap(text):
            break
        place += 1
        if indent != depth:
            continue
        if (plan := _PLAN.match(text)) and planned is None:
            planned = int(plan[1])
        elif result := _RESULT.match(text):
            tests.append(_test(result, diagnostics, below))
            if int(result[2]) != len(tests):
                raise KtapError(f"line {number}: test {result[2]} where {len(tests)} was due")
            diagnostics, below = [], ()
        elif text.startswith("#") and not _SUBTEST.match(text):
            diagnostics.append(text[1:].strip())
    if planned is not None and planned != len(tests):
        raise KtapError(f"line {opened}: {planned} tests planned, {len(tests)} reported")
    return tuple(tests), place


def _split(line: str) -> tuple[int, str]:
    text = line.lstrip(" ")
    return len(line) - len(text), text.rstrip()


def _is_ktap(text: str) -> bool:
    return bool(_RESULT.match(text) or _PLAN.match(text) or text.startswith("#"))


def _test(result: re.Match[str], diagnostics: Sequence[str], below: tuple[Result, ...]) -> Result:
    skipped = (result[4] or "").upper() == "SKIP"
    status: Status = "skip" if skipped else "ok" if result[1] == "ok" else "not ok"
    return Result(
        (result[3] or "").strip(),
        status,
        (result[5] or "").strip() if skipped else "",
        tuple(diagnostics),
        below,
    )
