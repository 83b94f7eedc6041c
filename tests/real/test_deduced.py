# SPDX-License-Identifier: GPL-2.0-or-later
"""What had been deduced of the revisions by reading, held against their kernels."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from refmodel.vocabulary import parse
from reviewtool import paths
from reviewtool.behaviour.guests import RunGuest, Settings, kernel_guest, record
from tests.real.conftest import BuildRevision
from tests.real.deduced import CLAIMS, Claim, shown
from tests.real.test_um_kvm import Run, names, run

pytestmark = pytest.mark.kernel

WORLD = Settings(pages=2, past_eof=True, threads=2)


@pytest.fixture(scope="module")
def answers(guest_of: Callable[[str], RunGuest]) -> Callable[[str], dict[str, str]]:
    """Of a revision: the kernel's last answer to every sequence that is claimed of it."""

    @cache
    def of(revision: str) -> dict[str, str]:
        texts = [r.inputs for claim in CLAIMS for r in claim.runs if r.revision == revision]
        words = [(number, parse(text)) for number, text in enumerate(texts)]
        traces = record(guest_of(revision), WORLD, words).traces
        return {text: traces[number].observations[-1] for number, text in enumerate(texts)}

    return of


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda each: f"{each.of}: {each.text}")
def test_a_kernel_answers_as_the_table_says(
    answers: Callable[[str], dict[str, str]], claim: Claim
) -> None:
    for each in claim.runs:
        assert answers(each.revision)[each.inputs] == each.answer, each


@cache
def cases(kernel: Path, module: str) -> Run:
    """A module's cases, run in a guest of the kernel."""
    return run(kernel, module)


@pytest.mark.parametrize("case", names("gmem_cases"))
def test_of_a_shared_guest_memfd(build_revision: BuildRevision, case: str) -> None:
    ran = cases(build_revision("v3").path, "gmem_cases")
    assert case in ran.passed, ran.console


@pytest.mark.parametrize("case", names("userfault_cases"))
def test_of_kvm_userfault(build_revision: BuildRevision, case: str) -> None:
    ran = cases(build_revision("kvm-userfault").path, "userfault_cases")
    assert case in ran.passed, ran.console


def test_as_posted_a_slot_loses_its_memory_with_the_flag(build_revision: BuildRevision) -> None:
    # The patch of the port that repairs it, taken out again.
    repair = ("virt/kvm/kvm_main.c", "r = kvm_gmem_rebind(old, new);", "r = 0;")
    kernel = build_revision("kvm-userfault", repair)
    text = "vcpu-write p0 A; userfault on; vcpu-read p0; userfault off; vcpu-read p0"
    recording = record(kernel_guest(kernel.path, trusted=True), WORLD, [(0, parse(text))])
    answers = recording.traces[0].observations
    assert answers[2] == answers[4] == "exit memory-fault none p0"


def test_the_page_of_the_study_shows_the_table() -> None:
    page = (paths.reference_impl() / "study" / "README.md").read_text().splitlines()
    assert [shown(claim) for claim in CLAIMS if shown(claim) not in page] == []
