# SPDX-License-Identifier: GPL-2.0-or-later
"""Races shown on the embedded revisions' kernels: a write() is stopped half way, others go on."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from refmodel.model import Revision
from refmodel.vocabulary import parse
from reviewtool.behaviour.conformance import Bench, run_suite
from reviewtool.behaviour.guests import RunGuest, Settings, record
from reviewtool.behaviour.models import load
from reviewtool.behaviour.suites import random_walks, stopped_writes
from reviewtool.behaviour.verdict import LARGE
from tests.real.conftest import BuildRevision
from tests.real.test_um_kvm import run

RFC = load("rfc_missing")
V3 = load("v3_minor_noalloc")

pytestmark = pytest.mark.kernel


@pytest.mark.parametrize(("name", "model"), [("rfc", RFC), ("v3", V3)])
def test_the_kernel_loses_what_its_model_loses_every_time(
    guest_of: Callable[[str], RunGuest], name: str, model: Revision
) -> None:
    cases = stopped_writes(model, LARGE).cases * 5
    words = [(number, case.inputs) for number, case in enumerate(cases)]
    traces = record(guest_of(name), Settings.of(LARGE), words).traces
    for number, case in enumerate(cases):
        assert traces[number].observations == tuple(map(str, case.expected)), case.reason
    seen = {answer for trace in traces.values() for answer in trace.observations}
    assert "value mixed" in seen  # write() said ok, half of what it wrote is gone
    if name == "rfc":
        assert "ok; resumed u0 value mixed" in seen  # a reader was let go on into half a page


@pytest.mark.parametrize(("name", "model"), [("rfc", RFC), ("v3", V3)])
def test_a_write_that_is_cut_short_goes_as_the_model_says(
    guest_of: Callable[[str], RunGuest], name: str, model: Revision
) -> None:
    walks = random_walks(model, replace(LARGE, short_writes=True), seed=1, walks=30)
    result = run_suite(Bench(guest_of(name)), model, walks)
    assert result.agrees, [each.inputs for each in result.disagreements]


def test_the_rfc_maps_half_of_what_a_write_failed_to_write(
    guest_of: Callable[[str], RunGuest],
) -> None:
    text = "register missing; read u0 p0; pwrite-short p0 A; continue p0"
    trace = record(guest_of("rfc"), Settings.of(LARGE), [(0, parse(text))]).traces[0]
    assert trace.observations[2:] == ("EINVAL", "ok; resumed u0 value mixed")


@pytest.mark.parametrize(
    "case",
    [
        "a_fault_and_a_punched_hole_wait_for_each_other",
        "a_write_from_the_file_itself_and_a_punched_hole_wait_for_each_other",
    ],
)
def test_the_locks_of_the_rfc_let_two_threads_wait_for_ever(
    build_revision: BuildRevision, case: str
) -> None:
    ran = run(build_revision("rfc").path, "unsaid_cases", case)
    assert case in ran.passed, ran.console
