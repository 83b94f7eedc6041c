# SPDX-License-Identifier: GPL-2.0-or-later
"""Race search: every interleaving of two operations' micro-steps.

Operations may be interrupted where a model says so (:meth:`preempt`) and wherever they take
a lock.  After each schedule its outcome is compared with those of running the operations one after
the other, in either order; an outcome neither gives, a half-filled page seen or left behind, a
deadlock or an oops is a finding, with the schedule as its trace.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations

from refmodel.inputs import perform
from refmodel.kvm import GuestMemfd
from refmodel.model import Revision, conflicting
from refmodel.vocabulary import Input, parse, spell
from refmodel.world import Oops, State, World
from reviewtool.behaviour.patched import patch
from reviewtool.progress import SILENT, Progress

SETUPS = ("", "fallocate p0", "pwrite p0 A", "pwrite p0 A; read u0 p0")
"""What happened before, after registration in each mode and in none."""

OPERATIONS = (
    "read u0 p0; read u0 p0",
    "write u0 p0 C",
    "pwrite p0 B",
    "pwrite p0 D",
    "copy p0 B",
    "continue p0",
    "vcpu-read p0",
    "punch p0",
    "fallocate p0",
)
"""What runs together, in pairs; one of them may be several inputs of one thread."""

USERFAULT_SETUPS = ("pwrite p0 A; userfault on; bitmap set p0",)
USERFAULT_OPERATIONS = ("write u0 p0 B @alias; bitmap clear p0", "vcpu-read p0", "punch p0")
"""The same for a kernel with KVM_MEM_USERFAULT: a page is filled, then its bit cleared."""

REGISTRATIONS = ("", "register missing", "register minor", "register missing+minor")

_USER = frozenset({"read", "write"})


Operations = tuple[tuple[Input, ...], ...]
_Results = tuple[tuple[str, ...], ...]
_Outcome = tuple[_Results, str]


class _Stop(BaseException):
    """Unwinds an actor of a schedule that is given up."""


@dataclass(frozen=True, slots=True)
class Race:
    """One kind of finding: after ``setup``, ``operations`` run together as ``schedule`` says.

    ``schedule`` lists (operation, what it had done when it was interrupted or ended); ``results``
    are the operations' results, in order.
    """

    finding: str
    setup: tuple[Input, ...]
    operations: tuple[tuple[Input, ...], ...]
    schedule: tuple[tuple[str, str], ...]
    results: tuple[tuple[str, ...], ...]
    left: str
    """The page's content afterwards."""

    def __str__(self) -> str:
        steps = "; ".join(f"[{who}] {what}" for who, what in self.schedule)
        return f"{self.finding}: {spell(self.setup)} | {steps}"


@dataclass(frozen=True, slots=True)
class RaceSearch:
    """What was searched and found.  ``partial``: interrupted before the end."""

    model: str
    pairs: int
    schedules: int
    races: tuple[Race, ...]
    partial: bool
    seconds: float


class Actor:
    """One operation in a thread of its own, running only while it has the baton."""

    def __init__(self, run: "Run", inputs: tuple[Input, ...]) -> None:
        self.run = run
        self.inputs = inputs
        self.now = ""
        self.go = threading.Semaphore(0)
        self.done = False
        self.results: list[str] = []
        self.oops = ""
        self.error: Exception | None = None
        self.waits: Callable[[], bool] | None = None
        self.waits_for = ""
        self.thread = threading.Thread(target=self._main, daemon=True)

    def _main(self) -> None:
        self.go.acquire()
        try:
            for each in self.inputs:
                if self.run.stopped:
                    break
                self.now = str(each)
                self.results.append(perform(self.run.kernel, each))
                if each is not self.inputs[-1]:
                    self.yield_at(self.results[-1])
        except Oops as oops:
            self.oops = str(oops)
        except _Stop:
            pass
        except Exception as error:  # noqa: BLE001 - raised again by Run.play(), in its thread
            self.error = error
        self.done = True
        self.run.note(self, self.oops or (self.results[-1] if self.results else ""))
        self.run.baton.release()

    def yield_at(self, point: str) -> None:
        self.run.note(self, point)
        self.run.baton.release()
        self.go.acquire()
        if self.run.stopped:
            raise _Stop

    def turn(self) -> None:
        """Let it run to the next point at which another one might."""
        self.run.current = self
        self.go.release()
        self.run.baton.acquire()

    @property
    def runnable(self) -> bool:
        return not self.done and (self.waits is None or self.waits())


class Run:
    """One schedule: the choices to make, and those that were made."""

    def __init__(self, kernel: type[GuestMemfd], state: State, operations: Operations) -> None:
        self.kernel = patch(
            kernel, _preempt, _wait_until, preempt=_preempt, wait_until=_wait_until
        )(state)
        vars(self.kernel)["race"] = self
        self.baton = threading.Semaphore(0)
        self.stopped = False
        self.trace: list[tuple[str, str]] = []
        self.actors = [Actor(self, each) for each in operations]
        self.current = self.actors[0]
        self.deadlock = ""

    def note(self, actor: Actor, point: str) -> None:
        if not self.stopped:
            self.trace.append((actor.now, point))

    def play(self, choices: list[int]) -> list[int]:
        """Follow ``choices``, then always the first; returns how many could run at each point."""
        widths: list[int] = []
        for actor in self.actors:
            actor.thread.start()
        while any(not actor.done for actor in self.actors):
            ready = [actor for actor in self.actors if actor.runnable]
            if not ready:
                self.deadlock = " and ".join(
                    f"{actor.now} waits for {actor.waits_for}"
                    for actor in self.actors
                    if not actor.done
                )
                break
            # A thread that may go on does, unless the choice says otherwise.
            if self.current in ready:
                ready.sort(key=lambda actor: actor is not self.current)
            at = len(widths)
            choice = choices[at] if at < len(choices) else 0
            widths.append(len(ready))
            ready[choice].turn()
            if any(actor.oops or actor.error for actor in self.actors):
                break
        self.end()
        for actor in self.actors:
            if actor.error is not None:
                raise actor.error
        return widths

    def end(self) -> None:
        """Unwind whoever is not done."""
        self.stopped = True
        for actor in self.actors:
            while not actor.done:
                actor.go.release()
                self.baton.acquire()
            actor.thread.join()


def _preempt(k: GuestMemfd, point: str) -> None:
    run: Run = vars(k)["race"]
    run.current.yield_at(point)


def _wait_until(k: GuestMemfd, free: Callable[[], bool], what: str) -> None:
    run: Run = vars(k)["race"]
    actor = run.current
    actor.waits, actor.waits_for = free, what
    actor.yield_at(f"about to take {what}")
    actor.waits = None


def races(
    model: Revision,
    progress: Progress = SILENT,
    *,
    preemptions: int = 2,
    operations: tuple[str, ...] = OPERATIONS,
    setups: tuple[str, ...] = SETUPS,
) -> RaceSearch:
    """Search every pair of ``operations`` after every setup, up to ``preemptions`` forced switches.

    Ctrl-C ends the search with what was found by then, marked as partial.
    """
    started = time.perf_counter()
    found: dict[tuple[str, ...], Race] = {}
    pairs = played = 0
    partial = False
    with progress.task(f"searching races of {model.name}") as task:
        try:
            for state, setup in _starts(model, (*setups, *USERFAULT_SETUPS)):
                for together in _pairs(USERFAULT_OPERATIONS if state.userfault else operations):
                    pairs += 1
                    serial = _serial(model, state, together)
                    for run in _bounded(model.kernel, state, together, preemptions):
                        played += 1
                        race = _judge(run, setup, together, serial)
                        if race is not None:
                            found.setdefault(_kind(race), race)
                task.update(pairs, f"{len(found)} findings")
        except KeyboardInterrupt:
            partial = True
    return RaceSearch(
        model.name, pairs, played, tuple(found.values()), partial, time.perf_counter() - started
    )


def _kind(race: Race) -> tuple[str, ...]:
    ops = (each[0].op for each in race.operations)
    return (
        race.finding.partition(":")[0],
        *("access" if op in _USER else op for op in ops),
    )


def _bounded(
    kernel: type[GuestMemfd], state: State, operations: Operations, preemptions: int
) -> Iterator[Run]:
    """Schedules with few forced switches first; who starts is free."""
    pending: list[list[int]] = [[]]
    for choices in pending:
        run = Run(kernel, state, operations)
        widths = run.play(choices)
        yield run
        if sum(each > 0 for each in choices[1:]) < preemptions:
            pending += [
                [*choices, *([0] * (at - len(choices))), other]
                for at in range(len(choices), len(widths))
                for other in range(1, widths[at])
            ]


def _starts(model: Revision, setups: tuple[str, ...]) -> Iterator[tuple[State, tuple[Input, ...]]]:
    world = World(values=("A", "B", "C", "D"))
    seen: set[State] = set()
    for registration in REGISTRATIONS:
        for before in setups:
            setup = parse("; ".join(part for part in (before, registration) if part))
            state = model.initial(world)
            for each in setup:
                state, _ = model.step(state, each)
            refused = "userfault on" in before and not state.userfault
            if state not in seen and not (refused or state.dead or any(state.threads)):
                seen.add(state)
                yield state, setup


def _pairs(operations: tuple[str, ...]) -> Iterator[Operations]:
    inputs = [parse(each) for each in operations]
    for index, first in enumerate(inputs):
        for second in inputs[index + 1 :]:
            if first[0].thread is None or first[0].thread != second[0].thread:
                yield (first, second)


def _serial(model: Revision, state: State, operations: Operations) -> set[_Outcome] | None:
    """Results and content left by running input after input; None where an order is fatal."""
    outcomes: set[_Outcome] = set()
    turns = [number for number, inputs in enumerate(operations) for _ in inputs]
    for order in set(permutations(turns)):
        results: list[tuple[str, ...]] = [() for _ in operations]
        now = state
        for number in order:
            now, seen = model.step(now, operations[number][len(results[number])])
            results[number] = (*results[number], seen.result)
        if now.dead or conflicting(now):
            return None
        outcomes.add((tuple(results), now.pages[0].content))
    return outcomes


def _judge(
    run: Run, setup: tuple[Input, ...], operations: Operations, serial: set[_Outcome] | None
) -> Race | None:
    results = tuple(tuple(actor.results) for actor in run.actors)
    folio = run.kernel.page_cache[0]
    left = "" if folio is None else folio.content
    finding = _finding(run, results, left, serial)
    if finding is None:
        return None
    told = "half a page" if "/" in left else left or "absent"
    return Race(finding, setup, operations, tuple(run.trace), results, told)


def _finding(run: Run, results: _Results, left: str, serial: set[_Outcome] | None) -> str | None:
    if run.deadlock:
        return f"deadlock: {run.deadlock}"
    oopses = [actor.oops for actor in run.actors if actor.oops]
    if oopses:
        return None if serial is None else f"kernel crash: {oopses[0]}"
    answers = [answer for each in results for answer in each]
    if "value mixed" in answers:
        return "half a page is seen"
    if "/" in left:
        return "half of what was written is lost, though write() succeeded"
    if serial is None or (results, left) in serial:
        return None
    if any(each.op == "bitmap" for actor in run.actors for each in actor.inputs):
        return "a stale page is read through a cleared bit"
    if any(each[0].op == "pwrite" for each in (actor.inputs for actor in run.actors)):
        if left == "zero":
            return "what was written is lost, though write() succeeded"
        if "value zero" in answers:
            return "the page is seen before write() has filled it"
    return "an outcome that no order of the operations gives"
