# SPDX-License-Identifier: GPL-2.0-or-later
"""The embedded revisions' kernels, built and booted, against their models."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from refmodel.vocabulary import parse, spell
from refmodel.world import World
from reviewtool.behaviour.conformance import Bench, run_suites
from reviewtool.behaviour.guests import GuestFailed, RunGuest, Settings, kernel_guest, record
from reviewtool.behaviour.ktap import parse as parse_ktap
from reviewtool.behaviour.ktap import write
from reviewtool.behaviour.models import load
from reviewtool.behaviour.results import as_ktap
from reviewtool.behaviour.suites import random_walks, scenarios
from reviewtool.behaviour.verdict import LARGE, document, hold, standard_suites
from tests.real.conftest import BuildRevision

RFC = load("rfc_missing")
V3 = load("v3_minor_noalloc")

pytestmark = pytest.mark.kernel

MODELS = {"rfc": RFC, "v3": V3}


@pytest.fixture
def play(guest_of: Callable[[str], RunGuest]) -> Callable[..., list[str]]:
    """One sequence in a guest of its own."""

    def run(name: str, text: str) -> list[str]:
        recording = record(guest_of(name), Settings(), [(0, parse(text))])
        return list(recording.traces[0].observations)

    return run


@pytest.mark.parametrize("name", MODELS)
def test_the_kernel_agrees_with_its_model(
    build_revision: BuildRevision, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = build_revision(name)
    # Only now: nothing may be remembered of another verdict, but the kernel may.
    monkeypatch.setenv("REVIEWTOOL_CACHE", str(tmp_path))
    others = [model for other, model in MODELS.items() if other != name]
    suites = standard_suites(MODELS[name], others)
    verdict = hold(kernel, MODELS[name], suites, revision=name, origin="port", base="6.12")
    assert verdict.agrees, [each.inputs for each in verdict.disagreements]
    assert verdict.clean
    assert verdict.cases == sum(len(suite.cases) for suite in suites) > 1500
    assert verdict.steps == sum(suite.steps for suite in suites)
    assert not verdict.remembered
    told = [case for suite in verdict.suites for case in suite.results]
    assert sum(case.count for case in told) == verdict.cases
    count = (len(told) + len(verdict.findings), 0, 0)
    assert parse_ktap(write([as_ktap(verdict)]))[0].count() == count
    shape = document(verdict)
    assert {each["name"] for each in shape["suites"]} == {each.name for each in suites}
    again = hold(kernel, MODELS[name], suites, revision=name, origin="port", base="6.12")
    assert again.remembered
    assert again.suites == verdict.suites


def test_the_crashes_of_the_rfc_are_found_and_named(
    guest_of: Callable[[str], RunGuest],
) -> None:
    with ThreadPoolExecutor(2) as executor:
        bench = Bench(guest_of("rfc"), 0, executor, 2)
        (result,) = run_suites(bench, RFC, [scenarios(RFC, LARGE)])
    assert result.agrees
    found = {each.event.title: each for each in result.findings}
    null = found["Kernel mode fault at addr 0x0 in folio_lock"]
    assert null.inputs == ("register missing", "continue p0")
    assert "mfill_atomic_continue" in null.event.frames
    assert all(each.predicted and each.event.kind == "oops" for each in result.findings)
    assert any("shmem_inode_acct_blocks" in title for title in found)


def test_what_the_two_revisions_do_with_an_absent_page(play: Callable[..., list[str]]) -> None:
    assert play("rfc", "register missing; read u0 p0; pwrite p0 A; continue p0") == [
        "ok",
        "blocked; event missing p0 read",
        "ok",
        "ok; resumed u0 value A",
    ]
    assert play("v3", "register minor; read u0 p0; continue p0; register missing") == [
        "ok",
        "value zero",
        "EEXIST",
        "EINVAL",
    ]


def test_stage_2_and_kvms_own_access(play: Callable[..., list[str]]) -> None:
    assert play("rfc", "register missing; kvm-read p0; vcpu-write p0 A; continue p0") == [
        "ok",
        "blocked; event missing p0 read",
        "ok",
        "ok; resumed k value A",
    ]
    assert play("v3", "vcpu-read p0; write u0 p0 B; vcpu-read p0; vcpu-read p1") == [
        "value zero",
        "ok",
        "value B",
        "exit mmio",
    ]


def test_a_page_nobody_filled_shows_what_was_there_before(play: Callable[..., list[str]]) -> None:
    # 0xaa of page_poison=1: CONTINUE of the RFC maps a folio as fallocate() left it.
    assert (
        play("rfc", "fallocate p0; register missing; continue p0; read u0 p0")[-1] == "value stale"
    )


def test_a_dead_guest_costs_its_sequence_only(guest_of: Callable[[str], RunGuest]) -> None:
    texts = ["read u0 p0", "register missing; continue p0", "write u0 p0 A; read u0 p0"]
    words = [(number, parse(text)) for number, text in enumerate(texts)]
    recording = record(guest_of("rfc"), Settings(), words)
    assert recording.guests == 2
    assert [recording.traces[number].observations for number in range(3)] == [
        ("value zero",),
        ("ok", "oops"),
        ("ok", "value A"),
    ]
    ((step, event),) = recording.traces[1].events
    assert (step, event.kind) == (1, "oops")


def test_the_same_sequence_gives_the_same_answer_a_hundred_times(
    guest_of: Callable[[str], RunGuest],
) -> None:
    word = random_walks(V3, World(pages=2, threads=2, past_eof=True), seed=5, walks=1).cases[0]
    settings = Settings(pages=2, past_eof=True, threads=2)
    recording = record(guest_of("v3"), settings, [(n, word.inputs) for n in range(100)])
    answers = {trace.observations for trace in recording.traces.values()}
    assert answers == {tuple(map(str, word.expected))}, spell(word.inputs)


def test_shmem_is_driven_in_the_same_guest(guest_of: Callable[[str], RunGuest]) -> None:
    word = parse("register missing; read u0 p0; copy p0 A; read u0 p0; read u0 p1")
    recording = record(guest_of("v3"), Settings(past_eof=True, vm_flags=None), [(0, word)])
    assert recording.traces[0].observations == (
        "ok",
        "blocked; event missing p0 read",
        "ok; resumed u0 value A",
        "value A",
        "sigbus",
    )


def test_flags_the_kernel_does_not_know_are_an_error_not_a_pass(
    guest_of: Callable[[str], RunGuest],
) -> None:
    with pytest.raises(GuestFailed, match="Invalid argument"):
        record(guest_of("v3"), Settings(vm_flags=1 << 40), [(0, parse("read u0 p0"))])


def test_a_kernel_that_does_not_boot_is_an_error_not_a_verdict(tmp_path: Path) -> None:
    broken = tmp_path / "linux"
    broken.write_bytes(b"#!/bin/sh\nexit 3\n")
    broken.chmod(0o700)
    with pytest.raises(GuestFailed, match="is no 64-bit little-endian ELF file"):
        record(kernel_guest(broken), Settings(), [(0, parse("read u0 p0"))])
