# SPDX-License-Identifier: GPL-2.0-or-later
"""A rule of a model broken on purpose, a line of a kernel broken on purpose: both are caught.

The shortest sequence for a broken model is known from elsewhere: from comparing the broken model
with the right one, breadth first.
"""

# Functions here take the place of a model's; they are written as models write theirs.
# mypy: disable-error-code="no-untyped-def"

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from refmodel.model import Model, Revision, patch
from refmodel.revisions.rfc_missing import MODEL as RFC
from refmodel.revisions.v3_minor_noalloc import MODEL as V3
from refmodel.vocabulary import parse
from refmodel.world import MAPPED, POISON, World
from reviewtool.behaviour.compare import compare
from reviewtool.behaviour.conformance import Bench, SuiteResult, run_suites
from reviewtool.behaviour.difference import predict
from reviewtool.behaviour.guests import RunGuest, kernel_guest
from reviewtool.behaviour.suites import complete, scenarios
from tests.real.broken_kernels import MUTANTS, Mutant
from tests.real.conftest import BuildRevision

pytestmark = pytest.mark.kernel

SMALL = World(values=("A",), kvm=False)
LARGE = World(pages=2, threads=2, past_eof=True)
MODELS = {"rfc": RFC, "v3": V3}
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
        k.folio_unlock(folio)
        return 0x8000  # VM_FAULT_UFFD_MINOR
    return k.kvm_gmem_map_folio(vmf, folio)


def _no_event_is_raised(k, vmf):
    if vmf.pgoff >= k.size:
        return 2
    return k.kvm_gmem_map_folio(vmf, k.kvm_gmem_get_folio(vmf.pgoff))


def _write_overwrites(k, index, value):
    if index >= k.size:
        return -EINVAL
    folio = k.kvm_gmem_get_folio(index)
    k.copy_from_user(folio, value)
    k.kvm_gmem_mark_prepared(folio)
    k.folio_unlock(folio)
    return 0


def _write_may_exceed_the_file(k, index, value):
    return 0 if index >= k.size else -28


def _punching_does_nothing(k, index):
    return 0


def _fallocate_fills(k, index):
    if index >= k.size:
        return -EINVAL
    folio = k.kvm_gmem_get_folio(index)
    k.kvm_gmem_prepare_folio(folio)
    k.folio_unlock(folio)
    return 0


def _nobody_is_woken(k, pgoff):
    return None


def _dontneed_keeps_the_entry(k, pgoff):
    return 0


def _unregister_is_refused(k):
    return -EINVAL


def _the_guest_gets_no_page(k, index):
    return -EFAULT


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
    ("rfc", "kvm_gmem_get_pfn", _the_guest_gets_no_page),
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
    broken = Revision(
        "broken", f"{name} with {rule} broken", patch(right.kernel, **{rule: function})
    )
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


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: f"{each.name}: {each.what}")
def test_a_broken_kernel_fails_with_the_shortest_sequence(
    build_revision: BuildRevision, mutant: Mutant
) -> None:
    kernel = build_revision(mutant.name, (mutant.path, mutant.old, mutant.new))
    results = hold(kernel_guest(kernel.path, trusted=True), MODELS[mutant.name])
    assert not all(result.agrees for result in results)
    found = [each for result in results for each in result.disagreements]
    length = mutant.inputs.count(";") + 1
    assert (length, mutant.answer) in [(len(each.inputs), each.kernel[-1]) for each in found]
    assert min(len(each.inputs) for each in found) == length


def test_nothing_is_caught_where_nothing_is_broken(guest_of: Callable[[str], RunGuest]) -> None:
    for name, model in MODELS.items():
        results = hold(guest_of(name), model)
        assert all(result.agrees for result in results), results
        assert all(each.predicted for result in results for each in result.findings)
