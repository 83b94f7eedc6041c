# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel's machine, inferred from its answers alone: no model is asked.

AALpy's KV algorithm asks the questions; a complete suite (H method) of each hypothesis and random
walks, run in the guests, look for what contradicts it. Every answer is kept, so nothing is asked
twice, and two different answers to one sequence end the learning.
"""

import random
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refmodel.model import alphabet
from refmodel.vocabulary import Input, Observation
from refmodel.world import World
from reviewtool.behaviour.answers import Known
from reviewtool.behaviour.conversation import Conversation
from reviewtool.behaviour.equivalence import WITHHELD
from reviewtool.behaviour.explore import Machine, Transition
from reviewtool.behaviour.guests import RunGuest, Settings, Word
from reviewtool.behaviour.identify import (
    GONE,
    alive,
    complete_words,
    fatal,
    identifiers,
    maximal,
)
from reviewtool.behaviour.memory import Memory, Unsteady
from reviewtool.behaviour.minimal import Minimal, minimise
from reviewtool.progress import SILENT, Progress

_FIRST, _PORTION, _BULK, _SAMPLE = 4, 400, 4000, 2000
_WALKS, _FEW_WALKS, _FAR = 2000, 100, 24
_FILED = 60.0  # seconds between two times that answers are filed
_FEW = 16
"""States up to which a hypothesis is tried for one state more in any case."""
_DEAD = Observation(GONE)


@dataclass(frozen=True, slots=True)
class Learned:
    """The machine a kernel was found to be in ``world``, minimal.

    It is the kernel's if that has at most ``extra`` states more, and if a step that killed it
    would do so wherever the machine says it is in the same state: ``left_out`` counts sequences
    that were not run for that reason. An input is left out of a row where it would let threads
    wait whose order of running, once woken, decides what is read. ``remembered``: it was learned
    before and not again now; the counts are of then.
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
    remembered: bool = False

    @property
    def states(self) -> int:
        """States in which there is a kernel."""
        return sum(any(seen != _DEAD for _, seen in row.values()) or not row for row in self.rows)


def learn(
    converse: Callable[[], Conversation],
    world: World,
    *,
    inputs: tuple[Input, ...] = (),
    extra: int = 1,
    guests: int = 2,
    bulk: RunGuest | None = None,
    place: Path | None = None,
    stop: threading.Event | None = None,
    progress: Progress = SILENT,
) -> Learned:
    """The machine of the kernel whose guests ``converse`` talks to, over ``inputs``: all that there
    are in ``world``, unless some are named.

    The answers of this kernel's guests in ``place`` are not asked for again; those that come to
    them are filed there, whatever ends this; ``stop`` then ends the guests of ``bulk``. Raises
    Unsteady where the kernel is no machine, GuestFailed where no guest comes up.
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

    inputs = inputs or alphabet(world)
    lines = [converse() for _ in range(guests)]
    try:
        with progress.task("learning from the kernel") as task:
            memory = Memory(lines, task, bulk, settings(world), place, stop)
            search = _Search(memory, world, inputs, extra)
            system = System()
            try:
                machine = run_KV(
                    list(inputs),
                    system,
                    Contradiction(list(inputs), system),
                    "mealy",
                    cache_and_non_det_check=False,
                    print_level=0,
                )
            except Unsteady:
                memory.forget()
                raise
            except BaseException:
                memory.file()
                raise
            memory.file()
    finally:
        for line in lines:
            line.close()
    took = memory.taken()
    return Learned(
        world,
        inputs,
        tuple(
            {each: (step.target, step.observation) for each, step in row.items()}
            for row in _rows(machine, inputs)
        ),
        extra,
        search.hypotheses,
        took.sequences,
        took.steps,
        took.guests,
        took.deaths,
        search.left_out,
        took.seconds,
    )


def settings(world: World) -> Settings:
    """What a guest that is learned from builds: no two of its answers may differ by chance."""
    return Settings.of(world, exact=True)


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
        self._memory.file(_FILED)
        found = self._remembered(rows)
        if found:
            return found
        minimal = minimise(Machine("", self._world, self._inputs, (), rows, False, 0.0))
        for words in self._tries(rows, minimal):
            start, portion = 0, _FIRST  # a contradiction may kill: not many before it is seen
            while start < len(words):
                cases = [(word, _expected(rows, word)) for word in words[start : start + portion]]
                self._memory.ask_expecting(cases)
                found = self._wrong(cases)
                if found:
                    return found
                most = _BULK if self._memory.bulk else _PORTION
                start, portion = start + portion, min(8 * portion, most)
        return None

    def _tries(self, rows: _Table, minimal: Minimal) -> Iterator[list[Word]]:
        """What may contradict: the complete suite, then that for one state more, and so on."""
        yield sorted(self._spared(rows, complete_words(minimal, self._inputs, 0)), key=len)
        # What many inputs have to come together for, no suite for few more states holds.
        yield list(self._walks(rows))
        # A hypothesis of few states says little of what it may hide.
        for extra in range(1, max(self._extra, len(rows) <= _FEW) + 1):
            # Some of them first: the whole is long, and most hypotheses are wrong.
            yield list(self._sample(rows, minimal, extra))
            words = self._spared(rows, complete_words(minimal, self._inputs, extra))
            # In no order: a contradiction is found as early as there are many.
            random.Random(self.hypotheses).shuffle(words)  # noqa: S311 - repeatable, no secret
            yield words

    def _spared(self, rows: _Table, words: Iterable[Word]) -> list[Word]:
        """``words``, without the end of those that would kill once more by a step that is known to
        kill in the same state."""
        deadly, spared, self.left_out = self._deadly(rows), [], 0
        for word in words:
            end, state = _end(rows, word)
            if end < len(word) and (state, word[end]) in deadly:
                if self._memory.answers(word[: end + 1]) is None:
                    self.left_out += 1
                word = word[:end]
            spared.append(word)
        return maximal(spared)

    def _deadly(self, rows: _Table) -> set[tuple[int, Input]]:
        """The steps by which the kernel was seen to die, in the states of a hypothesis."""
        found = set()
        queue: list[tuple[int, Known]] = [(0, self._memory.known)]
        for state, known in queue:
            for each, node in known.items():
                if fatal(node.seen):
                    found.add((state, each))
                elif node.onward and each in rows[state]:
                    queue.append((rows[state][each].target, node.onward))
        return found

    def _walks(self, rows: _Table) -> Iterator[Word]:
        """Random walks that kill nothing, as far as is known; every other step leads elsewhere."""
        source = random.Random(self.hypotheses)  # noqa: S311 - repeatable, no secret
        harmless = [[each for each in row if not fatal(row[each].observation)] for row in rows]
        moving = [
            [each for each in harmless[its] if row[each].target != its]
            for its, row in enumerate(rows)
        ]
        for _ in range(_WALKS if self._memory.bulk else _FEW_WALKS):
            its = 0
            word: list[Input] = []
            while len(word) < _FAR and harmless[its]:
                each = source.choice((moving[its] if len(word) % 2 else ()) or harmless[its])
                word.append(each)
                its = rows[its][each].target
            yield tuple(word)

    def _sample(self, rows: _Table, minimal: Minimal, extra: int) -> Iterator[Word]:
        """Random words of the suite for ``extra`` states more, up to where they are fatal."""
        source = random.Random(self.hypotheses)  # noqa: S311 - repeatable, no secret
        living, identifying = alive(minimal), identifiers(minimal)
        for _ in range(_SAMPLE):
            start = its = source.choice(living)
            word = list(minimal.access[start])
            for _ in range(extra + 1):
                onward = [
                    (each, to) for each, (to, seen) in minimal.rows[its].items() if not fatal(seen)
                ]
                if not onward:
                    break
                each, its = source.choice(onward)
                word.append(each)
            word += source.choice(identifying[its] or ((),))
            yield tuple(word[: _end(rows, tuple(word))[0]])

    def _wrong(self, cases: Sequence[tuple[Word, tuple[Observation, ...]]]) -> Word | None:
        """As :meth:`_remembered`, of what has just been asked."""
        gentle: Word = ()
        deadly: Word = ()
        for word, expected in cases:
            seen = self._memory.answers(word)
            assert seen is not None  # noqa: S101 - it was asked
            at = _first_apart(expected, seen)
            if at is None:
                continue
            if fatal(expected[at]) or fatal(seen[at]):
                deadly = min(filter(None, (deadly, word[: at + 1])), key=len)
            else:
                gentle = min(filter(None, (gentle, word[: at + 1])), key=len)
        return gentle or deadly or None

    def _remembered(self, rows: _Table) -> Word | None:
        """The shortest known sequence that ``rows`` is wrong about. One that kills nothing comes
        first: it becomes what tells states apart, and is asked in every state."""
        deadly: Word | None = None
        queue: list[tuple[Word, int, Known]] = [((), 0, self._memory.known)]
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


def _first_apart(expected: Sequence[Observation], seen: Sequence[Observation]) -> int | None:
    """Where two answers part; None if they do not before there is nothing more to ask."""
    for at, (one, other) in enumerate(zip(expected, seen, strict=True)):
        if one != other:
            return at
        if other == WITHHELD or fatal(other):
            break
    return None


def _expected(rows: _Table, word: Word) -> tuple[Observation, ...]:
    """What a hypothesis answers to ``word``."""
    state, seen = 0, []
    for each in word:
        step = rows[state].get(each)
        seen.append(step.observation if step else WITHHELD)
        state = step.target if step else state
    return tuple(seen)


def _end(rows: _Table, word: Word) -> tuple[int, int]:
    """The place of the step in ``word`` that kills the kernel, or the length of ``word``, and the
    state there."""
    state = 0
    for number, each in enumerate(word):
        step = rows[state].get(each)
        if step is None:
            break
        if fatal(step.observation):
            return number, state
        state = step.target
    return len(word), state
