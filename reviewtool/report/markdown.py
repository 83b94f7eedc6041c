# SPDX-License-Identifier: GPL-2.0-or-later
"""What is to be told of a revision as Markdown, for an issue or a page; GitHub's flavour.

Whatever comes from mail is escaped: a subject is text and never markup, and a fence is longer than
any run of backticks inside it.
"""

import re
from collections.abc import Iterator, Sequence

from reviewtool import __version__
from reviewtool.interface.types import Matrix
from reviewtool.report.interface import cells, qualified
from reviewtool.report.mail import quotes_of, silence, to_tell
from reviewtool.report.together import together
from reviewtool.review.difference import BASE
from reviewtool.review.findings import Finding, Witness
from reviewtool.review.told import Told
from reviewtool.text import visible, visible_line

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#+!|~&])")
_MARKS = {"fail": "**fail**", "warn": "**warning**", "info": "note"}


def markdown(told: Told, matrix: Matrix | None = None) -> str:
    """Head, matrix of the lineage if given, then each finding."""
    lines = [f"# {escaped(told.mail.title)}: {escaped(told.b)} against {_against(told)}", ""]
    lines += [
        f"{_code(told.mail.author)}, {told.mail.date[:10]}, {_code(told.mail.root)}",
        "",
    ]
    if matrix is not None:
        lines += ["## Interface, revision by revision", "", *_matrix(matrix), ""]
    lines += ["## Findings", ""]
    quotes = quotes_of(told.findings, told.mail)
    for each in together(to_tell(told)):
        if each.alike:
            quote = quotes.get(each.findings[0].id, ())
            lines += [*_heading(each.findings[0], each.title, each.details, quote)]
            lines += [_ids(each.findings), ""]
            continue
        for one in each.findings:
            lines += [*_finding(one, quotes.get(one.id, ()), told.a, told.b), ""]
    unsaid = silence(told)
    lines += [escaped(unsaid), ""] if unsaid else []
    if not told.findings:
        lines += ["None.", ""]
    if told.known:
        lines += ["## Acknowledged in the study", ""]
        lines += [
            f"- {_code(one.id)} {escaped(one.title)}: {escaped(one.reason)}" for one in told.known
        ]
        lines.append("")
    lines += ["## How it was computed", "", *_method(told)]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """``text`` as text, on one line."""
    return _SPECIAL.sub(r"\\\1", visible_line(text))


def fenced(lines: Sequence[str], language: str = "") -> list[str]:
    """A code block; the fence is longer than any in ``lines``."""
    text = [visible(line).replace("\n", " ") for line in lines]
    longest = max((len(run) for line in text for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence + language, *text, fence]


def _against(told: Told) -> str:
    return "its base" if told.a == BASE else escaped(told.a)


def _code(text: str) -> str:
    plain = visible_line(text)
    longest = max((len(run) for run in re.findall(r"`+", plain)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {plain} {fence}" if longest else f"`{plain}`"


def _matrix(matrix: Matrix) -> Iterator[str]:
    yield "| kind | element | " + " | ".join(escaped(name) for name in matrix.revisions) + " |"
    yield "|" + "---|" * (2 + len(matrix.revisions))
    for row in matrix.rows:
        shown = [row.kind, qualified(row), *cells(row, matrix.revisions)]
        yield "| " + " | ".join(escaped(cell) for cell in shown) + " |"


def _finding(one: Finding, quote: Sequence[str], a: str, b: str) -> list[str]:
    lines = _heading(one, one.title, one.details, quote)
    if one.witness is not None:
        lines += [*_witness(one.witness, a, b), ""]
    for other in one.also:
        lines += [f"- {escaped(other.title)}"]
        if other.witness is not None:
            lines += [f"  after {_code('; '.join(other.witness.inputs))}"]
    return [*lines, "", _ids([one])]


def _heading(one: Finding, title: str, details: Sequence[str], quote: Sequence[str]) -> list[str]:
    where = f"patch {one.patch}: " if one.patch is not None else ""
    lines = [f"### {_MARKS[one.status]} {where}{escaped(title)}", ""]
    lines += [f"- {escaped(detail)}" for detail in details]
    lines += [""] if details else []
    return [*lines, *fenced(quote, "diff"), ""] if quote else lines


def _ids(findings: Sequence[Finding]) -> str:
    return f"<sub>{', '.join(escaped(one.id) for one in findings)}</sub>"


def _witness(witness: Witness, a: str, b: str) -> Iterator[str]:
    if not witness.a:
        yield f"| step | {escaped(b)} |"
        yield "|---|---|"
        for step, seen in zip(witness.inputs, witness.b, strict=True):
            yield f"| {_code(step)} | {escaped(seen)} |"
        return
    yield f"| step | {escaped(a)} | {escaped(b)} |"
    yield "|---|---|---|"
    for step, mine, other in zip(witness.inputs, witness.a, witness.b, strict=True):
        told = escaped(other) if mine == other else f"**{escaped(other)}**"
        yield f"| {_code(step)} | {escaped(mine)} | {told} |"


def _method(told: Told) -> Iterator[str]:
    behaviour = told.diff.behaviour
    if behaviour is not None:
        for one in told.diff.models:
            yield f"- {escaped(str(one))}"
        yield f"- compared for {escaped(str(behaviour.world))}: {behaviour.states} pairs of states"
    elif told.diff.unknown:
        yield f"- behaviour not compared: {escaped(told.diff.unknown)}"
    if told.diff.partial:
        yield "- interface read from the mail alone: what no hunk shows is unknown"
    yield f"- reviewtool {__version__}"
