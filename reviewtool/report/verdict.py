# SPDX-License-Identifier: GPL-2.0-or-later
"""Verdicts as text and as the test document."""

import re
from collections.abc import Sequence
from typing import Any

from reviewtool.behaviour.conformance import Finding
from reviewtool.behaviour.explanation import Decided, Disagreement
from reviewtool.behaviour.verdict import document
from reviewtool.report.table import table
from reviewtool.review.testing import Failure, Held
from reviewtool.text import visible_line

_HEAD = ("kernel", "boots", "agrees", "states", "cases", "steps", "seconds", "findings")
_FRAMES = 6  # innermost functions of a backtrace that are shown


def held_shape(held: Held) -> dict[str, Any]:
    """One revision of the test document."""
    if isinstance(held, Failure):
        return {
            "revision": held.revision,
            "built": held.stage == "boot",
            "booted": False,
            "agrees": False,
            "applied": held.applied,
            "failure": held.reason,
        }
    return document(held)


def sandbox_note(unenclosed: str) -> str:
    """What a reader must know where our own kernels ran without a sandbox."""
    if not unenclosed:
        return ""
    return f"\nBuilt and booted without a sandbox, our own code only: {visible_line(unenclosed)}\n"


def held_table(every: Sequence[Held], *, named: bool = True) -> str:
    """Revision by what was held against it, and how its patches applied unless all are clean.

    Not ``named``: without the column of revisions, for where one alone is told of.
    """
    rows = [("revision", *_HEAD), *(_row(held) for held in every)]
    if not all(re.fullmatch(r"\d+ clean|", held.applied) for held in every):
        ways = ["patches", *(held.applied for held in every)]
        rows = [(row[0], way, *row[1:]) for row, way in zip(rows, ways, strict=True)]
    head, *told = (row if named else row[1:] for row in rows)
    return table(head, told)


def _row(held: Held) -> tuple[str, ...]:
    if isinstance(held, Failure):
        built, boots = {
            "model": ("not built", "-"),
            "build": ("does not build", "no"),
            "boot": ("built", "no"),
        }[held.stage]
        told = "no model" if held.stage == "model" else "see below"
        return (held.revision, built, boots, "unknown", "-", "-", "-", "-", told)
    passed = sum(suite.passed for suite in held.suites)
    return (
        held.revision,
        f"built in {held.build_seconds:.0f} s",
        "yes",
        "yes" if held.agrees else "NO",
        str(held.states) if held.states else "-",
        f"{passed}/{held.cases}",
        str(held.steps),
        f"{held.seconds:.1f}",
        str(len(held.findings)) if held.findings else "none",
    )


def suites_text(held: Held) -> str:
    """What passing each suite means, and what did not run."""
    if isinstance(held, Failure):
        return f"{held.revision}: {visible_line(held.reason)}\n"
    lines = [f"{held.revision}: model {held.model} against kernel {held.kernel} on {held.base}"]
    for suite in held.suites:
        verdict = "passed" if suite.agrees else "FAILED"
        lines.append(
            f"  {verdict} {suite.name}: {suite.passed}/{suite.cases} cases, {suite.steps} steps, "
            f"{suite.seconds:.1f} s"
        )
        lines.append(f"         {suite.claim}")
        lines += [f"         left out: {text}" for text in suite.left_out]
    for number, each in enumerate(held.disagreements, 1):
        lines += ["", *disagreement_lines(number, each)]
    for finding in held.findings:
        lines += ["", *finding_lines(finding)]
    return "\n".join(visible_line(line) for line in lines) + "\n"


def disagreement_lines(number: int, each: Disagreement) -> list[str]:
    """Where model and kernel part, both traces, and what the kernel said."""
    lines = [f"disagreement {number} ({each.cases} cases): {each.reason}"]
    wide = max((len(step) for step in each.inputs), default=0)
    for step, model, kernel in zip(each.inputs, each.model, each.kernel, strict=True):
        if model == kernel:
            lines.append(f"    {step:{wide}}   {model}")
        else:
            lines.append(f"  * {step:{wide}}   model: {model}   kernel: {kernel}")
    if each.event is not None:
        lines.append(f"    {each.event.kind}: {each.event.title}")
        lines += [f"      {frame}" for frame in each.event.frames[:_FRAMES]]
    if not each.reproduced:
        lines.append("    (did not show again in a new guest)")
    return [*lines, *_decided_lines(each.decided)]


def _decided_lines(decided: Decided | None) -> list[str]:
    if decided is None:
        return []
    whose = "of a prerequisite" if decided.prerequisite else "of the revision"
    lines = [
        f"    decided in {decided.function}(), {decided.path},",
        f"    by patch {decided.patch} {whose}, {decided.subject}:",
    ]
    lines += [f"      ... {decided.before} lines before"] if decided.before else []
    lines += [f"      +{line.expandtabs()}" for line in decided.lines]
    lines += [f"      ... {decided.more} lines more"] if decided.more else []
    return lines


def finding_lines(each: Finding) -> list[str]:
    """A complaint of the kernel: what it was, what drew it, where in the code."""
    told = "as the model predicts" if each.predicted else "NOT predicted by the model"
    return [
        f"finding: {each.event.kind}, {told}: {each.event.title}",
        f"    after: {'; '.join(each.inputs)}",
        *(f"      {frame}" for frame in each.event.frames[:_FRAMES]),
    ]
