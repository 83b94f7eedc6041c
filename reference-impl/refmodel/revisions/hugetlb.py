# SPDX-License-Identifier: GPL-2.0-or-later
"""For comparison: a hugetlb memfd on unpatched 6.12; a page of this world is one huge page.

A model only: User-Mode Linux has no huge pages.  MISSING and MINOR as for shmem, but no ZEROPAGE,
no write(), and fallocate() clears what it allocates.  Rules: 6.12 mm/hugetlb.c, fs/hugetlbfs.
"""

from refmodel.core import EEXIST, EFAULT, EPERM, VM_FAULT_SIGBUS, ZEROPAGE, rule
from refmodel.filemap import Folio
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vma, Vmf, userfaultfd_minor, userfaultfd_missing
from refmodel.model import Revision, patch
from refmodel.revisions.shmem import file_read, vcpu
from refmodel.world import MAPPED, VM_UFFD_MINOR, VM_UFFD_MISSING, ZERO

_SOURCE = "6.12 mm/hugetlb.c"


@rule(_SOURCE, "hugetlb_no_page(): size first; absent and MISSING, present and MINOR: event")
def hugetlb_no_page(k: GuestMemfd, vmf: Vmf) -> int:
    if vmf.pgoff >= k.size:
        return VM_FAULT_SIGBUS
    if k.page_cache[vmf.pgoff] is None:
        if userfaultfd_missing(vmf.vma):
            return k.handle_userfault(vmf, VM_UFFD_MISSING)
    elif userfaultfd_minor(vmf.vma):
        return k.handle_userfault(vmf, VM_UFFD_MINOR)
    found = k.filemap_grab_folio(vmf.pgoff)
    return VM_FAULT_SIGBUS if isinstance(found, int) else k.kvm_gmem_map_folio(vmf, found)


@rule("6.12 mm/userfaultfd.c", "mfill_atomic_hugetlb(): everything but ZEROPAGE")
def vma_can_mfill_atomic(k: GuestMemfd, mode: str) -> bool:
    del k
    return mode != ZEROPAGE


@rule(_SOURCE, "hugetlb_mfill_atomic_pte(): mapped first: EEXIST; past the end, absent: EFAULT")
def mfill_atomic_pte_continue(k: GuestMemfd, vma: Vma, pgoff: int) -> int:
    if vma.ptes[pgoff] == MAPPED:
        return -EEXIST
    folio = k.filemap_lock_folio(pgoff)
    return -EFAULT if isinstance(folio, int) else k.mfill_atomic_install_locked(vma, pgoff, folio)


@rule("6.12 fs/hugetlbfs/inode.c", "hugetlbfs_fallocate(): F_SEAL_GROW first; cleared, uptodate")
def kvm_gmem_allocate(k: GuestMemfd, index: int) -> int:
    if index >= k.size:
        return -EPERM
    if k.page_cache[index] is None:
        k.folio_unlock(k.filemap_add_folio(index, Folio(ZERO, uptodate=True)))
    return 0


MODEL = Revision(
    name="hugetlb",
    title="hugetlb memory (memfd) on 6.12, for comparison",
    kernel=patch(
        GuestMemfd,
        hugetlb_no_page,
        vma_can_mfill_atomic,
        mfill_atomic_pte_continue,
        kvm_gmem_allocate,
        file_read,
        vcpu,
        memory="hugetlb",
        vm_ops={"fault": "hugetlb_no_page"},
        gmem_write="",
    ),
    hooks=frozenset({"fault"}),
)
