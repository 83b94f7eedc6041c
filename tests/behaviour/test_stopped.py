# SPDX-License-Identifier: GPL-2.0-or-later
"""A write() that stops half way: what a model says of it, and of those who do not wait for it."""

import pytest

from refmodel.vocabulary import parse
from refmodel.world import World
from reviewtool.behaviour.difference import may_run, predict
from reviewtool.behaviour.explore import trace
from reviewtool.behaviour.models import load
from reviewtool.behaviour.stopped import settled
from reviewtool.behaviour.suites import scenarios, stopped_writes
from reviewtool.behaviour.verdict import standard_suites

LARGE = World(pages=2, threads=2, past_eof=True)
RFC, V3 = load("rfc_missing"), load("v3_minor_noalloc")


def told(name: str, text: str) -> list[str]:
    return [str(each) for each in predict(load(name), LARGE, parse(text))]


def test_a_reader_that_is_continued_too_early_sees_half_a_page() -> None:
    """Peter Xu on the RFC, 2025-03-03: nothing protects a concurrent fault from partial data."""
    text = "register missing; read u0 p0; pwrite-stop p0 A; continue p0; go-on; read u1 p0"
    assert told("rfc_missing", text) == [
        "ok",
        "blocked; event missing p0 read",
        "stopped",
        "ok; resumed u0 value mixed",
        "ok; resumed w ok",
        "value A",
    ]


def test_a_fault_during_write_loses_the_part_that_was_written() -> None:
    text = "pwrite-stop p0 A; read u0 p0 @alias; go-on; read u1 p0 @alias"
    assert told("v3_minor_noalloc", text) == [
        "stopped",
        "value zero",
        "ok; resumed w ok",
        "value mixed",
    ]


def test_who_needs_a_lock_the_write_holds_waits_and_goes_on_after_it() -> None:
    text = "pwrite-stop p0 A; punch p0; go-on; read u0 p0"
    assert told("rfc_missing", text) == [
        "stopped",
        "blocked",
        "ok; resumed w ok; resumed x ok",
        "value zero",
    ]


def test_who_waits_for_a_lock_is_busy_until_then() -> None:
    """RFC v2 of November 2024 holds the invalidate lock exclusively while it copies."""
    text = "pwrite-stop p0 A; write u0 p1 B; read u0 p1; punch p1; fallocate p1; go-on; read u0 p1"
    assert told("write_rfc_v2", text)[1:-1] == [
        "blocked",
        "busy",
        "blocked",
        "busy",
        "ok; resumed u0 ok; resumed w ok; resumed x ok",
    ]


def test_under_the_folio_lock_a_reader_waits_for_the_whole_page() -> None:
    """write v4 of August 2025."""
    text = "pwrite-stop p0 A; read u0 p0; go-on"
    assert told("write_v4", text)[-2:] == ["blocked", "ok; resumed u0 value A; resumed w ok"]


def test_a_write_that_is_refused_stops_nowhere() -> None:
    assert told("rfc_missing", "read u0 p0; pwrite-stop p0 A; go-on")[1:] == ["ENOSPC", "idle"]


def test_nobody_interferes_and_it_is_an_ordinary_write() -> None:
    stopped = told("v3_minor_noalloc", "pwrite-stop p0 A; go-on; read u0 p0; vcpu-read p0")
    plain = trace(V3, LARGE, parse("pwrite p0 A; read u0 p0; vcpu-read p0")).observations
    assert stopped[2:] == [str(each) for each in plain[1:]]


def test_a_sequence_that_leaves_a_write_stopped_is_not_run() -> None:
    assert not settled(RFC, LARGE, parse("pwrite-stop p0 A; read u0 p0"))
    assert not may_run(RFC, LARGE, parse("pwrite-stop p0 A; read u0 p0"))
    assert may_run(RFC, LARGE, parse("pwrite-stop p0 A; read u0 p0; go-on"))


@pytest.mark.parametrize("model", [RFC, V3], ids=lambda model: model.name)
def test_the_races_are_a_suite_of_every_revision_whose_write_can_be_stopped(model) -> None:  # type: ignore[no-untyped-def] # a Revision
    suite = stopped_writes(model, LARGE)
    assert len(suite.cases) == 12
    assert any("mixed" in str(each) for case in suite.cases for each in case.expected)
    assert "races" in {each.name for each in standard_suites(model, walks=0)}
    assert not {case.inputs for case in suite.cases} & {
        case.inputs for case in scenarios(model, LARGE).cases
    }


def test_where_write_reads_its_source_first_there_is_no_such_suite() -> None:
    assert stopped_writes(load("write_v4"), LARGE).cases == ()
