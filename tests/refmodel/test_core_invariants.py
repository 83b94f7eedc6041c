# SPDX-License-Identifier: GPL-2.0-or-later
"""What holds of every kernel, whatever a revision does: random walks over every model."""

from itertools import permutations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from refmodel.model import Revision, conflicting
from refmodel.vocabulary import Input, Observation
from refmodel.world import MAPPED, POISON, STALE, State, World
from reviewtool.behaviour.described import describe
from reviewtool.behaviour.models import known, load

WORLD = World(pages=2, threads=2, past_eof=True, userfault=True)
MODELS = [load(name) for name in known()]


class Walk(RuleBasedStateMachine):
    """A random walk over a random model."""

    model: Revision
    state: State
    seen: Observation
    before: State

    @initialize(model=st.sampled_from(MODELS))
    def start(self, model: Revision) -> None:
        self.model = model
        self.state = self.before = model.initial(WORLD)
        self.seen = Observation("ok")

    @rule(each=st.data())
    def step(self, each: st.DataObject) -> None:
        chosen: Input = each.draw(st.sampled_from(self.model.alphabet(WORLD)))
        after, seen = self.model.step(self.state, chosen)
        if conflicting(after):
            return
        self.before, self.state, self.seen = self.state, after, seen
        again, same = self.model.step(self.before, chosen)
        assert (again, same) == (after, seen), "a step is a function of state and input"

    @invariant()
    def a_mapping_maps_what_the_page_cache_has(self) -> None:
        for page in self.state.pages:
            if page.pte == MAPPED or page.alias or page.stage2:
                assert page.present, describe(self.state)

    @invariant()
    def a_page_has_one_content(self) -> None:
        for page in self.state.pages:
            assert page.content in ("", "zero", STALE, *WORLD.values)
            assert page.pte in ("", MAPPED, POISON)
            assert page.present or not page.uptodate
            assert page.content != STALE or not page.uptodate or self.state.dead

    @invariant()
    def a_blocked_thread_has_a_cause(self) -> None:
        for waiting in filter(None, self.state.threads):
            assert waiting.event in ("missing", "minor")
            assert 0 <= waiting.page < len(self.state.pages)
            assert (waiting.value is None) == (waiting.access == "read")

    @invariant()
    def only_a_blocked_thread_is_resumed(self) -> None:
        slept = sum(each is not None for each in self.before.threads)
        assert sum(effect.startswith("resumed") for effect in self.seen.effects) <= slept

    @invariant()
    def the_dead_stay_dead(self) -> None:
        if self.before.dead:
            assert self.state == self.before
            assert self.seen.result == "dead"


Walk.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestWalk = Walk.TestCase


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_no_page_is_influenced_but_by_what_the_model_says_reaches_it(model: Revision) -> None:
    """Acting on p1 in between changes nothing p0 answers: what exact comparison rests on.

    Accesses are left out, and so is fault-around, which they cause.
    """
    if model.reach == "any":
        pytest.skip("the model says itself that pages influence each other")
    world = World(pages=2, values=("A",))
    one, two = (model.alphabet(World(pages=2, values=("A",), focus=page)) for page in (0, 1))
    by_a_thread = {"read", "write", "kvm-read"}  # one that sleeps on p1 is busy for p0
    if model.kernel.memory != "guest_memfd":
        by_a_thread |= {"vcpu-read", "vcpu-write"}
    local = [each for each in two if each.page == 1 and each.op not in by_a_thread]
    start = model.initial(world)
    for mode in ("missing", "minor", "missing+minor"):
        registered, _ = model.step(start, Input("register", word=mode))
        for first, second in permutations([each for each in one if each.page == 0], 2):
            state, _ = model.step(registered, first)
            expected = model.step(state, second)[1]
            for between in local:
                disturbed, seen = model.step(state, between)
                if disturbed.dead or state.dead:
                    continue
                assert model.step(disturbed, second)[1] == expected, (first, between, second, seen)
