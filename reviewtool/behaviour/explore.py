# SPDX-License-Identifier: GPL-2.0-or-later
"""Exploring a model: breadth first, every state once, into a finite Mealy machine."""

import time
from dataclasses import dataclass

from refmodel.model import Model, conflicting
from refmodel.vocabulary import Input, Observation
from refmodel.world import State, World
from reviewtool.progress import SILENT, Progress

_REPORT_EVERY = 500


@dataclass(frozen=True, slots=True)
class Transition:
    """``target`` indexes the machine's states."""

    target: int
    observation: Observation


@dataclass(frozen=True, slots=True)
class Machine:
    """The reachable part of a model in one world.  State 0 is the initial one.

    ``rows[s]`` maps each input that may be given in state ``s`` to its transition.  An input is
    left out where it would let threads wait whose order of running decides what is read.
    ``partial`` says that the exploration was bounded or interrupted: states without a row were
    found, not explored.
    """

    model: str
    world: World
    inputs: tuple[Input, ...]
    states: tuple[State, ...]
    rows: tuple[dict[Input, Transition], ...]
    partial: bool
    seconds: float

    @property
    def transitions(self) -> int:
        return sum(len(row) for row in self.rows)

    @property
    def states_per_second(self) -> float:
        return len(self.states) / self.seconds if self.seconds else float(len(self.states))

    def path_to(self, target: int) -> tuple[Input, ...]:
        """A shortest sequence of inputs from the initial state."""
        came: dict[int, tuple[int, Input]] = {0: (0, Input("unregister"))}
        queue = [0]
        for source in queue:
            for each, transition in self.rows[source].items() if source < len(self.rows) else ():
                if transition.target not in came:
                    came[transition.target] = (source, each)
                    queue.append(transition.target)
            if target in came:
                break
        steps: list[Input] = []
        while target:
            target, each = came[target]
            steps.append(each)
        return tuple(reversed(steps))


def explore(
    model: Model, world: World, limit: int | None = None, progress: Progress = SILENT
) -> Machine:
    """The machine of ``model`` in ``world``.

    Stops at ``limit`` states, or at Ctrl-C, with what was found by then, marked as partial.
    """
    started = time.perf_counter()
    inputs = model.alphabet(world)
    first = model.initial(world)
    index = {first: 0}
    states = [first]
    rows: list[dict[Input, Transition]] = []
    partial = False
    with progress.task(f"exploring {model.name}") as task:
        try:
            while len(rows) < len(states):
                if limit is not None and len(states) > limit:
                    partial = True
                    break
                row = _row(model, states, index, inputs, len(rows))
                rows.append(row)
                if len(rows) % _REPORT_EVERY == 0:
                    task.update(len(rows), f"{len(states)} states", total=len(states))
        except KeyboardInterrupt:
            partial = True
    seconds = time.perf_counter() - started
    return Machine(model.name, world, inputs, tuple(states), tuple(rows), partial, seconds)


def _row(
    model: Model,
    states: list[State],
    index: dict[State, int],
    inputs: tuple[Input, ...],
    source: int,
) -> dict[Input, Transition]:
    row: dict[Input, Transition] = {}
    state = states[source]
    for each in inputs:
        target, seen = model.step(state, each)
        if target is not state and conflicting(target):
            continue
        number = index.get(target)
        if number is None:
            number = index[target] = len(states)
            states.append(target)
        row[each] = Transition(number, seen)
    return row


@dataclass(frozen=True, slots=True)
class Trace:
    """What a model does on one sequence: the state before each input, and after the last."""

    inputs: tuple[Input, ...]
    observations: tuple[Observation, ...]
    states: tuple[State, ...]


def trace(model: Model, world: World, inputs: tuple[Input, ...]) -> Trace:
    """Run one sequence.  Raises refmodel.vocabulary.VocabularyError for what the world lacks."""
    states = [model.initial(world)]
    observations: list[Observation] = []
    for each in inputs:
        state, seen = model.step(states[-1], each)
        states.append(state)
        observations.append(seen)
    return Trace(inputs, tuple(observations), tuple(states))
