# SPDX-License-Identifier: GPL-2.0-or-later
"""Races: what reviewers argued out of code by reading, found by trying every interleaving."""

import pytest

from reviewtool.behaviour.models import load
from reviewtool.behaviour.races import Race, races


@pytest.fixture(scope="module")
def rfc() -> tuple[Race, ...]:
    return races(load("rfc_missing")).races


def between(found: tuple[Race, ...], *operations: str) -> set[str]:
    return {
        race.finding.partition(":")[0]
        for race in found
        if {each[0].op for each in race.operations} == set(operations)
    }


def test_a_fault_during_write_sees_half_a_page(rfc: tuple[Race, ...]) -> None:
    """Peter Xu on the RFC, 2025-03-03: nothing protects a concurrent fault from partial data."""
    seen = between(rfc, "read", "pwrite")
    assert "half a page is seen" in seen
    assert "the page is seen before write() has filled it" in seen


def test_a_fault_during_write_loses_what_was_copied(rfc: tuple[Race, ...]) -> None:
    """Not in the mails: the handler clears a page that write() has filled in part."""
    assert "half of what was written is lost, though write() succeeded" in between(
        rfc, "read", "pwrite"
    )


def test_punching_a_hole_deadlocks_with_a_fault(rfc: tuple[Race, ...]) -> None:
    """Not in the mails: the two take the folio lock and the invalidate lock in opposite order."""
    assert "deadlock" in between(rfc, "read", "punch")


def test_a_page_punched_out_of_the_file_can_be_mapped(rfc: tuple[Race, ...]) -> None:
    """The cover letter: truncation after locking the page is not handled."""
    assert "kernel crash" in between(rfc, "read", "punch")


def test_v3_has_neither_deadlock_nor_stray_mapping() -> None:
    found = races(load("v3_minor_noalloc"), operations=("read u0 p0", "punch p0")).races
    assert found == ()


def test_v3_maps_a_page_that_appears_between_its_two_lookups_without_an_event() -> None:
    found = races(load("v3_minor_noalloc"), operations=("write u0 p0 C", "vcpu-read p0")).races
    assert [str(race.setup[-1]) for race in found] == ["register minor"]


def test_the_lock_held_over_the_copy_ends_partial_pages() -> None:
    """write v4 and later: the folio is locked from write_begin to write_end."""
    assert races(load("write_v4")).races == ()
    first_filling = races(load("write_v7"), setups=("",), operations=("read u0 p0", "pwrite p0 B"))
    assert first_filling.races == ()


def test_overwriting_a_mapped_page_is_seen_in_progress() -> None:
    """write v7 allows it; existing page tables see the copy (D)."""
    assert "half a page is seen" in between(races(load("write_v7")).races, "read", "pwrite")


def test_a_cleared_bit_may_be_seen_before_the_page_it_guards() -> None:
    """Oliver Upton, 2025-06-18: a store-release without a load-acquire means nothing."""
    stale = "a stale page is read through a cleared bit"
    assert stale in [race.finding for race in races(load("kvm_userfault_v3")).races]
    assert stale not in [race.finding for race in races(load("kvm_userfault_v3_acquire")).races]


def test_a_schedule_can_be_read(rfc: tuple[Race, ...]) -> None:
    race = next(race for race in rfc if race.finding == "half a page is seen")
    text = str(race)
    assert "[pwrite p0 B] half of the page is copied" in text
    assert "[read u0 p0] value mixed" in text


def test_operations_that_do_not_meet_race_in_nothing() -> None:
    assert races(load("base"), operations=("read u0 p0", "vcpu-read p0")).races == ()
