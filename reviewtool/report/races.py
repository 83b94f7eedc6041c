# SPDX-License-Identifier: GPL-2.0-or-later
"""Races as text and as the races document."""

from typing import Any

from reviewtool.behaviour.races import RaceSearch
from reviewtool.review.racing import ShownRaces
from reviewtool.text import visible_line


def races_shape(found: RaceSearch, revision: str) -> dict[str, Any]:
    """The races document."""
    return {
        "revision": revision,
        "pairs": found.pairs,
        "schedules": found.schedules,
        "partial": found.partial,
        "seconds": round(found.seconds, 2),
        "races": [
            {
                "finding": one.finding,
                "setup": [str(each) for each in one.setup],
                "operations": [[str(each) for each in own] for own in one.operations],
                "schedule": [list(step) for step in one.schedule],
                "results": [list(own) for own in one.results],
                "left": one.left,
            }
            for one in found.races
        ],
    }


def races_text(found: RaceSearch, revision: str) -> str:
    """Each kind of finding with one schedule that shows it."""
    bound = " (the search was not finished)" if found.partial else ""
    searched = f"{found.pairs} pairs of operations, {found.schedules} schedules"
    count = f"{len(found.races)} races" if len(found.races) != 1 else "1 race"
    lines = [f"{revision}: {count}; {searched} in {found.seconds:.1f} s{bound}"]
    for number, one in enumerate(found.races, 1):
        lines += ["", f"{number:3}. {one.finding}"]
        before = "; ".join(map(str, one.setup))
        lines.append(f"       first {before or 'nothing'}; then together:")
        lines += [f"       [{who}] {what}" for who, what in one.schedule]
        for own, results in zip(one.operations, one.results, strict=True):
            lines.append(f"       {'; '.join(map(str, own))}: {', '.join(results)}")
        lines.append(f"       the page holds: {one.left or 'nothing'}")
    return "\n".join(lines) + "\n"


def shown_shape(shown: ShownRaces) -> dict[str, Any]:
    """What was shown on a kernel: the part ``kernel`` of the races document."""
    return {
        "kernel": shown.kernel,
        "agrees": shown.agrees,
        "cases": [
            {
                "reason": case.reason,
                "inputs": [str(each) for each in case.inputs],
                "model": [str(each) for each in case.expected],
                "kernel": list(trace.observations),
            }
            for case, trace in shown.shown
        ],
    }


def shown_text(shown: ShownRaces) -> str:
    """Each case: what the model says, and where the kernel did something else."""
    if not shown.shown:
        return "on the kernel: write() of this revision cannot be stopped in the middle of a page\n"
    agree = "as the model says in all of them" if shown.agrees else "NOT as the model says"
    lines = [
        f"on kernel {shown.kernel}, write() stopped half way in {len(shown.shown)} cases: {agree}",
        "    pwrite-stop: a thread w stops in write(), in the middle of the page, until go-on",
        "    x: a thread that sleeps on a lock meanwhile; mixed: a part of the page was written",
    ]
    for number, (case, trace) in enumerate(shown.shown, 1):
        lines += ["", f"{number:3}. {case.reason}"]
        wide = max(len(str(each)) for each in case.inputs)
        for at, each in enumerate(case.inputs):
            seen = trace.observations[at] if at < len(trace.observations) else "-"
            expected = str(case.expected[at])
            other = "" if seen == expected else f"   (model: {expected})"
            lines.append(visible_line(f"       {each!s:{wide}}   {seen}{other}"))
    return "\n".join(lines) + "\n"
