# SPDX-License-Identifier: GPL-2.0-or-later
"""What write() is asked: whether it did what it says, and can be finished when cut short."""

from reviewtool.behaviour.explore import Machine
from reviewtool.behaviour.questions import Failure, Step, first, steps_of

_WRITES = frozenset({"pwrite", "pwrite-short", "pwrite-half", "pwrite-fault"})
_SHORT = "short 2048"


def _halves(content: str) -> tuple[str, str]:
    start, slash, end = content.partition("/")
    return (start, end) if slash else (content, content)


def write_tells_the_truth(machine: Machine) -> Failure | None:
    """What it says it wrote is there, and where it says it failed no page counts as filled anew."""

    def fails(step: Step) -> str | None:
        each, result = step.input, step.seen.result
        if each.op not in _WRITES or each.page is None:
            return None
        before, after = step.before.pages[each.page], step.after.pages[each.page]
        start, end = _halves(after.content)
        if result == "ok" and each.op != "pwrite-half" and (start, end) != (each.value, each.value):
            return f"write() says all is written, the page holds {after.content or 'nothing'}"
        if result == "ok" and end != each.value:
            return "write() says the half is written, it is not there"
        if result == _SHORT and start != each.value:
            return "write() says half is written, it is not there"
        if result.startswith("E") and after.uptodate and not before.uptodate:
            return f"write() answers {result}, and the page counts as filled, with {after.content}"
        return None

    return first(machine, fails)


def short_write_can_be_completed(machine: Machine) -> Failure | None:
    """After half a page was written some write() succeeds: of the rest, or of the whole page."""
    completes = {
        step.before for step in steps_of(machine) if step.input.op in _WRITES and _filled(step)
    }

    def fails(step: Step) -> str | None:
        stuck = step.seen.result == _SHORT and step.after not in completes
        return "half a page is written, no write() will fill the rest" if stuck else None

    return first(machine, fails)


def _filled(step: Step) -> bool:
    return step.seen.result == "ok" and step.input.page == 0
