# SPDX-License-Identifier: GPL-2.0-or-later
"""A comparison of models is made once, and is the same when it is looked up."""

from pathlib import Path

import pytest

from refmodel.world import World
from reviewtool.behaviour.compare import BehaviourDiff
from reviewtool.behaviour.models import load
from reviewtool.review import compared as filed
from reviewtool.review.compared import compared

WORLD = World(pages=1, past_eof=True, short_writes=True)


@pytest.fixture
def no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    def search(*_: object) -> BehaviourDiff:
        raise AssertionError("it was computed before")

    monkeypatch.setattr(filed, "compare", search)


@pytest.mark.parametrize(
    "pair",
    [
        ("rfc_missing", "v3_minor_noalloc"),
        ("write_v4", "write_v5"),
        ("huge_missing", "huge_minor"),
        ("anonymous", "hugetlb"),
        ("kvm_userfault_v3", "kvm_userfault_v3_acquire"),
    ],
)
def test_what_is_looked_up_is_what_was_found(
    pair: tuple[str, str], cache: Path, request: pytest.FixtureRequest
) -> None:
    a, b = map(load, pair)
    found = compared(a, b, WORLD)
    request.getfixturevalue("no_search")
    assert compared(a, b, WORLD) == found


def test_another_world_and_other_models_are_another_question(
    cache: Path, request: pytest.FixtureRequest
) -> None:
    rfc, v3 = load("rfc_missing"), load("v3_minor_noalloc")
    compared(rfc, v3, WORLD)
    request.getfixturevalue("no_search")
    for other in ((rfc, v3, World(pages=1)), (v3, rfc, WORLD), (rfc, rfc, WORLD)):
        with pytest.raises(AssertionError, match="computed before"):
            compared(*other)


def test_a_search_that_was_cut_short_is_not_what_is_found_the_next_time(cache: Path) -> None:
    rfc, v3 = load("rfc_missing"), load("v3_minor_noalloc")
    assert compared(rfc, v3, WORLD, limit=5).partial
    assert not compared(rfc, v3, WORLD).partial
