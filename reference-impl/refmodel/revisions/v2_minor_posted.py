# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd minor raised by kvm_gmem_fault (v2, 2025-04-02), as posted

Its CONTINUE calls ->fault, but none of its patches opens the gate in mfill_atomic() to guest_memfd,
so it is never reached.  The handler drops the lock of the folio before it sleeps, not its
reference.
"""

from refmodel import core
from refmodel.core import EFAULT, VM_FAULT_ERROR, Vma, Vmf, rule, unchanged
from refmodel.kvm import GuestMemfd
from refmodel.revisions.rfc_missing import IsGmem

_PATCH = "v2 {0}/5 <20250402160721.97596-{1}-kalyazin@amazon.com>"

FAULT_FLAG_NO_USERFAULT_MINOR = 1 << 13


class Fault(GuestMemfd):
    @rule(_PATCH.format(1, 2), "CONTINUE calls ->fault, telling it not to raise the event again")
    def mfill_atomic_pte_continue(self, vma: Vma, pgoff: int) -> int:
        vmf = Vmf(vma, pgoff, FAULT_FLAG_NO_USERFAULT_MINOR)
        ret = self.call_fault(vmf)
        if ret & VM_FAULT_ERROR or vmf.folio is None:
            return -EFAULT
        return self.mfill_atomic_install_locked(vma, pgoff, vmf.folio)

    @rule(_PATCH.format(4, 5), "allocate, clear, mark prepared, then the event, present or not")
    def kvm_gmem_fault(self, vmf: Vmf) -> int:
        if vmf.pgoff >= self.size:
            return core.VM_FAULT_SIGBUS
        self.filemap_invalidate_lock_shared()
        folio = self.kvm_gmem_get_folio(vmf.pgoff)
        ret = self.kvm_gmem_map_folio(vmf, folio)
        if self.userfaultfd_minor(vmf.vma) and not vmf.flags & FAULT_FLAG_NO_USERFAULT_MINOR:
            self.folio_unlock(folio)
            self.filemap_invalidate_unlock_shared()
            return self.handle_userfault(vmf, core.VM_UFFD_MINOR)
        self.filemap_invalidate_unlock_shared()
        return ret


@unchanged(_PATCH.format(2, 3), "kvm_gmem_vma_is_gmem")
class Kernel(Fault, IsGmem):
    names = "FAULT_FLAG_NO_USERFAULT_MINOR"
    covers = ("20250402160721.97596-1-kalyazin@amazon.com",)

    @rule(_PATCH.format(3, 4), "guest_memfd is accepted in every mode, unregistering included")
    def vma_can_userfault(self, vma: Vma, vm_flags: int) -> bool:
        return self.kvm_gmem_vma_is_gmem(vma) or self.vma_is_shmem()
