# SPDX-License-Identifier: GPL-2.0-or-later
"""Suites: what they hold, what they claim, and that a wrong kernel does not pass them."""

import random

import pytest

from refmodel.core import Folio, Vma
from refmodel.kvm import GuestMemfd
from refmodel.model import Model, Revision, conflicting
from refmodel.vocabulary import Input, Observation
from refmodel.world import State, World
from reviewtool.behaviour.compare import compare
from reviewtool.behaviour.explore import explore, trace
from reviewtool.behaviour.identify import alive
from reviewtool.behaviour.minimal import Minimal, Word, minimise
from reviewtool.behaviour.models import known, load
from reviewtool.behaviour.patched import patch
from reviewtool.behaviour.suites import (
    Suite,
    complete,
    distinguishing,
    random_walks,
    scenarios,
)

SMALL = World(values=("A",))
BIG = World(pages=2, threads=2, past_eof=True)


def fails(kernel: Model, suite: Suite) -> bool:
    """Whether a wrong kernel, played by a model, is caught by ``suite``."""
    return any(
        trace(kernel, suite.world, case.inputs).observations != case.expected
        for case in suite.cases
    )


def sound(model: Model, suite: Suite) -> None:
    assert suite.cases
    assert suite.claim
    for case in suite.cases:
        assert case.reason
        assert len(case.inputs) == len(case.expected)
        assert case.lethal == (case.expected[-1].result == "oops")
        states = trace(model, suite.world, case.inputs).states
        assert not any(conflicting(state) for state in states), case


@pytest.mark.parametrize("name", known())
def test_suites_never_ask_what_has_no_single_answer(name: str) -> None:
    model = load(name)
    sound(model, scenarios(model, BIG))
    sound(model, random_walks(model, BIG, seed=7, walks=10))


@pytest.mark.parametrize("name", ["base", "rfc_missing", "v3_minor_noalloc"])
def test_the_wp_suite_visits_every_transition_of_the_minimal_machine(name: str) -> None:
    model = load(name)
    suite = complete(model, SMALL)
    sound(model, suite)
    minimal = minimise(explore(model, SMALL))
    taken = set()
    for case in suite.cases:
        state = 0
        for each in case.inputs:
            taken.add((state, each))
            state = minimal.rows[state][each][0]
    deadly = {
        (state, each)
        for state, row in enumerate(minimal.rows)
        for each, (_, seen) in row.items()
        if seen.result in ("oops", "dead")
    }
    wanted = {(state, each) for state, row in enumerate(minimal.rows) for each in row}
    assert wanted - deadly <= taken


def after(minimal: Minimal, word: Word) -> int:
    """The class ``word`` leads to."""
    state = 0
    for each in word:
        state = minimal.rows[state][each][0]
    return state


def test_each_way_to_crash_is_asked_once() -> None:
    suite = complete(load("rfc_missing"), SMALL)
    lethal = [case for case in suite.cases if case.lethal]
    assert sorted(case.inputs[-1].op for case in lethal) == ["continue", "copy", "zeropage"]
    assert "crash" in suite.left_out


def test_for_more_states_each_step_that_crashes_is_taken_once_in_each_state() -> None:
    minimal = minimise(explore(load("rfc_missing"), SMALL))
    suite = complete(load("rfc_missing"), SMALL, extra=1)
    lethal = [case for case in suite.cases if case.lethal]
    taken = {(after(minimal, case.inputs[:-1]), case.inputs[-1]) for case in lethal}
    assert len(taken) == len(lethal)
    assert taken == {
        (its, each)
        for its in alive(minimal)
        for each, (_, seen) in minimal.rows[its].items()
        if seen.result == "oops"
    }
    assert {case.inputs[-1].op for case in lethal} == {"continue", "copy", "zeropage"}
    assert "crash" in suite.left_out


@pytest.mark.parametrize("extra", [0, 1])
def test_a_suite_claims_nothing_of_what_it_leaves_out(extra: int) -> None:
    crashes = complete(load("rfc_missing"), SMALL, extra=extra)
    left_out = crashes.left_out.split()[0]
    assert int(left_out) > 0
    assert f", but for {left_out} sequences that crash it, if the kernel" in crashes.claim
    whole = complete(load("v3_minor_noalloc"), SMALL, extra=extra)
    assert not whole.left_out
    assert "but for" not in whole.claim


def forgets_eexist(k: GuestMemfd, vma: Vma, pgoff: int, folio: Folio) -> int:
    if k.mfill_file_over_size(pgoff):
        return -14
    vma.ptes[pgoff] = "mapped"
    k.folio_put(folio)
    return 0


def test_a_kernel_with_an_errno_lost_fails_the_wp_suite() -> None:
    model = load("v3_minor_noalloc")
    forgets_eexist.__name__ = "mfill_atomic_install_pte"
    wrong = Revision(patch(model.kernel, forgets_eexist), "wrong")
    assert fails(wrong, complete(model, SMALL))
    assert not fails(model, complete(model, SMALL))


def test_a_state_more_than_the_model_needs_the_longer_suite() -> None:
    """A fault hidden behind one additional state is found by the suite for one more, not before."""
    base = load("base")

    class Hiding(Revision):
        def step(self, state: State, each: Input) -> tuple[State, Observation]:
            marked = state.userfault
            after, seen = base.step(state._replace(userfault=False), each)
            if each.op == "wake":
                return after._replace(userfault=True), seen
            if marked and each.op == "poison":
                return after, Observation("EIO")
            return after, seen

    hiding = Hiding(base.kernel, "hiding")
    world = World(values=("A",), alias=False, kvm=False)
    assert fails(hiding, complete(base, world, extra=1))


def test_random_walks_are_repeatable_and_name_their_seed() -> None:
    model = load("v3_minor_noalloc")
    first, again, other = (random_walks(model, BIG, seed, walks=3) for seed in (1, 1, 2))
    assert first.cases == again.cases
    assert first.cases != other.cases
    assert "seed 1" in first.cases[0].reason
    random.seed(99)
    assert random_walks(model, BIG, 1, walks=3).cases == first.cases


def test_every_witness_of_a_diff_is_a_case_and_tells_the_two_apart() -> None:
    a, b = load("rfc_missing"), load("v3_minor_noalloc")
    diff = compare(a, b, BIG)
    suite = distinguishing(a, diff)
    assert len(suite.cases) == len(diff.differences)
    sound(a, suite)
    assert fails(b, suite)
    assert not fails(a, suite)
