# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd missing, resolved by write() and UFFDIO_CONTINUE (RFC, 2025-03-03)

On write v3 (20250303130838.28812-1-kalyazin@amazon.com), as ported to 6.12: the fault handler
tests the file's size first.
"""

from refmodel.core import VM_FAULT_SIGBUS, VM_UFFD_MINOR, VM_UFFD_MISSING, Vma, Vmf, rule
from refmodel.kvm import GuestMemfd
from refmodel.world import Oops

_PATCH = "RFC {0}/5 <20250303133011.44095-{1}-kalyazin@amazon.com>"


class IsGmem(GuestMemfd):
    names = "kvm_gmem_vma_is_gmem"

    @rule(_PATCH.format(1, 2), "every mapping of a guest_memfd is one; core mm asks KVM")
    def kvm_gmem_vma_is_gmem(self, vma: Vma) -> bool:
        return self.memory == "guest_memfd"


class Kernel(IsGmem):
    covers = ("20250303133011.44095-1-kalyazin@amazon.com",)

    @rule(_PATCH.format(2, 3), "absent from the page cache and registered MISSING: missing event")
    def kvm_gmem_fault(self, vmf: Vmf) -> int:
        if vmf.pgoff >= self.size:
            return VM_FAULT_SIGBUS
        folio = self.filemap_get_entry(vmf.pgoff)
        if folio is None and self.userfaultfd_missing(vmf.vma):
            return self.handle_userfault(vmf, VM_UFFD_MISSING)
        if folio is not None:
            self.folio_lock(folio)
        self.filemap_invalidate_lock_shared()
        ret = self.kvm_gmem_map_folio(vmf, folio or self.kvm_gmem_get_folio(vmf.pgoff))
        self.filemap_invalidate_unlock_shared()
        return ret

    @rule(_PATCH.format(3, 4), "MINOR is refused before guest_memfd is asked for; else accepted")
    def vma_can_userfault(self, vma: Vma, vm_flags: int) -> bool:
        if vm_flags & VM_UFFD_MINOR and not self.vma_is_shmem():
            return False
        return self.kvm_gmem_vma_is_gmem(vma) or self.vma_is_shmem()

    @rule(_PATCH.format(4, 5), "asks the page cache; absence is NULL, but only IS_ERR() is tested")
    def mfill_atomic_pte_continue(self, vma: Vma, pgoff: int) -> int:
        folio = self.filemap_get_entry(pgoff)
        if folio is None:
            raise Oops("folio_lock(NULL) in mfill_atomic_pte_continue()")
        self.folio_lock(folio)
        return self.mfill_atomic_install_locked(vma, pgoff, folio)

    @rule(_PATCH.format(4, 5), "guest_memfd passes for every operation, COPY and ZEROPAGE included")
    def vma_can_mfill_atomic(self, mode: str) -> bool:
        return self.kvm_gmem_vma_is_gmem(self.vma) or self.vma_is_shmem()
