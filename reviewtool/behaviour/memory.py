# SPDX-License-Identifier: GPL-2.0-or-later
"""Every answer a kernel gave, so that nothing is asked twice, and who gives more."""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from refmodel.vocabulary import Observation, parse_observation, spell
from reviewtool.behaviour.answers import Answers, Known, Node, read_answers, write_answers
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


class Memory:
    """Every answer of a kernel, and the guests that give more.

    ``place`` is a file with answers of before, and where :meth:`file` puts all there are; ``stop``
    ends the guests of ``bulk``.
    """

    def __init__(
        self,
        lines: Sequence[Conversation],
        task: Task,
        bulk: RunGuest | None,
        settings: Settings,
        place: Path | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self._stop = stop or threading.Event()
        self._place = place
        self._before = read_answers(place) if place else Answers()
        self._began = self._filed = time.monotonic()
        self._lines = lines
        self._task = task
        self.bulk = bulk
        self._settings = settings
        self.known = self._before.known
        self._sequences = self._steps = self._guests = self._deaths = 0
        self.note = ""

    def taken(self) -> Answers:
        """All answers there are, and what they took, then and now."""
        return Answers(
            self.known,
            self._before.sequences + self._sequences,
            self._before.steps + self._steps,
            self._before.guests + self._guests + sum(line.guests for line in self._lines),
            self._before.deaths + self._deaths + sum(line.deaths for line in self._lines),
            self._before.seconds + time.monotonic() - self._began,
        )

    def file(self, every: float = 0.0) -> None:
        """File all there is, unless that was done less than ``every`` seconds ago."""
        if self._place is not None and time.monotonic() - self._filed >= every:
            write_answers(self._place, self.taken())
            self._filed = time.monotonic()

    def forget(self) -> None:
        """Drop the file: what is in it contradicts what was answered now."""
        if self._place is not None:
            self._place.unlink(missing_ok=True)

    def answers(self, word: Word) -> list[Observation] | None:
        """What is known of ``word``; None where it has to be asked."""
        here: Known | None = self.known
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
        with ThreadPoolExecutor(count) as executor, self._stopping():
            for recording in executor.map(
                lambda lane: record_expected(bulk, self._settings, missing[lane::count]),
                range(count),
            ):
                self._guests += recording.guests
                for trace in recording.traces.values():
                    self._deaths += trace.died
                    self._keep(trace)
                for number in recording.agreed:
                    word, expected = cases[number]
                    self._keep(Trace(word, tuple(map(str, expected))))

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """Let nobody who presses Ctrl-C wait for thousands of sequences."""
        try:
            yield
        except BaseException:
            self._stop.set()
            raise

    def _keep(self, trace: Trace) -> None:
        self._sequences += 1
        self._steps += len(trace.observations)
        self._task.update(self._before.sequences + self._sequences, self.note)
        if trace.console:
            trace.console.unlink(missing_ok=True)  # deaths are answers here, and many
        if len(trace.observations) > len(trace.inputs):
            raise Unsteady(
                f"the guest does not outlive closing its files ({trace.observations[-1]})",
                spell(trace.inputs),
                "nothing can be learned beyond it",
            )
        here: Known | None = self.known
        for number, (each, seen) in enumerate(zip(trace.inputs, _told(trace), strict=False)):
            assert here is not None  # noqa: S101 - nothing is told after an end
            node = here.get(each)
            if node is None:
                ends = seen.result in FATAL or seen == WITHHELD
                node = here[each] = Node(seen, None if ends else {})
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
        seen = _read(text)
        for effect in seen.effects:
            if effect.startswith("resumed "):
                waiting.pop(effect.split()[1], None)
        if seen.result == "blocked":
            waiting[_THREADS.get(each.op) or f"u{each.thread}"] = (each.page, each.value)
        if len(waiting) > 1 and _conflicting(list(waiting.values())):
            yield WITHHELD
            return
        yield seen


_read = cache(parse_observation)


def _conflicting(waiting: Sequence[tuple[int | None, str | None]]) -> bool:
    return any(
        page == other_page and value != other
        for at, (page, value) in enumerate(waiting)
        for other_page, other in waiting[at + 1 :]
    )
