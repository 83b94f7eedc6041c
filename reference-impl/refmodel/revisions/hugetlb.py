# SPDX-License-Identifier: GPL-2.0-or-later
"""hugetlb memory (memfd) on 6.12, for comparison

A model only: User-Mode Linux has no huge pages.  MISSING and MINOR as for shmem, but no ZEROPAGE,
no write(), and fallocate() clears what it allocates.  Rules: 6.12 mm/hugetlb.c, fs/hugetlbfs.
"""

from refmodel import core
from refmodel.core import EEXIST, EFAULT, EPERM, Folio, Vma, Vmf, ops, rule
from refmodel.revisions.shmem import UserMemory
from refmodel.world import MAPPED, ZERO

_SOURCE = "6.12 mm/hugetlb.c"


class Kernel(UserMemory):
    memory = "hugetlb"
    vm_ops = ops(fault="hugetlb_no_page")

    @rule(_SOURCE, "hugetlb_no_page(): size first; absent and MISSING, present and MINOR: event")
    def hugetlb_no_page(self, vmf: Vmf) -> int:
        return self.userfault_or_grab(vmf)

    @rule("6.12 mm/userfaultfd.c", "mfill_atomic_hugetlb(): everything but ZEROPAGE")
    def vma_can_mfill_atomic(self, mode: str) -> bool:
        return mode != core.ZEROPAGE

    @rule(_SOURCE, "hugetlb_mfill_atomic_pte(): mapped first: EEXIST; past the end, absent: EFAULT")
    def mfill_atomic_pte_continue(self, vma: Vma, pgoff: int) -> int:
        if vma.ptes[pgoff] == MAPPED:
            return -EEXIST
        folio = self.filemap_lock_folio(pgoff)
        if isinstance(folio, int):
            return -EFAULT
        return self.mfill_atomic_install_locked(vma, pgoff, folio)

    @rule("6.12 fs/hugetlbfs/inode.c", "hugetlbfs_fallocate(): size first; cleared, uptodate")
    def kvm_gmem_allocate(self, index: int) -> int:
        if index >= self.size:
            return -EPERM
        if self.page_cache[index] is None:
            self.folio_unlock(self.filemap_add_folio(index, Folio(ZERO, uptodate=True)))
        return 0
