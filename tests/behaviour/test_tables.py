# SPDX-License-Identifier: GPL-2.0-or-later
"""A model's table does what the model does: what a comparison rests on, asked state by state."""

import random
from collections.abc import Iterator

import pytest

from refmodel.model import Model, conflicting
from refmodel.vocabulary import Observation
from refmodel.world import Page, State, World
from reviewtool.behaviour.models import known, load
from reviewtool.behaviour.tables import PAGES, RESTS, Table, mapped_around, rest_of

TOGETHER = World(pages=2, threads=2, values=("A",), alias=False, kvm=False, userfault=True)
"""Pages acted on together, as where they influence each other."""
APART = World(pages=2, threads=2, past_eof=True, focus=0)
SECOND_MAPPING = World(pages=3, threads=2, values=("A",))
WORLDS = [
    (name, world)
    for name in known()
    for world in (TOGETHER, APART if load(name).page_local else SECOND_MAPPING)
]


def states(model: Model, world: World) -> Iterator[State]:
    """Those on a few random walks, more where pages influence each other."""
    dice = random.Random(model.name)
    words = model.alphabet(world)
    for _ in range(2 if model.page_local else 6):
        state = model.initial(world)
        for _ in range(10):
            yield state
            after, _ = model.step(state, dice.choice(words))
            if not after.dead and not conflicting(after):
                state = after


def stepped(table: Table, state: State, each: int) -> tuple[State, Observation] | None:
    """What the table says of input number ``each``."""
    question = table.question(RESTS(rest_of(state)), (each,))
    pages = list(map(PAGES, state.pages))
    effect = question.effects(tuple(pages[page] for page in question.pages))[0]
    if effect is None:
        return None
    for page, its in effect.pages:
        pages[page] = its
    for page in effect.around:
        pages[page] = mapped_around(pages[page])
    after: tuple[Page, ...] = tuple(PAGES.things[its] for its in pages)
    return RESTS.things[effect.rest]._replace(pages=after), effect.seen


@pytest.mark.parametrize(("name", "world"), WORLDS, ids=str)
def test_a_table_answers_as_its_model_does(name: str, world: World) -> None:
    model = load(name)
    inputs = model.alphabet(world)
    table = Table(model, world, inputs)
    for state in states(model, world):
        for at, each in enumerate(inputs):
            after, seen = model.step(state, each)
            told = stepped(table, state, at)
            if conflicting(after):
                assert told is None, (state, each)
                continue
            assert told is not None, (state, each)
            assert told[1] == seen, (state, each)
            assert told[0] == rest_of(after)._replace(pages=after.pages), (state, each)
