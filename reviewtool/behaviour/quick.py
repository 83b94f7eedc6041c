# SPDX-License-Identifier: GPL-2.0-or-later
"""Many sequences of which nearly all go as expected: the guest compares, and tells what does not.

What differs, what the kernel complained near, and what a guest died near is run again, each step
told; so a result is the same as without this, only sooner.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial

from refmodel.vocabulary import Observation
from reviewtool.behaviour.agent import agent_line
from reviewtool.behaviour.guests import (
    Numbered,
    Recording,
    RunGuest,
    Settings,
    Trace,
    Word,
    record,
)

MANY = 256
"""Sequences from which on it is worth it."""
_WINDOW = 64  # as refmodel.guest.quick.EVERY: what may be near a death or a complaint

Expected = tuple[int, Word, tuple[Observation, ...], bool | None]
"""A sequence by number, with what is expected of it: the answers, and whether memory is lost; None
where that does not matter."""


def record_expected(
    run: RunGuest,
    settings: Settings,
    cases: Sequence[Expected],
    after_death: Callable[[Trace, Sequence[Numbered]], Sequence[Numbered]] = lambda _, rest: rest,
    on_trace: Callable[[int], None] = lambda _: None,
    on_new: Callable[[int, Trace | None], None] = lambda _, __: None,
) -> Recording:
    """As :func:`reviewtool.behaviour.guests.record`, quicker where most go as expected.

    Of those that did, with a guest that compares for itself, ``on_new`` hears without a trace.
    """
    whole = Recording()
    rest = list(cases)
    while len(rest) >= MANY:
        quick = _Quick(rest, on_new, partial(_counted, on_trace, whole))
        run(settings.plan_expecting(each[1:] for each in rest), quick.line)
        whole.guests += 1
        quick.end()
        whole.agreed |= quick.agreed
        onward = rest[quick.reached :]
        # Whose death it was is known once it has died step by step.
        kept = _Onward(after_death, onward)
        _again(run, settings, quick.doubtful, whole, kept.choose, on_trace, on_new)
        whole.left_out += kept.left_out
        rest = kept.rest
        if 2 * len(quick.doubtful) > quick.reached:
            break
    _again(run, settings, rest, whole, after_death, on_trace, on_new)
    return whole


def _counted(on_trace: Callable[[int], None], whole: Recording, more: int) -> None:
    on_trace(len(whole.traces) + len(whole.agreed) + more)


def _again(
    run: RunGuest,
    settings: Settings,
    cases: Sequence[Expected],
    whole: Recording,
    after_death: Callable[[Trace, Sequence[Numbered]], Sequence[Numbered]],
    on_trace: Callable[[int], None],
    on_new: Callable[[int, Trace | None], None],
) -> None:
    """Run ``cases`` with every step told, and add what came of it to ``whole``."""
    before = len(whole.traces) + len(whole.agreed)
    words = [(number, word) for number, word, *_ in cases]
    told = record(run, settings, words, after_death, lambda count: on_trace(before + count), on_new)
    whole.traces |= told.traces
    whole.guests += told.guests
    whole.left_out += told.left_out


class _Onward:
    """What has not been tried yet, less what ``after_death`` says would only kill again."""

    def __init__(
        self,
        after_death: Callable[[Trace, Sequence[Numbered]], Sequence[Numbered]],
        rest: list[Expected],
    ) -> None:
        self._after_death = after_death
        self.rest = rest
        self.left_out: list[int] = []

    def choose(self, killer: Trace, near: Sequence[Numbered]) -> Sequence[Numbered]:
        later = [(number, word) for number, word, *_ in self.rest]
        kept = {number for number, _ in self._after_death(killer, [*near, *later])}
        self.left_out += [number for number, _ in later if number not in kept]
        self.rest = [each for each in self.rest if each[0] in kept]
        return [each for each in near if each[0] in kept]


class _Quick:
    """Listens to a guest that compares for itself."""

    def __init__(
        self,
        cases: Sequence[Expected],
        on_new: Callable[[int, None], None],
        on_count: Callable[[int], None],
    ) -> None:
        self._cases = cases
        self._on_new = on_new
        self._on_count = on_count
        self.agreed: dict[int, float] = {}
        self.doubtful: list[Expected] = []
        self.reached = 0
        self._differs: set[int] = set()
        self._ready = self._done = self._complained = False
        self._since = time.monotonic()

    def line(self, text: str) -> None:
        message = agent_line(text)
        if message is None:
            self._complained |= self._ready and not text.startswith("reviewtool: ")
        elif "ready" in message:
            self._ready, self._since = True, time.monotonic()
        elif "differs" in message:
            self._differs.add(message["differs"])
        elif "through" in message:
            self._close(message["through"])
        elif "full" in message:
            self._done = True
            self._close(message["full"])
        elif "done" in message and not self._done:
            self._done = True
            self._close(len(self._cases))

    def end(self) -> None:
        """The guest has ended: if not in order, what it was busy with is doubtful."""
        if not self._done:
            self._complained = True
            self._close(min(self.reached + _WINDOW, len(self._cases)))

    def _close(self, place: int) -> None:
        seconds = (time.monotonic() - self._since) / max(place - self.reached, 1)
        for at in range(self.reached, place):
            case = self._cases[at]
            if self._complained or at in self._differs:
                self.doubtful.append(case)
            else:
                self.agreed[case[0]] = seconds
                self._on_new(case[0], None)
        self.reached, self._complained, self._since = place, False, time.monotonic()
        self._on_count(len(self.agreed))
