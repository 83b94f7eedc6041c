# SPDX-License-Identifier: GPL-2.0-or-later
"""What each revision is asked, and the answers the mails (and nobody yet) gave."""

import pytest

from refmodel.vocabulary import format  # noqa: A004 - the word for it
from reviewtool.behaviour.models import known, load
from reviewtool.behaviour.properties import Answer, ask


def answers(name: str) -> dict[str, Answer]:
    return {each.question: each for each in ask(load(name))}


def shown(answer: Answer) -> tuple[str, str]:
    return format(answer.inputs), str(answer.observations[-1])


def test_the_rfc_crashes_exposes_memory_and_loses_data() -> None:
    rfc = answers("rfc_missing")
    assert rfc["the kernel survives"].verdict == "no"
    assert shown(rfc["no uninitialised memory is seen"]) == (
        "register missing; read u0 p0; fallocate p0; continue p0",
        "ok; resumed u0 value stale",
    )
    assert rfc["stage-2 and user mappings agree, nothing written is lost"].verdict == "no"
    assert shown(rfc["a missing event is resolved by COPY"]) == (
        "register missing; read u0 p0; copy p0 A",
        "oops",
    )


def test_v3_hands_out_zeros_under_minor() -> None:
    v3 = answers("v3_minor_noalloc")
    assert shown(v3["no page of zeros nobody asked for"]) == (
        "register minor; read u0 p0",
        "value zero",
    )
    assert v3["the kernel survives"].verdict == "yes"
    assert v3["a missing event is resolved by COPY"].verdict == "does not arise"


def test_v3_leaves_a_thread_asleep_when_its_range_is_unregistered() -> None:
    """Not in the mails: 6.12 wakes sleepers of a MISSING range only."""
    found = answers("v3_minor_noalloc")["unregistering leaves nobody asleep"]
    assert found.verdict == "no"
    assert format(found.inputs).endswith("unregister")


@pytest.mark.parametrize("name", known())
def test_every_no_has_a_witness(name: str) -> None:
    for each in ask(load(name)):
        assert each.verdict in ("yes", "no", "unknown", "does not arise")
        if each.holds is False:
            assert each.inputs
            assert len(each.inputs) == len(each.observations)
            assert each.detail


def test_an_unfinished_exploration_promises_nothing() -> None:
    found = ask(load("v3_minor_noalloc"), limit=5)
    assert not any(each.holds for each in found)
