# SPDX-License-Identifier: GPL-2.0-or-later
"""guest_memfd and the software vCPU on 6.12, with the prerequisites every revision needs.

6.12 virt/kvm/guest_memfd.c, with Fuad Tabba's mapping series as ported (a shared, mmap-able file)
and write() of "KVM: guest_memfd: use write for population" v3.
"""

import errno
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from refmodel import core
from refmodel.core import EFAULT, EINVAL, ENOSPC, Folio, Vmf, ops, rule
from refmodel.filemap import read_back
from refmodel.userfaultfd import Userfaultfd
from refmodel.world import MAPPED, Oops, Page, State

_WRITE_V3 = "write v3 1/2 <20250303130838.28812-2-kalyazin@amazon.com>"

PAGE = 2
"""Writes are measured in halves of a page."""
_ABSENT = Folio("", uptodate=False)


class Iter(NamedTuple):
    """struct iov_iter and position, in halves of a page; ``readable`` of the source can be read."""

    value: str
    at: int
    length: int
    readable: int


def errno_name(err: int) -> str:
    """0 or a length -> ok, -EINVAL -> EINVAL."""
    return errno.errorcode[-err] if err < 0 else "ok"


class GuestMemfd(Userfaultfd):
    """A shared guest_memfd that can be mapped and written, bound to a memslot."""

    vm_ops: ClassVar[Mapping[str, str]] = ops(fault="kvm_gmem_fault")
    a_ops: ClassVar[Mapping[str, str]] = {}
    """struct address_space_operations: write_begin and write_end, where write() is generic."""
    gmem_write: ClassVar[str] = "kvm_kmem_gmem_write"
    """The function behind file_operations::write; '' where there is none."""
    bitmap_load: ClassVar[str] = ""
    """How a bit of the userfault bitmap is read, in the words of the kernel's memory model."""
    names: ClassVar[str] = ""
    """What else a revision adds to the interface: flags, functions, fields; words apart."""
    covers: ClassVar[tuple[str, ...]] = ()
    """Message-ids of the postings it models: of the cover letter, or of the only patch."""
    variant: ClassVar[str] = ""
    """'' for the posting as posted, else what is changed of it (``repaired``, ``as meant``)."""
    reach: ClassVar[str] = ""
    """What acts on pages an input does not name: "" (nothing), "reads" (fault-around), "any"."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.stage2, self.bitmap = list(self.columns[4]), list(self.columns[5])
        self.userfault = state.userfault

    def freeze(self) -> State:
        """The state the input leaves behind; nobody may go on holding a lock."""
        before, leaked = self.state, self.state.leaked
        for folio in self.folios:
            leaked = leaked or folio.refs > 0
            if folio.refs < 0:
                raise Oops("a folio reference is dropped twice")
        if self.invalidate_lock or any(folio.locked for folio in self.folios):
            raise Oops("returns to user space with a lock held")
        cache = [folio or _ABSENT for folio in self.page_cache]
        ptes = zip(self.vma.ptes, self.alias.ptes, self.stage2, strict=True)
        pages = tuple(
            Page(its.content, its.uptodate, pte, alias == MAPPED, second, bit, its.secret)
            for its, (pte, alias, second), bit in zip(cache, ptes, self.bitmap, strict=True)
        )
        threads, flags = tuple(self.threads), self.vma.flags
        after = State(pages, threads, self.size, flags, self.userfault, leaked)
        return before if after == before else after

    def kvm_gmem_get_folio(self, index: int) -> Folio:
        return self.filemap_grab_folio(index)

    def kvm_gmem_mark_prepared(self, folio: Folio) -> None:
        folio.uptodate = True

    def kvm_gmem_prepare_folio(self, folio: Folio) -> Folio:
        """Clears what was never filled."""
        if not folio.uptodate:
            self.clear_highpage(folio)
            self.kvm_gmem_mark_prepared(folio)
        return folio

    def kvm_gmem_fault(self, vmf: Vmf) -> int:
        """Fault handler of the mapping series: clears what was never filled, maps, no questions."""
        if vmf.pgoff >= self.size:
            return core.VM_FAULT_SIGBUS
        self.filemap_invalidate_lock_shared()
        ret = self.kvm_gmem_map_folio(vmf, self.kvm_gmem_get_folio(vmf.pgoff))
        self.filemap_invalidate_unlock_shared()
        return ret

    def kvm_gmem_map_folio(self, vmf: Vmf, folio: Folio) -> int:
        """The tail every fault handler shares; the folio is locked and stays so."""
        vmf.folio = folio
        self.kvm_gmem_prepare_folio(folio)
        return core.VM_FAULT_LOCKED

    def kvm_gmem_punch_hole(self, index: int) -> int:
        """Stage-2 first, then the page cache and user page tables; no userfaultfd event."""
        self.filemap_invalidate_lock()
        self.stage2[index] = False
        self.preempt("PUNCH_HOLE has unmapped stage-2, the folio is still cached")
        self.truncate_folio(index, self.vma.ptes, self.alias.ptes)
        self.filemap_invalidate_unlock()
        return 0

    def madvise_dontneed(self, pgoff: int) -> int:
        """KVM's MMU notifier drops stage-2 as well, for this mapping is the slot's userspace_addr.

        6.12 kvm_unmap_gfn_range() does not look at attr_filter, which says that it need not.
        """
        self.stage2[pgoff] = False
        return super().madvise_dontneed(pgoff)

    def kvm_gmem_allocate(self, index: int) -> int:
        """Folios enter the cache without being cleared and without the uptodate flag."""
        if index >= self.size:
            return -EINVAL
        self.filemap_invalidate_lock_shared()
        self.folio_release(self.kvm_gmem_get_folio(index))
        self.filemap_invalidate_unlock_shared()
        return 0

    def kvm_gmem_get_pfn(self, index: int) -> Folio:
        """Never asks userfaultfd: allocates, clears what is not uptodate."""
        folio = self.kvm_gmem_prepare_folio(self.kvm_gmem_get_folio(index))
        self.folio_unlock(folio)
        return folio

    @rule(
        _WRITE_V3,
        "whole pages inside the file, else EINVAL; uptodate: ENOSPC; the folio is unlocked before "
        "the copy; what cannot be copied is zeroed, the page not marked: EINVAL",
    )
    def kvm_kmem_gmem_write(self, index: int, it: Iter) -> int:
        if it.at or it.length != PAGE or index >= self.size:
            return -EINVAL
        self.filemap_invalidate_lock_shared()
        folio = self.kvm_gmem_get_folio(index)
        ret = -ENOSPC if folio.uptodate else it.length
        self.folio_unlock(folio)
        if not folio.uptodate:
            self.preempt("write() has unlocked the folio and starts to copy")
            self.copy_from_user(folio, it.value, 0, it.readable)
            self.folio_zero_halves(folio, it.readable, it.length)  # as copy_from_user() does
            self.preempt("write() has copied, not marked uptodate yet")
            if it.readable == it.length:
                self.kvm_gmem_mark_prepared(folio)
            else:
                ret = -EINVAL
        self.folio_put(folio)
        self.filemap_invalidate_unlock_shared()
        return ret

    def file_read(self, index: int) -> str:
        """No FMODE_PREAD and no ->read."""
        return errno_name(-core.ESPIPE)

    # ---- the software vCPU --------------------------------------------------------------------

    def load_early(self, index: int) -> str:
        """What the CPU may have read before the bitmap, where nothing orders the two."""
        return ""

    def kvm_do_userfault(self, index: int) -> str:
        """The exit KVM userfault makes of an access, '' for none.  Not in 6.12."""
        return ""

    def kvm_set_userfault(self, on: bool) -> int:
        """KVM_SET_USER_MEMORY_REGION2 with KVM_MEM_USERFAULT: an unknown flag in 6.12."""
        return -EINVAL

    def vcpu(self, index: int, value: str | None) -> str:
        if index >= self.size:
            return "exit mmio"  # no memslot reaches beyond the file
        if not self.stage2[index]:
            seen, early = self.page_cache[index], self.load_early(index)
            leave = self.kvm_do_userfault(index)
            if leave:
                return leave
            folio = self.kvm_gmem_get_pfn(index)
            self.folio_put(folio)
            self.stage2[index] = True
            if early and value is None and folio is seen:
                return early
        found = self.page_cache[index]
        if found is None:
            raise AssertionError("stage-2 maps a page that left the page cache")
        if value is None:
            return read_back(found)
        found.content = value
        return "ok"


class GuestMemfd618(GuestMemfd):
    """With the fault handler of v6.18: renamed, and without the invalidate lock."""

    vm_ops = ops(fault="kvm_gmem_fault_user_mapping")

    def kvm_gmem_fault_user_mapping(self, vmf: Vmf) -> int:
        if vmf.pgoff >= self.size:
            return core.VM_FAULT_SIGBUS
        return self.kvm_gmem_map_folio(vmf, self.kvm_gmem_get_folio(vmf.pgoff))

    def generic_perform_write(self, index: int, it: Iter) -> int:
        """v6.18 mm/filemap.c: what a short copy leaves is tried again from where write_end says."""
        at, left, readable, length, status = it.at, it.length, it.readable, it.length, 0
        while left:
            folio: Folio | int = self.op(self.a_ops, "write_begin")(index * PAGE + at, length)
            if isinstance(folio, int):
                status = folio
                break
            self.preempt("write() holds the folio and starts to copy")
            copied = min(length, readable)
            self.copy_from_user(folio, it.value, at, copied)
            status = self.op(self.a_ops, "write_end")(index * PAGE + at, length, copied, folio)
            if not status and not copied:
                status = -EFAULT  # fault_in_iov_iter_readable()
                break
            at, left, readable = at + status, left - status, readable - status
            length = left if status else copied
        return it.length - left or status
