# SPDX-License-Identifier: GPL-2.0-or-later
"""Verdicts as KTAP: a test to a revision, below it one to a suite, below that one to a sequence.

Of a complete suite, which has many thousands, one to each state they leave from.
"""

from collections.abc import Iterable, Iterator

from reviewtool.behaviour.conformance import CaseResult, SuiteResult
from reviewtool.behaviour.explanation import Disagreement
from reviewtool.behaviour.ktap import Result, suite
from reviewtool.behaviour.verdict import Verdict


def as_ktap(verdict: Verdict) -> Result:
    """The verdict as one nested test. What the kernel complained of unpredicted fails it, too."""
    suites = [_suite(each) for each in verdict.suites]
    findings = [
        Result(
            f"{each.event.kind}: {each.event.title}",
            "ok" if each.predicted else "not ok",
            "",
            (f"after: {'; '.join(each.inputs)}", *(f"  {frame}" for frame in each.event.frames)),
        )
        for each in verdict.findings
    ]
    if findings:
        suites.append(suite("the kernel's complaints, ok where predicted", findings))
    return suite(f"{verdict.revision} ({verdict.model}, {verdict.profile})", suites)


def _suite(result: SuiteResult) -> Result:
    cases = [_case(each) for each in result.results]
    notes = [result.claim, *(f"left out: {each}" for each in result.left_out)]
    for each in result.disagreements:
        notes += _told(each)
    return suite(result.name, cases, notes)


def _case(case: CaseResult) -> Result:
    name = case.inputs if case.count == 1 else f"{case.count} from: {case.inputs or 'the start'}"
    if case.outcome == "not run":
        return Result(name, "skip", "see what was left out", (case.reason,))
    return Result(name, "ok" if case.outcome == "agrees" else "not ok", "", (case.reason,))


def _told(each: Disagreement) -> Iterator[str]:
    yield f"differs ({each.cases} cases): {each.reason}"
    yield from side_by_side(zip(each.inputs, each.model, each.kernel, strict=True))
    if each.event:
        yield f"  {each.event.kind}: {each.event.title}"
        yield from (f"    {frame}" for frame in each.event.frames)


def side_by_side(steps: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Input, model and kernel in columns; the first step that differs is marked."""
    rows = list(steps)
    wide = max((len(given) for given, _, _ in rows), default=0)
    for given, model, kernel in rows:
        if model == kernel:
            yield f"  {given:<{wide}}  {model}"
        else:
            yield f"! {given:<{wide}}  model: {model}"
            yield f"  {'':<{wide}}  kernel: {kernel}"
