# SPDX-License-Identifier: GPL-2.0-or-later
"""The semantic diff of the first pair: what took reviewers weeks of mail, with a witness each."""

from dataclasses import replace

import pytest

from refmodel.model import Revision
from refmodel.vocabulary import parse, spell
from refmodel.world import World
from reviewtool.behaviour.compare import BehaviourDiff, Difference, compare, components
from reviewtool.behaviour.explore import trace
from reviewtool.behaviour.models import known, load

WORLD = World(pages=2, threads=2, past_eof=True)


@pytest.fixture(scope="module")
def diff() -> BehaviourDiff:
    return compare(load("rfc_missing"), load("v3_minor_noalloc"), WORLD)


def told(diff: BehaviourDiff, cause: str) -> Difference:
    return next(each for each in diff.differences if each.cause == cause)


@pytest.mark.parametrize(
    ("cause", "inputs", "a", "b"),
    [
        ("registration of MISSING: ok against EINVAL", "register missing", "ok", "EINVAL"),
        ("registration of MINOR: EINVAL against ok", "register minor", "EINVAL", "ok"),
        (
            "a page absent from the cache: event against silent allocation",
            "register missing; register minor; read u0 p0",
            "blocked; event missing p0 read",
            "value zero",
        ),
        (
            "CONTINUE on an absent page: kernel crash against EFAULT",
            "register missing; register minor; continue p0",
            "oops",
            "EFAULT",
        ),
        (
            "COPY on an absent page: kernel crash against EINVAL",
            "register missing; register minor; copy p0 A",
            "oops",
            "EINVAL",
        ),
        (
            "a page in the cache, not mapped: silent mapping against event",
            "read u0 p0 @alias; register missing; register minor; read u0 p0",
            "value zero",
            "blocked; event minor p0 read",
        ),
        (
            "a mapped page only one of them takes for filled: uninitialised memory against zeros",
            "fallocate p0; register missing; register minor; continue p0; read u0 p0",
            "value stale",
            "value zero",
        ),
    ],
)
def test_the_rfc_and_v3_differ_as_the_mails_say(
    diff: BehaviourDiff, cause: str, inputs: str, a: str, b: str
) -> None:
    found = told(diff, cause)
    assert spell(found.inputs) == inputs
    assert str(found.a[-1]) == a
    assert str(found.b[-1]) == b


def test_copy_crashes_the_rfc_whatever_the_page(diff: BehaviourDiff) -> None:
    found = told(diff, "COPY on an absent page: kernel crash against EINVAL")
    assert "a mapped page" in found.also
    assert "a page past the end of the file" in found.also


def test_every_witness_shows_its_difference_on_the_models(diff: BehaviourDiff) -> None:
    for each in diff.differences:
        assert each.a[-1] != each.b[-1]
        assert trace(load(diff.a), WORLD, each.inputs).observations == each.a
        assert trace(load(diff.b), WORLD, each.inputs).observations == each.b


def test_a_difference_is_the_same_from_either_side(diff: BehaviourDiff) -> None:
    turned = compare(load("v3_minor_noalloc"), load("rfc_missing"), WORLD)
    assert len(turned.differences) == len(diff.differences)
    assert {each.inputs for each in turned.differences} == {
        each.inputs for each in diff.differences
    }


def test_revisions_that_refuse_every_registration_differ_in_nothing_else() -> None:
    diff = compare(load("write_v3"), load("v3_minor_noalloc"), WORLD)
    assert [each.cause for each in diff.differences] == ["registration of MINOR: EINVAL against ok"]


@pytest.mark.parametrize("name", [name for name in known() if load(name).page_local])
def test_a_model_is_equivalent_to_itself(name: str) -> None:
    diff = compare(load(name), load(name), WORLD)
    assert diff.equivalent
    assert diff.verdict == "equivalent within this world"


def test_a_bounded_search_claims_nothing_about_the_rest() -> None:
    diff = compare(load("v3_minor_noalloc"), load("v3_minor_noalloc"), WORLD, limit=10)
    assert diff.partial
    assert not diff.equivalent
    assert "not finished" in diff.verdict


def test_one_page_of_each_kind_stands_for_all() -> None:
    """The claim behind the speed: exploring both pages together finds the same differences."""
    a, b = load("rfc_missing"), load("v3_minor_noalloc")
    world = World(pages=2, threads=2, values=("A",), alias=False, kvm=False)
    assert len(components(a, b, World(pages=2, past_eof=True))) == 2
    whole = compare(without_locality(a), without_locality(b), world)
    parts = compare(a, b, world)
    assert whole.states > parts.states
    assert {each.cause for each in whole.differences} == {each.cause for each in parts.differences}
    assert [len(each.inputs) for each in whole.differences] == [
        len(each.inputs) for each in parts.differences
    ]


def without_locality(model: Revision) -> Revision:
    return replace(model, reach="any")


def test_the_sequence_of_a_difference_is_text_anybody_can_type(diff: BehaviourDiff) -> None:
    for each in diff.differences:
        assert parse(spell(each.inputs)) == each.inputs
