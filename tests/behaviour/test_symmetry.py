# SPDX-License-Identifier: GPL-2.0-or-later
"""Names do not matter: what comparing one of several renamed states rests on."""

import random

import pytest

from refmodel.model import conflicting
from refmodel.vocabulary import parse, spell
from refmodel.world import World
from reviewtool.behaviour.models import known, load
from reviewtool.behaviour.symmetry import (
    in_order,
    renamed_input,
    renamed_observation,
    renamed_state,
    renamings,
)

WORLD = World(pages=2, threads=2, past_eof=True)
STEPS = 60


def test_a_world_has_every_renaming_of_what_is_alike_in_it() -> None:
    assert len(renamings(WORLD)) == 2 * 2 * 2
    assert len(renamings(World(pages=2, threads=2, focus=0))) == 2 * 2
    first = renamings(WORLD)[0]
    assert renamed_state(WORLD.initial(), first) == WORLD.initial()
    for each in renamings(WORLD):
        assert each.after(each.backwards()) == first


@pytest.mark.parametrize("name", known())
def test_every_model_does_the_same_under_other_names(name: str) -> None:
    """The step of a renamed state on a renamed input is the renamed step."""
    model = load(name)
    words = model.alphabet(WORLD)
    dice = random.Random(name)
    state = model.initial(WORLD)
    for _ in range(STEPS):
        each = dice.choice(words)
        after, seen = model.step(state, each)
        for names in renamings(WORLD)[1:]:
            other, theirs = model.step(renamed_state(state, names), renamed_input(each, names))
            assert other == renamed_state(after, names), (each, names)
            assert theirs == renamed_observation(seen, names)
        if not after.dead and not conflicting(after):
            state = after


def test_a_sequence_names_things_as_they_come() -> None:
    told = in_order(parse("write u1 p1 B; read u0 p2; pwrite p0 A"), WORLD)
    assert spell(told) == "write u0 p0 A; read u1 p2; pwrite p1 B"
