# SPDX-License-Identifier: GPL-2.0-or-later
"""Every answer a kernel gave, so that nothing is asked twice, and who gives more."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from refmodel.vocabulary import Input, Observation, parse_observation, spell
from reviewtool.behaviour.conversation import Conversation
from reviewtool.behaviour.equivalence import WITHHELD
from reviewtool.behaviour.guests import RunGuest, Settings, Trace, Word
from reviewtool.behaviour.identify import FATAL, GONE, fatal
from reviewtool.behaviour.quick import MANY, record_expected
from reviewtool.errors import RequestError
from reviewtool.progress import Task

_DEAD = Observation(GONE)
_WORTH = 4 * MANY
"""Sequences from which on guests of their own are worth their boot."""
_THREADS = {"kvm-read": "k", "vcpu-read": "v", "vcpu-write": "v"}


class Unsteady(RequestError):  # noqa: N818 - as RequestError's other kinds
    """A kernel that answers one sequence in two ways: it is no finite machine of this world."""


@dataclass(slots=True)
class Node:
    """What was answered after one beginning. ``onward`` is None where nothing comes after."""

    seen: Observation
    onward: "dict[Input, Node] | None" = field(default_factory=dict)


class Memory:
    """Every answer of a kernel, and the guests that give more."""

    def __init__(
        self, lines: Sequence[Conversation], task: Task, bulk: RunGuest | None, settings: Settings
    ) -> None:
        self._lines = lines
        self._task = task
        self.bulk = bulk
        self._settings = settings
        self.known: dict[Input, Node] = {}
        self.sequences = self.steps = self.guests = self.deaths = 0
        self.note = ""

    def answers(self, word: Word) -> list[Observation] | None:
        """What is known of ``word``; None where it has to be asked."""
        here: dict[Input, Node] | None = self.known
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
        if bulk is None or len(cases) < _WORTH:
            self.ask_all(word for word, _ in cases)
            return
        self.ask_all(word for word, expected in cases if any(map(fatal, expected)))
        missing = [
            (number, word, expected, None)
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
                for number in recording.agreed:
                    word, expected = cases[number]
                    self._keep(Trace(word, tuple(map(str, expected))))

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
        here: dict[Input, Node] | None = self.known
        for number, (each, seen) in enumerate(zip(trace.inputs, _told(trace), strict=False)):
            assert here is not None  # noqa: S101 - nothing is told after an end
            node = here.get(each)
            if node is None:
                node = here[each] = Node(seen)
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
