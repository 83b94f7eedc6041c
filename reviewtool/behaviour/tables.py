# SPDX-License-Identifier: GPL-2.0-or-later
"""A model as a table of numbers, filled as it is asked: what makes comparing many pairs cheap."""

from collections.abc import Iterable
from functools import lru_cache

from refmodel.model import Model, conflicting
from refmodel.vocabulary import Input, Observation
from refmodel.world import State, World
from reviewtool.behaviour.symmetry import renamed_state, renamings

_Step = tuple[int, Observation] | None


class Table:
    """States and inputs of one model in one world, by number; state 0 is the initial one.

    ``shapes[s]`` is equal for states, of any model, that differ in nothing but the registration.
    What no input can tell is left out of states: whether memory was leaked, and which event it was
    that put a thread to sleep.
    """

    def __init__(self, model: Model, world: World, inputs: tuple[Input, ...]) -> None:
        self.model = model
        self.world = world
        self.inputs = inputs
        self.states: list[State] = []
        self.shapes: list[State] = []
        self.used: list[frozenset[str]] = []
        self.renamings = renamings(world)
        self._numbers: dict[State, int] = {}
        self._steps: list[dict[int, _Step]] = []
        self._images: dict[int, tuple[int, ...]] = {}
        self._asked: dict[tuple[int, frozenset[str]], tuple[int, ...]] = {}
        self._number(model.initial(world))

    def _number(self, state: State) -> int:
        found = self._numbers.get(state)
        if found is not None:
            return found
        number = self._numbers[state] = len(self.states)
        self.states.append(state)
        self.shapes.append(state._replace(flags=min(state.flags, 1)))
        contents = {half for page in state.pages for half in page.content.split("/")}
        values = {each.value for each in state.threads if each and each.value}
        self.used.append(frozenset(contents | values))
        self._steps.append({})
        return number

    def step(self, state: int, each: int) -> _Step:
        """Where input number ``each`` leads and what it shows; None where it may not be given."""
        known = self._steps[state]
        if each not in known:
            before = self.states[state]
            after, seen = self.model.step(before, self.inputs[each])
            if after is before:
                known[each] = (state, seen)
            else:
                known[each] = None if conflicting(after) else (self._number(_told(after)), seen)
        return known[each]

    def images(self, state: int) -> tuple[int, ...]:
        """What ``state`` is under each renaming of the world, by number."""
        found = self._images.get(state)
        if found is None:
            here = self.states[state]
            found = self._images[state] = (
                state,
                *(self._number(renamed_state(here, each)) for each in self.renamings[1:]),
            )
        return found

    def inputs_of(self, op: str) -> tuple[int, ...]:
        return tuple(at for at, each in enumerate(self.inputs) if each.op == op)

    def asked(self, idle: int, used: frozenset[str]) -> tuple[int, ...]:
        """The inputs that need asking where thread ``idle`` is the first that is free.

        Idle threads are interchangeable, and so are values that occur nowhere yet.
        """
        key = (idle, used)
        found = self._asked.get(key)
        if found is None:
            fresh = next((value for value in self.world.values if value not in used), None)
            found = self._asked[key] = tuple(
                at for at, each in enumerate(self.inputs) if _needed(each, idle, used, fresh)
            )
        return found


def _told(state: State) -> State:
    if state.leaked:
        state = state._replace(leaked=False)
    if any(state.threads):
        asleep = tuple(each and each._replace(event="") for each in state.threads)
        state = state._replace(threads=asleep)
    return state


def _needed(each: Input, idle: int, used: frozenset[str], fresh: str | None) -> bool:
    if each.thread is not None and each.thread != idle:
        return False
    return each.value is None or each.value == fresh or each.value in used


def common_inputs(models: Iterable[Model], world: World) -> tuple[Input, ...]:
    """The inputs that can be given to every one of ``models``, in the order of the first."""
    first, *others = (model.alphabet(world) for model in models)
    common = set(first).intersection(*others)
    return tuple(each for each in first if each in common)


@lru_cache(maxsize=256)
def table(model: Model, world: World, inputs: tuple[Input, ...]) -> Table:
    """The table of ``model`` in ``world``; asked again, the one there is."""
    return Table(model, world, inputs)
