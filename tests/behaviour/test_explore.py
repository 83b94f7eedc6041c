# SPDX-License-Identifier: GPL-2.0-or-later
"""Exploring: every state once, bounded and interrupted on request, and said so."""

import pytest

from refmodel.model import Revision
from refmodel.vocabulary import Input, Observation, parse
from refmodel.world import State, World
from reviewtool.behaviour.described import describe
from reviewtool.behaviour.explore import explore, trace
from reviewtool.behaviour.minimal import minimise
from reviewtool.behaviour.models import load

SMALL = World(values=("A",))


def test_a_machine_is_closed_and_its_paths_lead_where_they_say() -> None:
    model = load("rfc_missing")
    machine = explore(model, SMALL)
    assert not machine.partial
    assert len(machine.rows) == len(machine.states) == len(set(machine.states))
    for number in range(0, len(machine.states), 7):
        assert trace(model, SMALL, machine.path_to(number)).states[-1] == machine.states[number]


def test_a_bound_gives_a_partial_machine_that_says_so() -> None:
    machine = explore(load("rfc_missing"), SMALL, limit=20)
    assert machine.partial
    assert 20 < len(machine.states) < 60
    with pytest.raises(ValueError, match="explore it to the end first"):
        minimise(machine)


def test_an_interrupt_keeps_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    model = load("rfc_missing")
    steps = 0

    class Interrupted(Revision):
        def step(self, state: State, each: Input) -> tuple[State, Observation]:
            nonlocal steps
            steps += 1
            if steps > 500:
                raise KeyboardInterrupt
            return model.step(state, each)

    machine = explore(Interrupted(model.kernel, "interrupted"), SMALL)
    assert machine.partial
    assert machine.states
    assert machine.rows


def test_states_merged_in_the_minimal_machine_answer_alike() -> None:
    machine = explore(load("v3_minor_noalloc"), SMALL)
    minimal = minimise(machine)
    assert len(minimal.rows) < len(machine.states)
    for a in range(len(minimal.rows)):
        for b in range(a):
            word = minimal.separating(a, b)
            assert word, "in a world of one user thread every two states can be told apart"
            assert minimal.run(a, word) != minimal.run(b, word)


def test_a_state_can_be_read() -> None:
    states = trace(
        load("rfc_missing"),
        World(threads=2, past_eof=True),
        parse("register missing; pwrite p0 A; read u0 p0; punch p0; read u0 p0"),
    ).states
    assert describe(states[3]) == "registered missing; p0 A mapped; p1 (past the end) absent"
    assert describe(states[-1]) == (
        "registered missing; p0 absent; p1 (past the end) absent; u0 blocked on p0 (read, missing)"
    )
