# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel held against a model: the same sequences on both, compared step by step."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Literal

from refmodel.model import Model
from refmodel.vocabulary import spell
from refmodel.world import World
from reviewtool.behaviour.difference import Kind, first_difference, without_step
from reviewtool.behaviour.explanation import Disagreement, Retry, Shown, explain
from reviewtool.behaviour.guests import (
    Numbered,
    Recording,
    RunGuest,
    Settings,
    Trace,
    Word,
)
from reviewtool.behaviour.quick import record_expected
from reviewtool.behaviour.stopped import predict, stops
from reviewtool.behaviour.suites import Case, Suite
from reviewtool.kernel.events import KernelEvent
from reviewtool.progress import SILENT, Progress, Task

Outcome = Literal["agrees", "differs", "not run"]

_DEATHS = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """A complaint of the kernel, with the first sequence that drew it, up to the step it came at.

    ``predicted``: the model says that the kernel does not survive this step, or, of a leak, that
    memory is lost by then.
    """

    event: KernelEvent
    inputs: tuple[str, ...]
    predicted: bool
    cases: int = 1


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of one sequence, or of ``count`` that begin with ``inputs``."""

    inputs: str
    reason: str
    outcome: Outcome
    count: int = 1


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """What came of a suite.

    ``seconds`` are those of the guests' work, booting excluded. ``deaths`` counts the guests that
    ended over a case, as predicted or not. ``left_out`` says in words what did not run, and why.
    ``states``: as :class:`~reviewtool.behaviour.suites.Suite` has them.
    """

    name: str
    claim: str
    results: tuple[CaseResult, ...]
    steps: int
    seconds: float
    disagreements: tuple[Disagreement, ...] = ()
    findings: tuple[Finding, ...] = ()
    deaths: int = 0
    left_out: tuple[str, ...] = ()
    states: int = 0

    @property
    def cases(self) -> int:
        """How many sequences there were to run."""
        return sum(each.count for each in self.results)

    @property
    def passed(self) -> int:
        """How many went as the model says."""
        return sum(each.count for each in self.results if each.outcome == "agrees")

    @property
    def agrees(self) -> bool:
        """Whether every case ran and went as the model says."""
        return self.passed == self.cases


@dataclass(frozen=True, slots=True)
class Bench:
    """How guests come about: ``run`` boots one, ``guests`` at a time if there is an executor.

    ``on_case`` hears of each case as it is through whether it went as the model says, in the
    thread of its guest; a case that differs is looked at again before the verdict.
    """

    run: RunGuest
    vm_flags: int | None = 0
    executor: Executor | None = None
    guests: int = 1
    on_case: Callable[[Suite, Case, bool], None] | None = None


def run_suite(bench: Bench, model: Model, suite: Suite) -> SuiteResult:
    """One suite in guests of its own; see :func:`run_suites`."""
    return run_suites(bench, model, [suite])[0]


def run_suites(
    bench: Bench, model: Model, suites: Sequence[Suite], progress: Progress = SILENT
) -> tuple[SuiteResult, ...]:
    """Hold a kernel against ``model`` with all of ``suites``.

    Suites whose worlds have the same shape share a guest. A case that the model expects to end in
    an oops runs in a guest of its own. Raises GuestFailed where the kernel does not come up.
    """
    recordings: dict[int, Recording] = {}
    total = sum(len(suite.cases) for suite in suites)
    with progress.task(f"holding {model.name} against the kernel", total) as task:
        shapes = dict.fromkeys(Settings.of(suite.world, bench.vm_flags) for suite in suites)
        for shape in shapes:
            members = [
                index
                for index, suite in enumerate(suites)
                if Settings.of(suite.world, bench.vm_flags) == shape
            ]
            done = sum(len(each.traces) + len(each.agreed) for each in recordings.values())
            recordings |= _record_together(
                bench,
                model,
                shape,
                {index: suites[index] for index in members},
                partial(_update, task, done),
            )
    known: dict[Kind, Disagreement] = {}
    return tuple(
        _judge(bench, model, suite, recordings[index], known) for index, suite in enumerate(suites)
    )


def not_run(suite: Suite) -> SuiteResult:
    """A suite left alone, because the kernel is known not to be as the model."""
    left_out = "all of it: the kernel was seen to differ before"
    results = _counted((case, "not run") for case in suite.cases)
    return SuiteResult(
        suite.name, suite.claim, results, 0, 0.0, left_out=(left_out,), states=suite.states
    )


def _update(task: Task, before: int, count: int) -> None:
    task.update(before + count)


def _record_together(
    bench: Bench,
    model: Model,
    shape: Settings,
    suites: dict[int, Suite],
    on_count: Callable[[int], None],
) -> dict[int, Recording]:
    """Run suites of one shape; their recordings by suite, numbered as the suites' cases are."""
    places = [(index, n) for index, suite in suites.items() for n in range(len(suite.cases))]
    cases = [suites[index].cases[n] for index, n in places]
    every = [(number, case.inputs, case.expected, case.leaks) for number, case in enumerate(cases)]
    safe = [each for each in every if not cases[each[0]].lethal]
    batches = [batch for lane in range(bench.guests) if (batch := safe[lane :: bench.guests])]
    deadly: dict[Word, list[int]] = {}
    for number, case in enumerate(cases):
        if case.lethal:
            deadly.setdefault(case.inputs, []).append(number)
    batches += [[every[same[0]]] for same in deadly.values()]
    world = next(iter(suites.values())).world
    counts = _Counts(on_count)

    def through(number: int, trace: Trace | None) -> None:
        if bench.on_case is not None:
            case = cases[number]
            agrees = trace is None or first_difference(case.expected, trace) is None
            for same in deadly.get(case.inputs, [number]):
                bench.on_case(suites[places[same][0]], cases[same], agrees)

    def run(lane: int) -> Recording:
        after_death = _after_death(model, world)
        return record_expected(
            bench.run, shape, batches[lane], after_death, counts.lane(lane), through
        )

    lanes = range(len(batches))
    whole = list(bench.executor.map(run, lanes)) if bench.executor else [run(n) for n in lanes]
    recordings = {index: Recording() for index in suites}
    for recording in whole:
        # Suites may ask for one crash: a kernel dies of it once, for all of them.
        for first, *others in deadly.values():
            if first in recording.traces:
                recording.traces |= dict.fromkeys(others, recording.traces[first])
        for number, trace in recording.traces.items():
            index, n = places[number]
            recordings[index].traces[n] = trace
        for number, seconds in recording.agreed.items():
            index, n = places[number]
            recordings[index].agreed[n] = seconds
        for number in recording.left_out:
            index, n = places[number]
            recordings[index].left_out.append(n)
    return recordings


def _after_death(
    model: Model, world: World
) -> Callable[[Trace, Sequence[Numbered]], Sequence[Numbered]]:
    """Do not let one deadly step end guest after guest, nor many of them forever."""
    deaths = 0

    def choose(killer: Trace, rest: Sequence[Numbered]) -> Sequence[Numbered]:
        nonlocal deaths
        deaths += 1
        return without_step(model, world, killer, rest) if deaths < _DEATHS else ()

    return choose


class _Counts:
    """The sum of what several lanes have done."""

    def __init__(self, on_count: Callable[[int], None]) -> None:
        self._on_count = on_count
        self._done: dict[int, int] = {}
        self._lock = threading.Lock()

    def lane(self, number: int) -> Callable[[int], None]:
        def report(done: int) -> None:
            with self._lock:
                if self._done.get(number) != done:
                    self._done[number] = done
                    self._on_count(sum(self._done.values()))

        return report


def _judge(
    bench: Bench,
    model: Model,
    suite: Suite,
    recording: Recording,
    known: dict[Kind, Disagreement],
) -> SuiteResult:
    retry = Retry(bench.run, Settings.of(suite.world, bench.vm_flags))
    outcomes: list[tuple[Case, Outcome]] = []
    differing: dict[Kind, list[Shown]] = {}
    steps = 0
    for number, case in enumerate(suite.cases):
        trace = recording.traces.get(number)
        outcome: Outcome = "agrees" if trace or number in recording.agreed else "not run"
        steps += len(trace.observations if trace else case.inputs if outcome == "agrees" else ())
        if trace and (found := first_difference(case.expected, trace)):
            outcome = "differs"
            differing.setdefault(found.kind, []).append((found, trace, case))
        outcomes.append((case, outcome))
    traces = recording.traces.values()
    left_out = [suite.left_out] if suite.left_out else []
    if recording.left_out:
        left_out.append(
            f"{len(recording.left_out)} cases that take a step which ended a guest before, "
            f"or came after {_DEATHS} guests had died: nothing is said of them"
        )
    return SuiteResult(
        suite.name,
        suite.claim,
        _counted(outcomes),
        steps,
        round(sum(trace.seconds for trace in traces) + sum(recording.agreed.values()), 3),
        explain(retry, model, suite.world, differing, known),
        _findings(model, suite, recording),
        sum(trace.died for trace in traces),
        tuple(left_out),
        suite.states,
    )


def _counted(outcomes: Iterable[tuple[Case, Outcome]]) -> tuple[CaseResult, ...]:
    """One by one, or as many as have a part of their suite in common at a time."""
    results = []
    together: Counter[tuple[Word, str, Outcome]] = Counter()
    for case, outcome in outcomes:
        if case.part is None:
            results.append(CaseResult(spell(case.inputs), case.reason, outcome))
        else:
            together[case.part, case.reason, outcome] += 1
    results += [
        CaseResult(spell(part), reason, outcome, count)
        for (part, reason, outcome), count in together.items()
    ]
    return tuple(results)


def _leaks(model: Model, world: World, word: Word) -> bool:
    """Whether the model says that a folio's reference is lost in the course of the sequence."""
    state = model.initial(world)
    if stops(word):
        states = [after for _, after in predict(model, world, word) if after is not None]
        return any(after.leaked for after in states)
    for each in word:
        state, _ = model.step(state, each)
    return state.leaked


def _findings(model: Model, suite: Suite, recording: Recording) -> tuple[Finding, ...]:
    drawn: dict[tuple[str, str, bool], list[tuple[tuple[str, ...], KernelEvent]]] = {}
    for number, trace in sorted(recording.traces.items()):
        expected = [str(each) for each in suite.cases[number].expected]
        for step, event in trace.events:
            if event.kind == "leak":
                # Nothing is known of a state in which a write() is stopped.
                lost = trace.inputs if stops(trace.inputs) else trace.inputs[: step + 1]
                predicted = _leaks(model, suite.world, lost)
            else:
                predicted = step < len(expected) and expected[step] == "oops"
            inputs = tuple(str(each) for each in trace.inputs[: step + 1])
            drawn.setdefault((event.kind, event.title, predicted), []).append((inputs, event))
    found = []
    for (_, _, predicted), group in drawn.items():
        inputs, event = min(group, key=lambda one: len(one[0]))
        found.append(Finding(event, inputs, predicted, len(group)))
    return tuple(found)
