# SPDX-License-Identifier: GPL-2.0-or-later
"""The row of a revision: whether its model and its kernel agree, on how much, and what came up."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from refmodel.model import Model
from refmodel.world import World
from reviewtool import cache, paths
from reviewtool.behaviour.compare import compare
from reviewtool.behaviour.conformance import (
    Bench,
    Finding,
    SuiteResult,
    not_run,
    run_suites,
)
from reviewtool.behaviour.explanation import Decided, Disagreement
from reviewtool.behaviour.guests import kernel_guest, numbered
from reviewtool.behaviour.onlooker import NOBODY, Onlooker
from reviewtool.behaviour.suites import (
    Suite,
    complete,
    distinguishing,
    random_walks,
    scenarios,
    stopped_writes,
)
from reviewtool.kernel import events, symbols
from reviewtool.kernel.build import Kernel
from reviewtool.progress import SILENT, Progress

SMALL = World(values=("A",))
"""The world of the complete suite: one page, one thread, one vCPU, one value."""
LARGE = World(pages=2, threads=2, past_eof=True)
"""The world of scenarios, witnesses and random walks."""

# Raise it when the same suites on the same kernel may be judged otherwise.
_RULES = "3"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A revision's kernel held against its model.

    ``built`` and ``booted`` say how far it came; ``seconds`` are what holding took, of the wall,
    when it was done. ``remembered``: the very same was held before and not again now.
    """

    revision: str
    model: str
    origin: str
    base: str
    kernel: str
    profile: str
    built: bool
    booted: bool
    suites: tuple[SuiteResult, ...]
    seconds: float
    build_seconds: float
    remembered: bool = False
    applied: str = ""
    """How its patches came onto the base, in words: ``3 bridged, 2 offset``."""

    @property
    def agrees(self) -> bool:
        """Whether every sequence ran and went as the model says."""
        return self.booted and all(each.agrees for each in self.suites)

    @property
    def cases(self) -> int:
        """Sequences there were to run."""
        return sum(each.cases for each in self.suites)

    @property
    def states(self) -> int:
        """States of the model's smallest machine in the world of the complete suite."""
        return max((each.states for each in self.suites), default=0)

    @property
    def steps(self) -> int:
        """Inputs the kernel was given."""
        return sum(each.steps for each in self.suites)

    @property
    def disagreements(self) -> tuple[Disagreement, ...]:
        """Of all suites, the shortest first."""
        every = [each for suite in self.suites for each in suite.disagreements]
        return tuple(sorted(every, key=lambda each: len(each.inputs)))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the kernel complained of, each complaint once, by its shortest sequence."""
        best: dict[tuple[str, str, bool], Finding] = {}
        for each in (finding for suite in self.suites for finding in suite.findings):
            key = (each.event.kind, each.event.title, each.predicted)
            known = best.get(key)
            if known is None or len(each.inputs) < len(known.inputs):
                best[key] = each
        return tuple(sorted(best.values(), key=lambda each: len(each.inputs)))

    @property
    def clean(self) -> bool:
        """Agrees, and the kernel complained of nothing the model does not predict."""
        return self.agrees and all(each.predicted for each in self.findings)


def standard_suites(
    model: Model,
    others: Sequence[Model] = (),
    *,
    extra: int = 0,
    seed: int = 1,
    walks: int = 100,
    progress: Progress = SILENT,
) -> tuple[Suite, ...]:
    """Scenarios, the complete suite of the small world, what tells ``others`` apart, walks.

    The complete suite for ``extra`` states more comes last, after that for none, which is short and
    finds nearly everything. A model that has the memslot flag KVM_MEM_USERFAULT gets its inputs,
    too; one that is about write() gets those that write, or can read, a part of a page.
    """
    userfault = "KVM_MEM_USERFAULT" in model.hooks
    partly = bool(model.hooks & {"write", "write_iter"})
    small, large = (
        replace(world, userfault=userfault, short_writes=partly) for world in (SMALL, LARGE)
    )
    made = [scenarios(model, large), complete(model, small, 0, progress)]
    made += [suite for suite in (stopped_writes(model, large),) if suite.cases]
    against = (distinguishing(model, compare(model, other, large)) for other in others)
    made += [suite for suite in against if suite.cases]
    if walks:
        made.append(random_walks(model, large, seed, walks))
    if extra:
        made.append(complete(model, small, extra, progress))
    return tuple(made)


def hold(
    kernel: Kernel,
    model: Model,
    suites: Sequence[Suite],
    *,
    revision: str,
    origin: str,
    base: str,
    vm_flags: int | None = 0,
    trusted: bool = False,
    guests: int = 2,
    again: bool = False,
    onlooker: Onlooker = NOBODY,
    progress: Progress = SILENT,
) -> Verdict:
    """Hold ``kernel`` against ``model`` with ``suites``, or recall what came of it.

    The result of each suite is filed, as soon as those it runs together with are through, under
    all it depends on: the kernel, every sequence with the answers expected, and the driver's own
    source. So a change to a model runs only the suites in which it answers otherwise, of whatever
    revision. ``again`` runs all of them. ``trusted``: the kernel is ours and may run where there is
    no sandbox. Raises GuestFailed where it does not come up, Cancelled where the ``onlooker``
    called it off.
    """
    import time

    import msgspec

    common: tuple[str | bytes, ...] = (_RULES, kernel.key, str(vm_flags), *driver_sources())
    keys = [cache.digest(*common, *_suite_text(suite)) for suite in suites]
    found = [None if again else _recall(key) for key in keys]
    missing = [number for number, recalled in enumerate(found) if recalled is None]
    for numbers in _in_turn(suites, missing):
        if any(each is not None and not each.agrees for each in found):
            for number in numbers:
                found[number] = not_run(suites[number])
            continue
        began = time.monotonic()
        stop = onlooker.stop or threading.Event()
        with ThreadPoolExecutor(guests) as executor:
            guest = kernel_guest(kernel.path, trusted=trusted, listen=onlooker.line, stop=stop)
            bench = Bench(guest, vm_flags, executor, guests, onlooker.case)
            try:
                results = run_suites(bench, model, [suites[number] for number in numbers], progress)
            except KeyboardInterrupt:
                stop.set()  # or the executor waits for all the guests have to do
                raise
        # What booting took belongs to the suites as their work does.
        factor = (time.monotonic() - began) / (sum(one.seconds for one in results) or 1.0)
        for number, result in zip(numbers, results, strict=True):
            found[number] = replace(result, seconds=round(result.seconds * factor, 3))
            cache.file_json("verdicts", keys[number], msgspec.to_builtins(found[number]))
    results = tuple(each for each in found if each is not None)
    return Verdict(
        revision,
        model.name,
        origin,
        base,
        kernel.key[:16],
        kernel.profile,
        True,
        True,
        results,
        round(sum(each.seconds for each in results), 2),
        kernel.seconds,
        not missing,
    )


def _recall(key: str) -> SuiteResult | None:
    import msgspec

    filed = cache.recall_json("verdicts", key)
    return None if filed is None else msgspec.convert(filed, SuiteResult)


def _in_turn(suites: Sequence[Suite], numbers: Sequence[int]) -> Iterator[list[int]]:
    """What runs together, and what only after it."""
    for last in (False, True):
        if now := [number for number in numbers if suites[number].last == last]:
            yield now


def _suite_text(suite: Suite) -> Iterator[str]:
    yield f"{suite.name} {suite.claim} {suite.world} {suite.left_out}"
    told = numbered((case.inputs, case.expected, case.leaks) for case in suite.cases)
    yield from ("\n".join(lines) for lines in told.values())
    yield "\n".join(case.reason for case in suite.cases)


def driver_sources() -> Iterable[bytes]:
    """All that decides how a kernel's answers are had and told."""
    ours = Path(__file__).parent
    names = ("agent", "conformance", "difference", "explanation", "guests", "quick", "shrink")
    yield from (Path(ours / f"{name}.py").read_bytes() for name in names)
    yield from (Path(events.__file__).read_bytes(), Path(symbols.__file__).read_bytes())
    guest = paths.reference_impl() / "refmodel" / "guest"
    yield from (path.read_bytes() for path in sorted(guest.glob("*.py")))


def document(verdict: Verdict) -> dict[str, Any]:
    """The JSON of ``reviewtool test``."""
    return {
        "revision": verdict.revision,
        "model": verdict.model,
        "origin": verdict.origin,
        "base": verdict.base,
        "applied": verdict.applied,
        "kernel": verdict.kernel,
        "profile": verdict.profile,
        "built": verdict.built,
        "booted": verdict.booted,
        "agrees": verdict.agrees,
        "clean": verdict.clean,
        "states": verdict.states,
        "cases": verdict.cases,
        "steps": verdict.steps,
        "seconds": verdict.seconds,
        "build_seconds": verdict.build_seconds,
        "remembered": verdict.remembered,
        "suites": [
            {
                "name": each.name,
                "claim": each.claim,
                "cases": each.cases,
                "passed": each.passed,
                "steps": each.steps,
                "seconds": each.seconds,
                "deaths": each.deaths,
                "left_out": list(each.left_out),
            }
            for each in verdict.suites
        ],
        "disagreements": [_disagreement(each) for each in verdict.disagreements],
        "findings": [_finding(each) for each in verdict.findings],
    }


def _disagreement(each: Disagreement) -> dict[str, Any]:
    return {
        "inputs": list(each.inputs),
        "model": list(each.model),
        "kernel": list(each.kernel),
        "reason": each.reason,
        "cases": each.cases,
        "reproduced": each.reproduced,
        "event": None if each.event is None else each.event.title,
        "frames": [] if each.event is None else list(each.event.frames),
        "decided": None if each.decided is None else _decided(each.decided),
    }


def _decided(each: Decided) -> dict[str, Any]:
    return {
        "patch": each.patch,
        "subject": each.subject,
        "prerequisite": each.prerequisite,
        "path": each.path,
        "function": each.function,
        "lines": list(each.lines),
    }


def _finding(each: Finding) -> dict[str, Any]:
    return {
        "kind": each.event.kind,
        "title": each.event.title,
        "frames": list(each.event.frames),
        "inputs": list(each.inputs),
        "predicted": each.predicted,
        "cases": each.cases,
    }
