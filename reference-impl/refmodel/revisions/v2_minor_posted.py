# SPDX-License-Identifier: GPL-2.0-or-later
"""v2 of April 2025 as posted: uffd minor, raised by the fault handler, resolved by nothing.

20250402160721.97596-1-kalyazin@amazon.com.  Its CONTINUE calls ->fault, but none of its patches
opens the gate in mfill_atomic() to guest_memfd, so it is never reached.  The handler drops the lock
of the folio before it sleeps, not its reference.
"""

from refmodel.core import EFAULT, VM_FAULT_ERROR, VM_FAULT_SIGBUS, cited, rule
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vma, Vmf, userfaultfd_minor
from refmodel.model import Revision, patch
from refmodel.revisions import rfc_missing
from refmodel.world import VM_UFFD_MINOR

_PATCH = "v2 {0}/5 <20250402160721.97596-{1}-kalyazin@amazon.com>"

FAULT_FLAG_NO_USERFAULT_MINOR = 1 << 13


kvm_gmem_vma_is_gmem = cited(rfc_missing.kvm_gmem_vma_is_gmem, _PATCH.format(2, 3))


@rule(_PATCH.format(1, 2), "CONTINUE calls ->fault, telling it not to raise the event again")
def mfill_atomic_pte_continue(k: GuestMemfd, vma: Vma, pgoff: int) -> int:
    vmf = Vmf(vma, pgoff)
    vmf.flags |= FAULT_FLAG_NO_USERFAULT_MINOR
    ret = k.call_fault(vmf)
    if ret & VM_FAULT_ERROR or vmf.folio is None:
        return -EFAULT
    return k.mfill_atomic_install_locked(vma, pgoff, vmf.folio)


@rule(_PATCH.format(3, 4), "guest_memfd is accepted in every mode, unregistering included")
def vma_can_userfault(k: GuestMemfd, vma: Vma, vm_flags: int) -> bool:
    del vm_flags
    return kvm_gmem_vma_is_gmem(k, vma) or k.vma_is_shmem()


@rule(_PATCH.format(4, 5), "allocate, clear, mark prepared, then the event, present or not before")
def kvm_gmem_fault(k: GuestMemfd, vmf: Vmf) -> int:
    if vmf.pgoff >= k.size:
        return VM_FAULT_SIGBUS
    k.filemap_invalidate_lock_shared()
    folio = k.kvm_gmem_get_folio(vmf.pgoff)
    if isinstance(folio, int):
        ret = VM_FAULT_SIGBUS
    else:
        ret = k.kvm_gmem_map_folio(vmf, folio)
        if userfaultfd_minor(vmf.vma) and not vmf.flags & FAULT_FLAG_NO_USERFAULT_MINOR:
            k.folio_unlock(folio)
            k.filemap_invalidate_unlock_shared()
            return k.handle_userfault(vmf, VM_UFFD_MINOR)
    k.filemap_invalidate_unlock_shared()
    return ret


KERNEL = patch(
    GuestMemfd, kvm_gmem_vma_is_gmem, mfill_atomic_pte_continue, vma_can_userfault, kvm_gmem_fault
)

MODEL = Revision(
    name="v2_minor_posted",
    title="uffd minor raised by kvm_gmem_fault (v2, 2025-04-02), as posted",
    covers=("20250402160721.97596-1-kalyazin@amazon.com",),
    kernel=KERNEL,
    hooks=frozenset({"fault", "kvm_gmem_vma_is_gmem", "FAULT_FLAG_NO_USERFAULT_MINOR"}),
)
