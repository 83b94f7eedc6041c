# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a kernel's trace leaves the model's, and whether two such places are of one kind."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from refmodel.model import Model, conflicting
from refmodel.vocabulary import Observation, allows, parse_observation
from refmodel.world import World
from reviewtool.behaviour.guests import Numbered, Trace, Word
from reviewtool.behaviour.stopped import answers, settled, stops

CLOSE = "close"
"""The step after the last input: the sequence's memory is given back. The model says ok."""

Kind = tuple[str, str, str]
"""Operation, the model's answer and the kernel's, without pages, threads and values."""

_CLOSED = Observation("ok")
_PARTICULARS = re.compile(r"\b(?:[puk]\d+|value [A-Z])\b")


@dataclass(frozen=True, slots=True)
class Difference:
    """The first step at which the two differ. ``model`` and ``kernel`` end with that step."""

    inputs: tuple[str, ...]
    model: tuple[str, ...]
    kernel: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        """What this difference has in common with others of the same cause, most likely."""
        operation = " ".join(self.inputs[-1].split()[:1])
        return (operation, _general(self.model[-1]), _general(self.kernel[-1]))


def _general(observation: str) -> str:
    return _PARTICULARS.sub("_", observation)


def predict(model: Model, world: World, word: Word) -> tuple[Observation, ...]:
    """What the model answers, step by step."""
    if stops(word):
        return answers(model, world, word)
    state = model.initial(world)
    told = []
    for each in word:
        state, seen = model.step(state, each)
        told.append(seen)
    return tuple(told)


def may_run(model: Model, world: World, word: Word) -> bool:
    """Whether the model has one answer to the sequence: no threads that race once woken."""
    if stops(word):
        return settled(model, world, word)
    state = model.initial(world)
    for each in word:
        state, _ = model.step(state, each)
        if conflicting(state):
            return False
    return True


def first_difference(expected: Sequence[Observation], trace: Trace) -> Difference | None:
    """Compare what was expected with what was seen; None where the kernel did as expected.

    Where the model says ``stale``, bytes nobody wrote, the kernel may show anything.
    """
    inputs = (*(str(each) for each in trace.inputs), CLOSE)
    answers = (*expected, _CLOSED)
    for index, seen in enumerate(trace.observations):
        if not allows(answers[index], parse_observation(seen)):
            end = index + 1
            model = tuple(str(each) for each in answers[:end])
            return Difference(inputs[:end], model, trace.observations[:end])
    return None


def without_step(
    model: Model, world: World, killer: Trace, rest: Sequence[Numbered]
) -> list[Numbered]:
    """Those of ``rest`` that do not take the step that killed the kernel in ``killer``.

    The same step is the same input in the same state of the model.
    """
    length = len(killer.observations)
    if stops(killer.inputs):
        return [(number, word) for number, word in rest if word != killer.inputs]
    if length > len(killer.inputs):
        return list(rest)
    states = _states(model, world, killer.inputs[:length])
    deadly = (states[-1], killer.inputs[length - 1])
    return [
        (number, word)
        for number, word in rest
        if stops(word) or deadly not in zip(_states(model, world, word), word, strict=False)
    ]


def _states(model: Model, world: World, word: Word) -> list[object]:
    """The model's state before each input."""
    state = model.initial(world)
    states: list[object] = []
    for each in word:
        states.append(state)
        state, _ = model.step(state, each)
    return states
