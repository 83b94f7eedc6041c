# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC of March 2025: uffd missing, resolved by write() and UFFDIO_CONTINUE.

20250303133011.44095-1-kalyazin@amazon.com on write v3 (20250303130838.28812-1-kalyazin@amazon.com),
as ported to 6.12: the fault handler tests the file's size first.
"""

from refmodel.core import VM_FAULT_SIGBUS, rule
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vma, Vmf, userfaultfd_missing
from refmodel.model import Revision, patch
from refmodel.world import UFFD_FLAGS, VM_UFFD_MINOR, VM_UFFD_MISSING, Oops

_PATCH = "RFC {0}/5 <20250303133011.44095-{1}-kalyazin@amazon.com>"


@rule(_PATCH.format(1, 2), "every mapping of a guest_memfd is one; core mm asks KVM")
def kvm_gmem_vma_is_gmem(k: GuestMemfd, vma: Vma) -> bool:
    del vma
    return k.memory == "guest_memfd"


@rule(_PATCH.format(2, 3), "absent from the page cache and registered MISSING: missing event")
def kvm_gmem_fault(k: GuestMemfd, vmf: Vmf) -> int:
    if vmf.pgoff >= k.size:
        return VM_FAULT_SIGBUS
    folio = k.filemap_get_entry(vmf.pgoff)
    if folio is None and userfaultfd_missing(vmf.vma):
        return k.handle_userfault(vmf, VM_UFFD_MISSING)
    if folio is not None:
        k.folio_lock(folio)
    k.filemap_invalidate_lock_shared()
    found = folio if folio is not None else k.kvm_gmem_get_folio(vmf.pgoff)
    ret = VM_FAULT_SIGBUS if isinstance(found, int) else k.kvm_gmem_map_folio(vmf, found)
    k.filemap_invalidate_unlock_shared()
    return ret


@rule(_PATCH.format(3, 4), "MINOR is refused before guest_memfd is asked for; all else is accepted")
def vma_can_userfault(k: GuestMemfd, vma: Vma, vm_flags: int) -> bool:
    if vm_flags & UFFD_FLAGS & VM_UFFD_MINOR and not k.vma_is_shmem():
        return False
    return kvm_gmem_vma_is_gmem(k, vma) or k.vma_is_shmem()


@rule(_PATCH.format(4, 5), "the page cache is asked; absence is NULL, but only IS_ERR() is tested")
def mfill_atomic_pte_continue(k: GuestMemfd, vma: Vma, pgoff: int) -> int:
    folio = k.filemap_get_entry(pgoff)
    if folio is None:
        raise Oops("folio_lock(NULL) in mfill_atomic_pte_continue()")
    k.folio_lock(folio)
    return k.mfill_atomic_install_locked(vma, pgoff, folio)


@rule(_PATCH.format(4, 5), "guest_memfd passes for every operation, COPY and ZEROPAGE included")
def vma_can_mfill_atomic(k: GuestMemfd, mode: str) -> bool:
    del mode
    return kvm_gmem_vma_is_gmem(k, k.vma) or k.vma_is_shmem()


MODEL = Revision(
    name="rfc_missing",
    title="uffd missing, resolved by write() and UFFDIO_CONTINUE (RFC, 2025-03-03)",
    covers=("20250303133011.44095-1-kalyazin@amazon.com",),
    kernel=patch(
        GuestMemfd,
        kvm_gmem_vma_is_gmem,
        kvm_gmem_fault,
        vma_can_userfault,
        vma_can_mfill_atomic,
        mfill_atomic_pte_continue,
    ),
    hooks=frozenset({"fault", "kvm_gmem_vma_is_gmem"}),
)
