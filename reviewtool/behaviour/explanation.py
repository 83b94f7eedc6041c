# SPDX-License-Identifier: GPL-2.0-or-later
"""Many sequences that went wrong, told as few ways in which model and kernel differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from refmodel.model import Model
from refmodel.world import World
from reviewtool.behaviour.difference import Difference, Kind
from reviewtool.behaviour.guests import RunGuest, Settings, Trace
from reviewtool.behaviour.shrink import shortest
from reviewtool.behaviour.suites import Case
from reviewtool.kernel.events import KernelEvent

_SEARCHES = 8


@dataclass(frozen=True, slots=True)
class Decided:
    """Lines of a revision in a function that ran when model and kernel came apart.

    ``patch`` is as in ``2/5``; ``before`` and ``more`` count the lines of the function that stand
    before and after ``lines``. ``prerequisite``: the patch is of a series the revision stands on.
    """

    patch: str
    subject: str
    path: str
    function: str
    lines: tuple[str, ...]
    more: int
    prerequisite: bool = False
    before: int = 0


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One way in which model and kernel differ, by the shortest sequence found that shows it.

    ``model`` and ``kernel`` have an observation a step and differ in the last. ``cases`` counts
    the sequences of the suite that showed it; none did where it came to light only in the search
    for the shortest. ``reproduced`` is False where it did not show again
    in a new guest, because it depends on what ran before, or was not tried again. ``decided`` is
    where to look, once that has been looked for.
    """

    inputs: tuple[str, ...]
    model: tuple[str, ...]
    kernel: tuple[str, ...]
    reason: str
    event: KernelEvent | None = None
    cases: int = 1
    reproduced: bool = True
    decided: Decided | None = None


Shown = tuple[Difference, Trace, Case]


@dataclass(frozen=True, slots=True)
class Retry:
    """How sequences are run again."""

    run: RunGuest
    settings: Settings


def explain(
    retry: Retry,
    model: Model,
    world: World,
    differing: Mapping[Kind, Sequence[Shown]],
    known: dict[Kind, Disagreement],
) -> tuple[Disagreement, ...]:
    """Each kind of difference once, shortest first, by the shortest sequence that can be found.

    ``known`` holds what earlier suites on the same kernel came to and is added to: a kind in it
    is searched for again only with a sequence that is shorter still. At most eight searches.
    """
    searches = 0
    new: set[Kind] = set()
    for kind, group in sorted(differing.items(), key=lambda one: _length(one[1])):
        difference, trace, case = min(group, key=lambda one: len(one[0].inputs))
        before = known.get(kind)
        if before and len(before.inputs) <= len(difference.inputs):
            continue
        found = {}
        if searches < _SEARCHES:
            searches += 1
            word = trace.inputs[: len(difference.kernel)]
            found = shortest(retry.run, retry.settings, model, world, word, kind)
        new |= found.keys() - known.keys()
        for other, (shorter, its) in found.items():
            _keep(known, other, _disagreement(shorter, its, case.reason, True))
        if kind not in found:
            _keep(known, kind, _disagreement(difference, trace, case.reason, False))
    told = (replace(known[kind], cases=len(differing.get(kind, ()))) for kind in {*differing, *new})
    return tuple(sorted(told, key=lambda each: (len(each.inputs), each.inputs)))


def _length(group: Sequence[Shown]) -> int:
    return min(len(difference.inputs) for difference, _, _ in group)


def _keep(known: dict[Kind, Disagreement], kind: Kind, new: Disagreement) -> None:
    before = known.get(kind)
    if before is None or len(new.inputs) < len(before.inputs):
        known[kind] = new


def _disagreement(
    difference: Difference, trace: Trace, reason: str, reproduced: bool
) -> Disagreement:
    last = len(difference.kernel) - 1
    events = [event for step, event in trace.events if step == last]
    return Disagreement(
        difference.inputs,
        difference.model,
        difference.kernel,
        reason,
        events[0] if events else None,
        0,
        reproduced,
    )
