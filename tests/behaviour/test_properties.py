# SPDX-License-Identifier: GPL-2.0-or-later
"""What each revision is asked, and the answers the mails (and nobody yet) gave."""

from dataclasses import replace
from functools import cache

import pytest

from refmodel.vocabulary import spell
from reviewtool.behaviour.models import known, load
from reviewtool.behaviour.properties import Answer, ask


@cache
def answers(name: str) -> dict[str, Answer]:
    return {each.question: each for each in ask(load(name))}


def shown(answer: Answer) -> tuple[str, str]:
    return spell(answer.inputs), str(answer.observations[-1])


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
    assert spell(found.inputs).endswith("unregister")


@pytest.mark.parametrize(
    ("name", "question", "inputs"),
    [
        # Neither April revision drops the reference it took before it sleeps (D).
        ("v2_minor_posted", "no folio is leaked", "register minor; read u0 p0"),
        ("v3_can_userfault", "no folio is leaked", "register minor; read u0 p0"),
        ("m2_do_userfault", "no event past the end of the file", "register missing; read u0 p1"),
        (
            "m2_do_userfault",
            "no uninitialised memory is seen",
            "register missing; read u0 p0; fallocate p0; continue p0",
        ),
        (
            "write_v6",
            "stage-2 and user mappings agree, nothing written is lost",
            "pwrite p0 A; read u0 p0",
        ),
        (
            "huge_missing",
            "under MISSING no page becomes present unseen",
            "register missing; pwrite p0 A",
        ),
        (
            "feature_minor_all",
            "every ioctl UFFDIO_REGISTER reports can succeed",
            "register minor; copy p0 A",
        ),
    ],
)
def test_a_no_that_the_mails_or_nobody_gave(name: str, question: str, inputs: str) -> None:
    found = answers(name)[question]
    assert found.verdict == "no"
    assert spell(found.inputs) == inputs


@pytest.mark.parametrize("name", ["mrfc_fault_codes", "m2_do_userfault", "userfault_m2_write_v7"])
def test_copy_resolves_a_missing_event_where_it_is_declared(name: str) -> None:
    assert answers(name)["a missing event is resolved by COPY"].verdict == "yes"


@pytest.mark.parametrize("name", [name for name in known() if name != "shmem"])
def test_every_no_has_a_witness(name: str) -> None:
    for each in answers(name).values():
        assert each.verdict in ("yes", "no", "unknown", "does not arise")
        if each.holds is False:
            assert each.inputs
            assert len(each.inputs) == len(each.observations)
            assert each.detail


def test_an_unfinished_exploration_promises_nothing() -> None:
    found = ask(load("v3_minor_noalloc"), limit=5)
    assert not any(each.holds for each in found)


def test_shmem_tells_of_everything_but_does_not_wake_for_minor() -> None:
    """What the memory everybody compares with answers, on one page: fault-around needs two."""
    shmem = {each.question: each for each in ask(replace(load("shmem"), reach=""))}
    assert shmem["under MISSING no page becomes present unseen"].verdict == "yes"
    assert shmem["a missing event is resolved by COPY"].verdict == "yes"
    assert shmem["no uninitialised memory is seen"].verdict == "yes"
    assert shmem["unregistering leaves nobody asleep"].verdict == "no"
