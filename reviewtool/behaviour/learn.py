# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel's machine, inferred from its answers alone: no model is asked.

AALpy's KV algorithm asks the questions; a complete suite (HSI) of each hypothesis, run in the
guests, looks for what contradicts it. Every answer is kept, so nothing is asked twice, and two
different answers to one sequence end the learning.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from refmodel.model import alphabet
from refmodel.vocabulary import Input, Observation, parse_observation
from refmodel.vocabulary import format as spell
from refmodel.world import World
from reviewtool.behaviour.conversation import Conversation
from reviewtool.behaviour.equivalence import WITHHELD
from reviewtool.behaviour.explore import Machine, Transition
from reviewtool.behaviour.guests import RunGuest, Settings, Trace, Word
from reviewtool.behaviour.identify import FATAL, GONE, complete_words, fatal, maximal
from reviewtool.behaviour.minimal import Minimal, minimise
from reviewtool.behaviour.quick import MANY, record_expected
from reviewtool.errors import RequestError
from reviewtool.progress import SILENT, Progress, Task

_PORTION, _BULK = 400, 4000
_FEW = 16
"""States up to which a hypothesis is tried for one state more in any case."""
_DEAD = Observation(GONE)
_THREADS = {"kvm-read": "k", "vcpu-read": "v", "vcpu-write": "v"}


class Unsteady(RequestError):  # noqa: N818 - as RequestError's other kinds
    """A kernel that answers one sequence in two ways: it is no finite machine of this world."""


@dataclass(frozen=True, slots=True)
class Learned:
    """The machine a kernel was found to be in ``world``, minimal.

    It is the kernel's if that has at most ``extra`` states more, and if a step that killed it
    would do so wherever the machine says it is in the same state: ``left_out`` counts sequences
    that were not run for that reason. An input is left out of a row where it would let threads
    wait whose order of running, once woken, decides what is read.
    """

    world: World
    inputs: tuple[Input, ...]
    rows: tuple[dict[Input, tuple[int, Observation]], ...]
    extra: int
    hypotheses: int
    sequences: int
    steps: int
    guests: int
    deaths: int
    left_out: int
    seconds: float

    @property
    def states(self) -> int:
        """States in which there is a kernel."""
        return sum(any(seen != _DEAD for _, seen in row.values()) or not row for row in self.rows)


@dataclass(slots=True)
class _Node:
    """What was answered after one beginning. ``onward`` is None where nothing comes after."""

    seen: Observation
    onward: "dict[Input, _Node] | None" = field(default_factory=dict)


class Memory:
    """Every answer of a kernel, and the guests that give more."""

    def __init__(
        self, lines: Sequence[Conversation], task: Task, bulk: RunGuest | None, settings: Settings
    ) -> None:
        self._lines = lines
        self._task = task
        self.bulk = bulk
        self._settings = settings
        self.known: dict[Input, _Node] = {}
        self.sequences = self.steps = self.guests = self.deaths = 0
        self.note = ""

    def answers(self, word: Word) -> list[Observation] | None:
        """What is known of ``word``; None where it has to be asked."""
        here: dict[Input, _Node] | None = self.known
        seen: list[Observation] = []
        for each in word:
            if here is None:
                seen.append(WITHHELD if seen[-1] == WITHHELD else _DEAD)
                continue
            node = here.get(each)
            if node is None:
                return None
            seen.append(node.seen)
            here = node.onward
        return seen

    def ask(self, word: Word) -> list[Observation]:
        """What the kernel answers to ``word``."""
        known = self.answers(word)
        if known is None:
            for trace in self._lines[0].ask([word]):
                self._keep(trace)
            known = self.answers(word)
            assert known is not None  # noqa: S101 - it has just been kept
        return known

    def ask_all(self, words: Iterable[Word]) -> None:
        """Ask what is not known of ``words``, spread over all guests."""
        missing = [word for word in words if self.answers(word) is None]
        count = len(self._lines)
        with ThreadPoolExecutor(count) as executor:
            lanes = executor.map(
                lambda lane: list(self._lines[lane].ask(missing[lane::count])), range(count)
            )
            for traces in lanes:
                for trace in traces:
                    self._keep(trace)

    def ask_expecting(self, cases: Sequence[tuple[Word, tuple[Observation, ...]]]) -> None:
        """The same, of many of which nearly all will answer as expected: the guests compare."""
        bulk = self.bulk
        if bulk is None or len(cases) < MANY:
            self.ask_all(word for word, _ in cases)
            return
        self.ask_all(word for word, expected in cases if any(map(fatal, expected)))
        missing = [
            (number, word, expected)
            for number, (word, expected) in enumerate(cases)
            if self.answers(word) is None
        ]
        count = len(self._lines)
        with ThreadPoolExecutor(count) as executor:
            for recording in executor.map(
                lambda lane: record_expected(bulk, self._settings, missing[lane::count]),
                range(count),
            ):
                self.guests += recording.guests
                for trace in recording.traces.values():
                    self.deaths += trace.died
                    self._keep(trace)

    def _keep(self, trace: Trace) -> None:
        self.sequences += 1
        self.steps += len(trace.observations)
        self._task.update(self.sequences, self.note)
        if trace.console:
            trace.console.unlink(missing_ok=True)  # deaths are answers here, and many
        if len(trace.observations) > len(trace.inputs):
            raise Unsteady(
                f"the guest does not outlive closing its files ({trace.observations[-1]})",
                spell(trace.inputs),
                "nothing can be learned beyond it",
            )
        here: dict[Input, _Node] | None = self.known
        for number, (each, seen) in enumerate(zip(trace.inputs, _told(trace), strict=False)):
            assert here is not None  # noqa: S101 - nothing is told after an end
            node = here.get(each)
            if node is None:
                node = here[each] = _Node(seen)
                if seen.result in FATAL or seen == WITHHELD:
                    node.onward = None
            elif node.seen != seen:
                raise Unsteady(
                    f"the kernel answers {str(node.seen)!r} and, another time, {str(seen)!r}",
                    spell(trace.inputs[: number + 1]),
                    "it does not behave alike every time",
                )
            here = node.onward


def _told(trace: Trace) -> Iterator[Observation]:
    """The answers, up to the first input that leaves it open who will run first."""
    waiting: dict[str, tuple[int | None, str | None]] = {}
    for each, text in zip(trace.inputs, trace.observations, strict=False):
        seen = parse_observation(text)
        for effect in seen.effects:
            if effect.startswith("resumed "):
                waiting.pop(effect.split()[1], None)
        if seen.result == "blocked":
            waiting[_THREADS.get(each.op) or f"u{each.thread}"] = (each.page, each.value)
        if _conflicting(list(waiting.values())):
            yield WITHHELD
            return
        yield seen


def _conflicting(waiting: Sequence[tuple[int | None, str | None]]) -> bool:
    return any(
        page == other_page and value != other
        for at, (page, value) in enumerate(waiting)
        for other_page, other in waiting[at + 1 :]
    )


def learn(
    converse: Callable[[], Conversation],
    world: World,
    *,
    inputs: tuple[Input, ...] = (),
    extra: int = 1,
    guests: int = 2,
    bulk: RunGuest | None = None,
    progress: Progress = SILENT,
) -> Learned:
    """The machine of the kernel whose guests ``converse`` talks to, over ``inputs``: all that there
    are in ``world``, unless some are named.

    Raises Unsteady where it is none, GuestFailed where no guest comes up.
    """
    from aalpy.base import SUL, Oracle
    from aalpy.learning_algs import run_KV

    class System(SUL):  # type: ignore[misc] # AALpy is not typed
        def pre(self) -> None:
            self.word: Word = ()

        def post(self) -> None:
            """Nothing: each sequence is run in a world of its own."""

        def step(self, letter: Input) -> Observation:
            self.word = (*self.word, letter)
            return memory.ask(self.word)[-1]

        def query(self, word: Word) -> list[Observation]:
            return memory.ask(tuple(word))

    class Contradiction(Oracle):  # type: ignore[misc] # AALpy is not typed
        def find_cex(self, hypothesis: Any) -> Word | None:
            return search.contradiction(_rows(hypothesis, inputs))

    began = time.monotonic()
    inputs = inputs or alphabet(world)
    lines = [converse() for _ in range(guests)]
    try:
        with progress.task("learning from the kernel") as task:
            memory = Memory(lines, task, bulk, Settings.of(world))
            search = _Search(memory, world, inputs, extra)
            system = System()
            machine = run_KV(
                list(inputs),
                system,
                Contradiction(list(inputs), system),
                "mealy",
                cache_and_non_det_check=False,
                print_level=0,
            )
    finally:
        for line in lines:
            line.close()
    return Learned(
        world,
        inputs,
        tuple(
            {each: (step.target, step.observation) for each, step in row.items()}
            for row in _rows(machine, inputs)
        ),
        extra,
        search.hypotheses,
        memory.sequences,
        memory.steps,
        memory.guests + sum(line.guests for line in lines),
        memory.deaths + sum(line.deaths for line in lines),
        search.left_out,
        time.monotonic() - began,
    )


_Table = tuple[dict[Input, Transition], ...]


def _rows(machine: Any, inputs: Sequence[Input]) -> _Table:
    """AALpy's machine without what must not be asked, its reachable states numbered from 0."""
    number = {machine.initial_state: 0}
    order = [machine.initial_state]
    rows = []
    for state in order:
        row = {}
        for each in inputs:
            seen = state.output_fun[each]
            if seen == WITHHELD:
                continue
            target = state.transitions[each]
            if target not in number:
                number[target] = len(order)
                order.append(target)
            row[each] = Transition(number[target], seen)
        rows.append(row)
    return tuple(rows)


class _Search:
    """Looks for what contradicts a hypothesis: first in what is known, then in the guests."""

    def __init__(self, memory: Memory, world: World, inputs: tuple[Input, ...], extra: int) -> None:
        self._memory = memory
        self._world = world
        self._inputs = inputs
        self._extra = extra
        self.hypotheses = 0
        self.left_out = 0

    def contradiction(self, rows: _Table) -> Word | None:
        """A sequence ``rows`` has the wrong answer to; None if the suite found none."""
        self.hypotheses += 1
        self._memory.note = f"{len(rows)} states"
        found = self._remembered(rows)
        if found:
            return found
        minimal = minimise(Machine("", self._world, self._inputs, (), rows, False, 0.0))
        for words in self._tries(rows, minimal):
            start, portion = 0, _PORTION
            while start < len(words):
                cases = [(word, _expected(rows, word)) for word in words[start : start + portion]]
                self._memory.ask_expecting(cases)
                found = self._remembered(rows)
                if found:
                    return found
                start, portion = start + portion, _BULK if self._memory.bulk else _PORTION
        return None

    def _tries(self, rows: _Table, minimal: Minimal) -> Iterator[list[Word]]:
        """What may contradict: the complete suite, then that for one state more, and so on."""
        yield sorted(maximal(complete_words(minimal, self._inputs, 0)), key=len)
        # A hypothesis of few states says little of what it may hide.
        for extra in range(1, max(self._extra, len(rows) <= _FEW) + 1):
            words, self.left_out = [], 0
            for word in maximal(complete_words(minimal, self._inputs, extra)):
                end = _end(rows, word)
                if end < len(word) and self._memory.answers(word[: end + 1]) is None:
                    self.left_out += 1
                    words.append(word[:end])
                else:
                    words.append(word)
            words = maximal(words)
            # In no order: a contradiction is found as early as there are many.
            random.Random(self.hypotheses).shuffle(words)  # noqa: S311 - repeatable, no secret
            yield words

    def _remembered(self, rows: _Table) -> Word | None:
        """The shortest known sequence that ``rows`` is wrong about. One that kills nothing comes
        first: it becomes what tells states apart, and is asked in every state."""
        deadly: Word | None = None
        queue: list[tuple[Word, int, dict[Input, _Node]]] = [((), 0, self._memory.known)]
        for word, state, known in queue:
            for each, node in known.items():
                step = rows[state].get(each)
                expected = step.observation if step else WITHHELD
                if expected != node.seen:
                    if not (fatal(expected) or fatal(node.seen)):
                        return (*word, each)
                    deadly = deadly or (*word, each)
                elif step and node.onward:
                    queue.append(((*word, each), step.target, node.onward))
        return deadly


def _expected(rows: _Table, word: Word) -> tuple[Observation, ...]:
    """What a hypothesis answers to ``word``."""
    state, seen = 0, []
    for each in word:
        step = rows[state].get(each)
        seen.append(step.observation if step else WITHHELD)
        state = step.target if step else state
    return tuple(seen)


def _end(rows: _Table, word: Word) -> int:
    """The place of the step in ``word`` that kills the kernel, or the length of ``word``."""
    state = 0
    for number, each in enumerate(word):
        step = rows[state].get(each)
        if step is None:
            break
        if fatal(step.observation):
            return number
        state = step.target
    return len(word)
