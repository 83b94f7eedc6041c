# SPDX-License-Identifier: GPL-2.0-or-later
"""A rule of a model broken on purpose, a line of a kernel broken on purpose: both are caught.

The shortest sequence for a broken model is known from elsewhere: from comparing the broken model
with the right one, breadth first.
"""

# Functions here take the place of a model's; they are written as models write theirs.
# mypy: disable-error-code="no-untyped-def"

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from refmodel.kvm import PAGE
from refmodel.model import Model, Revision
from refmodel.vocabulary import parse
from refmodel.world import MAPPED, POISON, World
from reviewtool.behaviour.compare import compare
from reviewtool.behaviour.conformance import Bench, SuiteResult, run_suites
from reviewtool.behaviour.difference import predict
from reviewtool.behaviour.guests import RunGuest, Settings, kernel_guest, record
from reviewtool.behaviour.models import load
from reviewtool.behaviour.patched import patch
from reviewtool.behaviour.suites import complete, scenarios
from tests.real.broken_kernels import MUTANTS, Kind, alive, edits, numbered
from tests.real.conftest import BuildRevision

M2 = load("m2_do_userfault")
RFC = load("rfc_missing")
V3 = load("v3_minor_noalloc")

pytestmark = pytest.mark.kernel

SMALL = World(values=("A",), kvm=False)
LARGE = World(pages=2, threads=2, past_eof=True)
MODELS = {"rfc": RFC, "v3": V3, "v2-2026": M2}
EINVAL, EEXIST, ENOENT, EFAULT = 22, 17, 2, 14


def hold(run: RunGuest, model: Model) -> tuple[SuiteResult, ...]:
    """Scenarios and the complete suite of a small world."""
    with ThreadPoolExecutor(2) as executor:
        suites = [scenarios(model, LARGE), complete(model, SMALL)]
        return run_suites(Bench(run, 0, executor, 2), model, suites)


# --------------------------------------------------------------------------------------- models


def _missing_is_accepted(k, vma, vm_flags):
    return True


def _missing_is_refused(k, vma, vm_flags):
    return False


def _continue_tells_absence_by_enoent(k, vma, pgoff):
    if k.page_cache[pgoff] is None:
        return -ENOENT
    return MODELS["v3"].kernel.mfill_atomic_pte_continue(k, vma, pgoff)


def _continue_survives_absence(k, vma, pgoff):
    if k.page_cache[pgoff] is None:
        return -EFAULT
    return MODELS["rfc"].kernel.mfill_atomic_pte_continue(k, vma, pgoff)


def _continue_maps_twice(k, vma, pgoff):
    vma.ptes[pgoff] = MAPPED
    return 0


def _poison_passes(k, mode):
    return mode in ("continue", "poison")


def _copy_is_refused(k, vma, pgoff, value):
    return -EINVAL


def _poison_replaces_poison(k, vma, pgoff):
    if vma.ptes[pgoff] == MAPPED:
        return -EEXIST
    vma.ptes[pgoff] = POISON
    return 0


def _absent_pages_raise_minor(k, vmf):
    if vmf.pgoff >= k.size:
        return 2  # VM_FAULT_SIGBUS
    folio = k.kvm_gmem_get_folio(vmf.pgoff)
    if vmf.vma.flags & 4:  # VM_UFFD_MINOR
        k.folio_release(folio)
        return 0x8000  # VM_FAULT_UFFD_MINOR
    return k.kvm_gmem_map_folio(vmf, folio)


def _no_event_is_raised(k, vmf):
    if vmf.pgoff >= k.size:
        return 2
    return k.kvm_gmem_map_folio(vmf, k.kvm_gmem_get_folio(vmf.pgoff))


def _write_overwrites(k, index, it):
    if it.at or it.length != PAGE or index >= k.size:
        return -EINVAL
    folio = k.kvm_gmem_get_folio(index)
    k.copy_from_user(folio, it.value, 0, it.readable)
    k.folio_zero_halves(folio, it.readable, it.length)
    if it.readable == it.length:
        k.kvm_gmem_mark_prepared(folio)
    k.folio_release(folio)
    return it.length if it.readable == it.length else -EINVAL


def _punching_does_nothing(k, index):
    return 0


def _fallocate_fills(k, index):
    if index >= k.size:
        return -EINVAL
    folio = k.kvm_gmem_get_folio(index)
    k.folio_release(k.kvm_gmem_prepare_folio(folio))
    return 0


def _nobody_is_woken(k, pgoff):
    return 0


def _dontneed_keeps_the_entry(k, pgoff):
    return 0


def _unregister_is_refused(k):
    return -EINVAL


def _the_guest_gets_no_page(k, index, value):
    return "exit mmio" if index >= k.size else "EFAULT"


BROKEN_RULES: list[tuple[str, str, Callable[..., object]]] = [
    ("v3", "vma_can_userfault", _missing_is_accepted),
    ("v3", "vma_can_mfill_atomic", _poison_passes),
    ("v3", "mfill_atomic_pte_continue", _continue_tells_absence_by_enoent),
    ("v3", "mfill_atomic_pte_continue", _continue_maps_twice),
    ("v3", "kvm_gmem_fault_user_mapping", _absent_pages_raise_minor),
    ("v3", "kvm_gmem_fault_user_mapping", _no_event_is_raised),
    ("v3", "kvm_kmem_gmem_write", _write_overwrites),
    ("v3", "kvm_gmem_punch_hole", _punching_does_nothing),
    ("v3", "madvise_dontneed", _dontneed_keeps_the_entry),
    ("v3", "wake_userfault", _nobody_is_woken),
    ("rfc", "vma_can_userfault", _missing_is_refused),
    ("rfc", "mfill_atomic_pte_continue", _continue_survives_absence),
    ("rfc", "shmem_mfill_atomic_pte", _copy_is_refused),
    ("rfc", "mfill_atomic_pte_poison", _poison_replaces_poison),
    ("rfc", "kvm_gmem_allocate", _fallocate_fills),
    ("rfc", "vcpu", _the_guest_gets_no_page),
    ("rfc", "userfaultfd_unregister", _unregister_is_refused),
]


@pytest.mark.parametrize(
    ("name", "rule", "function"),
    BROKEN_RULES,
    ids=[f"{name}{function.__name__}" for name, _, function in BROKEN_RULES],
)
def test_a_broken_rule_fails_with_the_shortest_sequence(
    guest_of: Callable[[str], RunGuest], name: str, rule: str, function: Callable[..., object]
) -> None:
    right = MODELS[name]
    assert hasattr(right.kernel, rule), f"{name} has no rule {rule} to break"
    broken = Revision(patch(right.kernel, **{rule: function}), f"{name} with {rule} broken")
    results = hold(guest_of(name), broken)
    found = min(
        (each for result in results for each in result.disagreements),
        key=lambda each: len(each.inputs),
    )
    assert not all(result.agrees for result in results)
    shortest = min(len(each.inputs) for each in compare(right, broken, SMALL).differences)
    assert len(found.inputs) == shortest, found
    assert found.reproduced
    word = parse("; ".join(found.inputs))
    assert found.model == tuple(map(str, predict(broken, LARGE, word)))
    assert found.kernel == tuple(map(str, predict(right, LARGE, word)))


# -------------------------------------------------------------------------------------- kernels


@pytest.fixture(scope="session")
def with_mutants(build_revision: BuildRevision) -> Callable[[str], Path]:
    """The kernel of a revision with all its mutants in it, none alive."""

    @cache
    def built(name: str) -> Path:
        return build_revision(name, *edits(name)).path

    return built


def first_caught(run: RunGuest, model: Model) -> SuiteResult | None:
    """The result of the first suite in which something is wrong, the quick one first.

    Sequences that end a guest when all is well are left out: each costs a boot.
    """
    with ThreadPoolExecutor(2) as executor:
        bench = Bench(run, 0, executor, 2)
        for suite in (scenarios(model, LARGE), complete(model, SMALL)):
            cases = tuple(case for case in suite.cases if not case.lethal)
            (result,) = run_suites(bench, model, [replace(suite, cases=cases)])
            if not result.agrees or not all(each.predicted for each in result.findings):
                return result
    return None


@pytest.mark.parametrize(
    ("name", "number"),
    [(name, number) for name in MODELS for number in numbered(name)],
    ids=[f"{name}: {each.what}" for name in MODELS for each in numbered(name).values()],
)
def test_a_mutant_is_caught_by_a_short_sequence(
    with_mutants: Callable[[str], Path], tmp_path: Path, name: str, number: int
) -> None:
    mutant = numbered(name)[number]
    run = kernel_guest(alive(with_mutants(name), number, tmp_path), trusted=True)
    assert first_caught(run, MODELS[name]) is not None, "nothing is wrong with it"
    word = parse(mutant.inputs.removesuffix("; close"))
    trace = record(run, Settings.of(LARGE), [(0, word)]).traces[0]
    if mutant.answer == "leak":
        assert "leak" in [event.kind for _, event in trace.events]
    else:
        assert trace.observations[-1] in mutant.answer.split(" or ")
        assert len(trace.observations) == mutant.inputs.count(";") + 1


@pytest.mark.parametrize("name", MODELS)
def test_a_kernel_whose_mutants_are_all_dead_is_as_good_as_one_without(
    with_mutants: Callable[[str], Path], name: str
) -> None:
    assert first_caught(kernel_guest(with_mutants(name), trusted=True), MODELS[name]) is None


def test_there_are_mutants_of_every_kind_in_three_ports() -> None:
    assert len(MUTANTS) >= 30
    assert {each.name for each in MUTANTS} == set(MODELS)
    assert {each.kind for each in MUTANTS} == set(get_args(Kind))
