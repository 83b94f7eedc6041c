# SPDX-License-Identifier: GPL-2.0-or-later
"""shared memory (memfd) on 6.12, for comparison

What "missing" and "minor" have always meant.  KVM reaches such memory through user page tables, so
a vCPU's access is a fault like any other, and userfaultfd sees it.  Rules: 6.12 mm/shmem.c.
"""

from refmodel import core
from refmodel.core import EFAULT, ENOENT, EPERM, VM_FAULT_SIGBUS, Folio, Vmf, ops, rule
from refmodel.filemap import read_back
from refmodel.kvm import PAGE, GuestMemfd, Iter
from refmodel.world import MAPPED

_SOURCE = "6.12 mm/shmem.c"


class UserMemory(GuestMemfd):
    """Memory that is not a guest_memfd: shmem's, hugetlb's, in part anonymous memory's rules."""

    gmem_write = ""

    def userfault_or_grab(self, vmf: Vmf) -> int:
        """Size first; present and MINOR: event; absent and MISSING: event; else allocate."""
        if vmf.pgoff >= self.size:
            return VM_FAULT_SIGBUS
        if self.page_cache[vmf.pgoff] is not None:
            if self.userfaultfd_minor(vmf.vma):
                return self.handle_userfault(vmf, core.VM_UFFD_MINOR)
        elif self.userfaultfd_missing(vmf.vma):
            return self.handle_userfault(vmf, core.VM_UFFD_MISSING)
        return self.kvm_gmem_map_folio(vmf, self.filemap_grab_folio(vmf.pgoff))

    @rule(_SOURCE, "a hole reads as zeros and stays one; nothing past the end")
    def file_read(self, index: int) -> str:
        folio = self.page_cache[index]
        if index >= self.size:
            return "short 0"
        return "value zero" if folio is None or not folio.uptodate else read_back(folio)

    @rule("6.12 virt/kvm/kvm_main.c", "hva_to_pfn(): the vCPU's access is a fault of thread k")
    def vcpu(self, index: int, value: str | None) -> str:
        if index >= self.size:
            return "exit mmio"
        return self.told("k", self.touch(len(self.threads) - 1, self.vma, index, value))


class Kernel(UserMemory):
    memory = "shmem"
    vm_ops = ops(fault="shmem_fault")
    gmem_write = "shmem_write"
    reach = "reads"

    @rule(_SOURCE, "size first; present and MINOR: event; absent and MISSING: event; else allocate")
    def shmem_fault(self, vmf: Vmf) -> int:
        return self.userfault_or_grab(vmf)

    @rule(
        "6.12 mm/memory.c",
        "do_read_fault(): filemap_map_pages() maps every page around that is cached and uptodate, "
        "unless uffd_disable_fault_around()",
    )
    def handle_mm_fault(self, vmf: Vmf) -> int:
        ptes, writes = vmf.vma.ptes, vmf.flags & core.FAULT_FLAG_WRITE
        if not writes and not ptes[vmf.pgoff] and not self.userfaultfd_minor(vmf.vma):
            for pgoff, folio in enumerate(self.page_cache[: self.size]):
                if folio is not None and folio.uptodate and not ptes[pgoff]:
                    ptes[pgoff] = MAPPED
            if ptes[vmf.pgoff] == MAPPED:
                return core.VM_FAULT_NOPAGE
        return super().handle_mm_fault(vmf)

    @rule(_SOURCE, "shmem_fallocate(): F_SEAL_GROW is tested before anything of the file is")
    def kvm_gmem_allocate(self, index: int) -> int:
        return -EPERM if index >= self.size else super().kvm_gmem_allocate(index)

    @rule(_SOURCE, "shmem_get_folio(SGP_NOALLOC): ENOENT, or the folio, cleared if never filled")
    def filemap_lock_folio(self, index: int) -> Folio | int:
        folio = self.filemap_get_entry(index)
        if folio is None:
            return -ENOENT
        self.folio_lock(folio)
        self.kvm_gmem_prepare_folio(folio)
        return folio

    @rule(_SOURCE, "any part of a page may be written, the rest of a new one is cleared; no growth")
    def shmem_write(self, index: int, it: Iter) -> int:
        if index >= self.size or not it.readable:
            return -EPERM if index >= self.size else -EFAULT
        folio = self.filemap_grab_folio(index)
        if not folio.uptodate and it.readable < PAGE:
            self.clear_highpage(folio)
        self.copy_from_user(folio, it.value, it.at, it.readable)
        folio.uptodate = True
        self.folio_release(folio)
        return it.readable
