# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM for User-Mode Linux against KVM proper: the same sequences, the same answers.

What is compared with both is one model, that of a guest_memfd which can be mapped and nothing else:
the named scenarios, random walks, and a suite that tells the model from every other machine with as
few states. The real KVMs are this machine's own and, where there is one, kvm_amd under QEMU.
"""

from pathlib import Path

import pytest

from reviewtool.archive.read import read_file
from reviewtool.behaviour.conformance import Bench, SuiteResult, run_suites
from reviewtool.behaviour.guests import RunGuest, kernel_guest
from reviewtool.behaviour.models import load
from reviewtool.behaviour.suites import complete, random_walks, scenarios
from reviewtool.behaviour.verdict import LARGE, SMALL
from reviewtool.kernel.build import build
from reviewtool.paths import reference_impl
from reviewtool.review.session import Session, base_of
from reviewtool.tree.apply import apply
from reviewtool.tree.delta import base_folder, delta
from tests.real import qemu_kvm
from tests.real.host_kvm import host_guest, unusable

MODEL = load("base")

pytestmark = pytest.mark.kernel

NAMED = 40


def hold(guest: RunGuest) -> None:
    suites = (scenarios(MODEL, LARGE), random_walks(MODEL, LARGE, 1), complete(MODEL, SMALL))
    results = run_suites(Bench(guest), MODEL, suites)
    assert [each for result in results for each in result.disagreements] == []
    assert all(result.agrees for result in results)
    assert len(named(results)) >= NAMED


def named(results: tuple[SuiteResult, ...]) -> list[str]:
    """The sequences that are there for a reason of their own."""
    return [case.reason for case in results[0].results if case.outcome == "agrees"]


def test_this_machines_kvm() -> None:
    if why := unusable():
        pytest.skip(f"no real KVM to compare with: {why}")
    hold(host_guest)


def test_kvm_amd_under_qemu() -> None:
    if why := qemu_kvm.unusable():
        pytest.skip(f"no kvm_amd to compare with: {why}")
    hold(qemu_kvm.qemu_guest)


def test_the_unmodified_tree_that_has_it(session: Session) -> None:
    """A tree from 6.18 on, which guest_memfd can be mapped in: ``$REVIEWTOOL_TREE``."""
    base = base_of(session)
    if base.version.startswith("6."):
        pytest.skip(
            f"{base.describe} cannot map guest_memfd unmodified: name one by $REVIEWTOOL_TREE"
        )
    hold(kernel_guest(build(Path(base.path), trusted=True, title="the base").path, trusted=True))


def test_the_default_base_with_a_guest_memfd_that_can_be_mapped(session: Session) -> None:
    base = base_of(session)
    (series,) = read_file(reference_impl() / "study" / "guest_memfd" / "prerequisite-mmap.mbox")
    given = apply(base, series.patches, name="test/real-kvm")
    folder = base_folder(base, given)
    built = build(folder, delta(given), trusted=True, title="shared guest_memfd")
    hold(kernel_guest(built.path, trusted=True))
