# SPDX-License-Identifier: GPL-2.0-or-later
"""For comparison: shared memory of a memfd, sealed against growing, on unpatched 6.12.

What "missing" and "minor" have always meant.  KVM reaches such memory through user page tables, so
a vCPU's access is a fault like any other, and userfaultfd sees it.  Rules: 6.12 mm/shmem.c.
"""

from refmodel.core import (
    EFAULT,
    ENOENT,
    EPERM,
    FAULT_FLAG_WRITE,
    VM_FAULT_LOCKED,
    VM_FAULT_NOPAGE,
    VM_FAULT_SIGBUS,
    rule,
)
from refmodel.filemap import Folio, read_back
from refmodel.kvm import PAGE, GuestMemfd, Iter
from refmodel.memory import Vmf, userfaultfd_minor, userfaultfd_missing
from refmodel.model import Revision, patch
from refmodel.world import MAPPED, VM_UFFD_MINOR, VM_UFFD_MISSING

_SOURCE = "6.12 mm/shmem.c"


@rule(_SOURCE, "size first; present and MINOR: event; absent and MISSING: event; else allocate")
def shmem_fault(k: GuestMemfd, vmf: Vmf) -> int:
    if vmf.pgoff >= k.size:
        return VM_FAULT_SIGBUS
    folio = k.filemap_get_entry(vmf.pgoff)
    if folio is not None:
        k.folio_put(folio)
        if userfaultfd_minor(vmf.vma):
            return k.handle_userfault(vmf, VM_UFFD_MINOR)
    elif userfaultfd_missing(vmf.vma):
        return k.handle_userfault(vmf, VM_UFFD_MISSING)
    found = k.filemap_grab_folio(vmf.pgoff)
    if isinstance(found, int):
        return VM_FAULT_SIGBUS
    k.kvm_gmem_map_folio(vmf, found)
    return VM_FAULT_LOCKED


@rule(
    "6.12 mm/memory.c",
    "do_read_fault(): filemap_map_pages() maps every page around that is cached and uptodate, "
    "unless uffd_disable_fault_around()",
)
def handle_mm_fault(k: GuestMemfd, vmf: Vmf) -> int:
    vma = vmf.vma
    if not vmf.flags & FAULT_FLAG_WRITE and not vma.ptes[vmf.pgoff] and not userfaultfd_minor(vma):
        for pgoff, folio in enumerate(k.page_cache[: k.size]):
            if folio is not None and folio.uptodate and not vma.ptes[pgoff]:
                vma.ptes[pgoff] = MAPPED
        if vma.ptes[vmf.pgoff] == MAPPED:
            return VM_FAULT_NOPAGE
    return GuestMemfd.handle_mm_fault(k, vmf)


@rule(_SOURCE, "shmem_fallocate(): F_SEAL_GROW is tested before anything of the file is")
def kvm_gmem_allocate(k: GuestMemfd, index: int) -> int:
    return -EPERM if index >= k.size else GuestMemfd.kvm_gmem_allocate(k, index)


@rule(_SOURCE, "shmem_get_folio(SGP_NOALLOC): ENOENT, or the folio, cleared if it was never filled")
def filemap_lock_folio(k: GuestMemfd, index: int) -> Folio | int:
    folio = k.filemap_get_entry(index)
    if folio is None:
        return -ENOENT
    k.folio_lock(folio)
    if not folio.uptodate:
        k.kvm_gmem_prepare_folio(folio)
    return folio


@rule(_SOURCE, "any part of a page may be written, the rest of a new one is cleared; no growth")
def shmem_write(k: GuestMemfd, index: int, it: Iter) -> int:
    if index >= k.size or not it.readable:
        return -EPERM if index >= k.size else -EFAULT
    folio = k.filemap_grab_folio(index)
    if isinstance(folio, int):
        return folio
    if not folio.uptodate and it.readable < PAGE:
        k.clear_highpage(folio)
    k.copy_from_user(folio, it.value, it.at, it.readable)
    folio.uptodate = True
    k.folio_release(folio)
    return it.readable


@rule(_SOURCE, "a hole reads as zeros and stays one; nothing past the end")
def file_read(k: GuestMemfd, index: int) -> str:
    folio = k.page_cache[index]
    if index >= k.size:
        return "short 0"
    return "value zero" if folio is None or not folio.uptodate else read_back(folio)


@rule("6.12 virt/kvm/kvm_main.c", "hva_to_pfn(): the vCPU's access is a fault of thread k")
def vcpu(k: GuestMemfd, index: int, value: str | None) -> str:
    if index >= k.size:
        return "exit mmio"
    if k.threads[-1] is not None:
        return "busy"
    return k.told("k", k.access(len(k.threads) - 1, k.vma, index, value))


MODEL = Revision(
    name="shmem",
    title="shared memory (memfd) on 6.12, for comparison",
    kernel=patch(
        GuestMemfd,
        handle_mm_fault,
        shmem_fault,
        kvm_gmem_allocate,
        filemap_lock_folio,
        shmem_write,
        file_read,
        vcpu,
        memory="shmem",
        vm_ops={"fault": "shmem_fault"},
        gmem_write="shmem_write",
    ),
    hooks=frozenset({"fault"}),
    page_local=False,
)
