# SPDX-License-Identifier: GPL-2.0-or-later
"""Sequences asked of a kernel one after the other, each when the answer to the last is known.

A guest that dies answers with its death; the next sequence goes to another guest, and once one has
died another is always kept ready, since booting takes longer than hundreds of answers.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from refmodel.vocabulary import spell
from reviewtool.behaviour.guests import (
    HUNG,
    SILENCE,
    GuestFailed,
    Recorder,
    RunGuest,
    Settings,
    Trace,
    Word,
)

Listening = Callable[[int, threading.Event], RunGuest]
"""Guests that are asked on the descriptor, and end once the event is set."""

_BOOTING = 120.0  # seconds a guest may take to come up, many of them on a busy machine
_UNREAD = 2048
"""Bytes asked for and not answered yet: less than the guest's terminal holds."""


class _Guest:
    """One guest and what it was asked."""

    def __init__(self, listening: Listening, settings: Settings) -> None:
        source, self._asking = os.pipe()
        self._stop = threading.Event()
        self._recorder = Recorder(())
        self._news = threading.Condition()
        self._failed: Exception | None = None
        self._over = False
        self._heard = 0.0
        self._count = 0
        run = listening(source, self._stop)
        plan = settings.plan(None)
        self._thread = threading.Thread(target=self._main, args=(run, plan, source), daemon=True)
        self._thread.start()

    def _main(self, run: RunGuest, plan: bytes, source: int) -> None:
        try:
            end = run(plan, self._hear)
            if not self._recorder.done:
                self._recorder.finish(end)
        except Exception as error:  # noqa: BLE001 - raised again by answers(), in its thread
            self._failed = error
        os.close(source)
        with self._news:
            self._over = True
            self._news.notify()

    def _hear(self, line: str) -> None:
        with self._news:
            self._heard = time.monotonic()
            known = len(self._recorder.traces)
            self._recorder.line(line)
            if len(self._recorder.traces) > known:
                self._news.notify()

    def answers(self, words: Sequence[Word]) -> Iterator[Trace]:
        """The traces of ``words`` in order, up to the one that ends the guest."""
        first, unread, asked = self._count, 0, 0
        texts = [spell(word).encode() + b"\n" for word in words]
        for number, word in enumerate(words):
            while asked < len(words) and (asked <= number or unread + len(texts[asked]) < _UNREAD):
                self._recorder.words[first + asked] = words[asked]
                unread += len(texts[asked])
                self._write(texts[asked])
                asked += 1
            trace = self._await(first + number, word)
            unread -= len(texts[number])
            if trace is None:
                return
            yield trace
            if trace.died:
                return

    def _await(self, number: int, word: Word) -> Trace | None:
        with self._news:
            self._heard = time.monotonic()
            while number not in self._recorder.traces and not self._over:
                patience = SILENCE if self._recorder.ready else _BOOTING
                left = self._heard + patience - time.monotonic()
                if left <= 0:
                    break
                self._news.wait(left)
            self._count = max(self._count, number + 1)
            if number not in self._recorder.traces and not self._over:
                self._stop.set()
                return Trace(word, (*self._recorder.seen, HUNG))
            if self._failed is not None:
                raise self._failed
            return self._recorder.traces.get(number)

    def _write(self, text: bytes) -> None:
        try:
            while text:
                text = text[os.write(self._asking, text) :]
        except BrokenPipeError:
            pass  # the guest has ended, which answers() sees for itself

    @property
    def full(self) -> bool:
        """Whether it has lost so much memory that it takes no more sequences."""
        return self._recorder.full

    def close(self) -> None:
        """End the guest."""
        self._stop.set()
        os.close(self._asking)
        self._thread.join()


class Conversation:
    """What one kernel is asked. ``guests``, ``deaths``: how many it took, how many it killed."""

    def __init__(self, listening: Listening, settings: Settings) -> None:
        self._listening = listening
        self._settings = settings
        self._guest: _Guest | None = None
        self._spare: _Guest | None = None
        self.guests = 0
        self.deaths = 0

    def ask(self, words: Iterable[Word]) -> Iterator[Trace]:
        """The trace of each word, in order. Raises GuestFailed where a guest does not come up."""
        rest = list(words)
        while rest:
            guest = self._guest = self._guest or self._ready()
            trace = None
            for trace in guest.answers(tuple(rest)):
                del rest[0]
                yield trace
            if trace is not None and trace.died:
                guest.close()
                self._guest = None
                self.deaths += 1
            elif guest.full:
                guest.close()
                self._guest = None
            elif rest:
                raise GuestFailed(
                    "the kernel died between two sequences", spell(rest[0]), "nothing was learned"
                )

    def _ready(self) -> _Guest:
        guest, self._spare = self._spare or self._boot(), None
        if self.deaths:
            self._spare = self._boot()
        return guest

    def _boot(self) -> _Guest:
        self.guests += 1
        return _Guest(self._listening, self._settings)

    def close(self) -> None:
        """End what guests there are."""
        for guest in (self._guest, self._spare):
            if guest is not None:
                guest.close()
        self._guest = self._spare = None
