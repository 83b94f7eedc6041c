# SPDX-License-Identifier: GPL-2.0-or-later
"""The complete suite keeps its word: what passes it and is no larger is equivalent."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refmodel.vocabulary import Input, Observation
from refmodel.world import World
from reviewtool.behaviour.explore import Machine, Transition, explore
from reviewtool.behaviour.identify import (
    GONE,
    alive,
    apart,
    complete_words,
    fatal,
    identifiers,
    maximal,
    ways,
)
from reviewtool.behaviour.minimal import Word, minimise
from reviewtool.behaviour.models import load

INPUTS = (Input("unregister"), Input("wake", 0), Input("punch", 0))
ANSWERS = (Observation("ok"), Observation("EINVAL"), Observation("oops"))
OOPS = 2
SMALL = World(values=("A",))

Row = tuple[tuple[int, int] | None, ...]


def machine(rows: list[Row]) -> Machine:
    """A machine of (target, answer) for each input; None where it may not be given. An oops leads
    to where nothing is answered any more."""
    dead = len(rows)
    told = tuple(
        {
            each: Transition(dead if step[1] == OOPS else step[0] % dead, ANSWERS[step[1]])
            for each, step in zip(INPUTS, row, strict=True)
            if step is not None
        }
        for row in rows
    )
    gone = {each: Transition(dead, Observation(GONE)) for each in INPUTS}
    return Machine("drawn", SMALL, INPUTS, (), (*told, gone), False, 0.0)


def answers(rows: tuple[dict[Input, Transition], ...], word: Word) -> list[Observation | None]:
    """What is answered, to the end of the kernel or of what may be given."""
    state, seen = 0, []
    for each in word:
        step = rows[state].get(each)
        seen.append(step.observation if step else None)
        if step is None or step.observation.result == "oops":
            break
        state = step.target
    return seen


def reachable(whole: Machine) -> Machine:
    """The part that some sequence leads to."""
    number, order = {0: 0}, [0]
    rows: list[dict[Input, Transition]] = []
    for state in order:
        row = {}
        for each, step in whole.rows[state].items():
            if step.target not in number:
                number[step.target] = len(order)
                order.append(step.target)
            row[each] = Transition(number[step.target], step.observation)
        rows.append(row)
    return Machine("drawn", SMALL, INPUTS, (), tuple(rows), False, 0.0)


step = st.tuples(st.integers(0, 3), st.sampled_from((0, 0, 0, 1, 1, OOPS)))
row = st.tuples(step, step, step)
kernels = st.lists(row, min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(kernels, kernels, st.integers(0, 1))
def test_what_passes_and_has_no_more_states_is_equivalent(
    model: list[Row], kernel: list[Row], extra: int
) -> None:
    known = reachable(machine(model))
    minimal = minimise(known)
    other = reachable(machine(kernel))
    if len(alive(minimise(other))) > len(alive(minimal)) + extra:
        return
    suite = list(complete_words(minimal, INPUTS, extra))
    assert suite == maximal(suite)
    passes = all(answers(known.rows, word) == answers(other.rows, word) for word in suite)
    longest = len(known.rows) + len(other.rows)
    words = (word for length in range(longest) for word in product(INPUTS, repeat=length))
    same = all(answers(known.rows, word) == answers(other.rows, word) for word in words)
    assert passes == same


@pytest.mark.parametrize("name", ["rfc_missing", "v3_can_userfault", "p3_missing_by_write"])
def test_a_state_of_a_model_is_told_from_every_other_most_by_one_sequence(name: str) -> None:
    minimal = minimise(explore(load(name), SMALL))
    chosen = identifiers(minimal)
    living = alive(minimal)
    assert len(minimal.rows) - len(living) <= 1
    for its in living:
        assert minimal.run(its, chosen[its][0]) is not None
        for other in living:
            if other != its:
                assert any(apart(minimal, its, other, word) for word in chosen[its]), (its, other)
    assert sum(len(words) for words in chosen) < 1.3 * len(living)


@pytest.mark.parametrize("name", ["rfc_missing", "v3_can_userfault"])
def test_no_kernel_has_to_die_to_tell_states_apart(name: str) -> None:
    minimal = minimise(explore(load(name), SMALL))
    for its, words in enumerate(identifiers(minimal)):
        for word in words:
            seen = minimal.run(its, word)
            assert seen is not None
            assert not any(map(fatal, seen))


def test_a_suite_gives_every_input_in_every_state() -> None:
    machine = explore(load("rfc_missing"), SMALL)
    minimal = minimise(machine)
    words = complete_words(minimal, machine.inputs, 0)
    begun = {word[:length] for word in words for length in range(len(word) + 1)}
    access = ways(minimal)
    assert set(access) == set(alive(minimal))
    for its, word in access.items():
        for each in minimal.rows[its]:
            assert (*word, each) in begun
