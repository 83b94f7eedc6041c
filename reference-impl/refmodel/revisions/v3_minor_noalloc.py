# SPDX-License-Identifier: GPL-2.0-or-later
"""v3 of November 2025: uffd minor by vm_operations_struct::get_folio_noalloc.

20251130111812.699259-1-rppt@kernel.org on v6.18's fault handler, as ported to 6.12 on write v3.
"""

from refmodel.core import (
    CONTINUE,
    EFAULT,
    ENOENT,
    VM_FAULT_SIGBUS,
    Folio,
    Vma,
    Vmf,
    rule,
    userfaultfd_minor,
)
from refmodel.kvm import GuestMemfd
from refmodel.model import Revision, patch
from refmodel.world import UFFD_FLAGS, VM_UFFD_MINOR

_PATCH = "v3 {0}/5 <20251130111812.699259-{1}-rppt@kernel.org>"

VM_FAULT_UFFD_MINOR = 0x8000


@rule(_PATCH.format(2, 3), "MINOR alone needs the hook only; combined it stays with shmem")
def vma_can_userfault(k: GuestMemfd, vma: Vma, vm_flags: int) -> bool:
    del vma
    vm_flags &= UFFD_FLAGS
    if vm_flags & VM_UFFD_MINOR:
        if vm_flags == VM_UFFD_MINOR and "get_folio_noalloc" in k.vm_ops:
            return True
        if not k.vma_is_shmem():
            return False
    return k.vma_is_shmem()


@rule(_PATCH.format(2, 3), "CONTINUE needs the hook; COPY, ZEROPAGE and POISON stay with shmem")
def vma_can_mfill_atomic(k: GuestMemfd, mode: str) -> bool:
    if mode == CONTINUE:
        return "get_folio_noalloc" in k.vm_ops
    return k.vma_is_shmem()


@rule(_PATCH.format(2, 3), "absent: EFAULT; other errors of the hook pass through")
def mfill_atomic_pte_continue(k: GuestMemfd, vma: Vma, pgoff: int) -> int:
    folio: Folio | int = getattr(k, k.vm_ops["get_folio_noalloc"])(pgoff)
    if isinstance(folio, int):
        return -EFAULT if folio == -ENOENT else folio
    return k.mfill_atomic_install_locked(vma, pgoff, folio)


@rule(_PATCH.format(3, 4), "->fault answers VM_FAULT_UFFD_MINOR, the core raises the event")
def _do_fault(k: GuestMemfd, vmf: Vmf) -> int:
    ret: int = getattr(k, k.vm_ops["fault"])(vmf)
    if ret & VM_FAULT_UFFD_MINOR:
        return k.handle_userfault(vmf, VM_UFFD_MINOR)
    return ret


@rule(_PATCH.format(4, 5), "present and registered MINOR: event; absent: allocated without one")
def kvm_gmem_fault_user_mapping(k: GuestMemfd, vmf: Vmf) -> int:
    if vmf.pgoff >= k.size:
        return VM_FAULT_SIGBUS
    folio = k.filemap_lock_folio(vmf.pgoff)
    if not isinstance(folio, int) and userfaultfd_minor(vmf.vma):
        k.folio_unlock(folio)
        k.folio_put(folio)
        return VM_FAULT_UFFD_MINOR
    if folio == -ENOENT:
        k.preempt("->fault has found no folio and is about to allocate one")
        folio = k.kvm_gmem_get_folio(vmf.pgoff)
    if isinstance(folio, int):
        return VM_FAULT_SIGBUS
    return k.kvm_gmem_map_folio(vmf, folio)


@rule(_PATCH.format(4, 5), "the folio in the cache, cleared if it was never filled, or ENOENT")
def kvm_gmem_get_folio_noalloc(k: GuestMemfd, pgoff: int) -> Folio | int:
    folio = k.filemap_lock_folio(pgoff)
    if not isinstance(folio, int) and not folio.uptodate:
        k.clear_highpage(folio)
        k.kvm_gmem_mark_prepared(folio)
    return folio


MODEL = Revision(
    name="v3_minor_noalloc",
    title="uffd minor by vm_ops->get_folio_noalloc (v3, 2025-11-30)",
    kernel=patch(
        GuestMemfd,
        vma_can_userfault,
        vma_can_mfill_atomic,
        mfill_atomic_pte_continue,
        _do_fault,
        kvm_gmem_fault_user_mapping,
        kvm_gmem_get_folio_noalloc,
        vm_ops={
            "fault": "kvm_gmem_fault_user_mapping",
            "get_folio_noalloc": "kvm_gmem_get_folio_noalloc",
        },
    ),
    hooks=frozenset({"fault", "get_folio_noalloc", "VM_FAULT_UFFD_MINOR"}),
)
