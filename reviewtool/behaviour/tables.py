# SPDX-License-Identifier: GPL-2.0-or-later
"""A model as a table of numbers, filled as it is asked: what makes comparing many pairs cheap."""

from functools import lru_cache

from refmodel.model import Model, conflicting
from refmodel.vocabulary import Input, Observation
from refmodel.world import State, World

_Step = tuple[int, Observation] | None


class Table:
    """States and inputs of one model in one world, by number; state 0 is the initial one.

    ``shapes[s]`` is equal for states, of any model, that differ in nothing but the registration.
    Whether memory was leaked is left out of states: no input can tell.
    """

    def __init__(self, model: Model, world: World) -> None:
        self.model = model
        self.world = world
        self.inputs = model.alphabet(world)
        self.states: list[State] = []
        self.shapes: list[State] = []
        self.used: list[frozenset[str]] = []
        self._numbers: dict[State, int] = {}
        self._steps: list[dict[int, _Step]] = []
        self._asked: dict[tuple[int, frozenset[str]], tuple[int, ...]] = {}
        self._number(model.initial(world))

    def _number(self, state: State) -> int:
        found = self._numbers.get(state)
        if found is not None:
            return found
        number = self._numbers[state] = len(self.states)
        self.states.append(state)
        self.shapes.append(state._replace(flags=min(state.flags, 1)))
        contents = {page.content for page in state.pages}
        values = {each.value for each in state.threads if each and each.value}
        self.used.append(frozenset(contents | values))
        self._steps.append({})
        return number

    def step(self, state: int, each: int) -> _Step:
        """Where input number ``each`` leads and what it shows; None where it may not be given."""
        known = self._steps[state]
        if each not in known:
            after, seen = self.model.step(self.states[state], self.inputs[each])
            after = after._replace(leaked=False) if after.leaked else after
            known[each] = None if conflicting(after) else (self._number(after), seen)
        return known[each]

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


def _needed(each: Input, idle: int, used: frozenset[str], fresh: str | None) -> bool:
    if each.thread is not None and each.thread != idle:
        return False
    return each.value is None or each.value == fresh or each.value in used


@lru_cache(maxsize=256)
def table(model: Model, world: World) -> Table:
    """The table of ``model`` in ``world``; asked again, the one there is."""
    return Table(model, world)
