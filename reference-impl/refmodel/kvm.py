# SPDX-License-Identifier: GPL-2.0-or-later
"""guest_memfd and the software vCPU on 6.12, with the prerequisites every revision needs.

virt/kvm/guest_memfd.c of 6.12, plus a shared, mmap-able file (Fuad Tabba's mapping series, as
ported) and write() of "KVM: guest_memfd: use write for population" v3.
"""

from typing import ClassVar, NamedTuple

from refmodel.core import EFAULT, EINVAL, ENOSPC, ESPIPE, VM_FAULT_LOCKED, VM_FAULT_SIGBUS, rule
from refmodel.filemap import Folio, read_back
from refmodel.memory import Vmf
from refmodel.userfaultfd import Userfaultfd
from refmodel.world import MAPPED, Oops, Page, State

_WRITE_V3 = "write v3 1/2 <20250303130838.28812-2-kalyazin@amazon.com>"


PAGE = 2
"""Writes are measured in halves of a page."""


class Iter(NamedTuple):
    """struct iov_iter and position: ``length`` halves of ``value`` from half ``at`` of a page.

    Of the source only ``readable`` halves can be read.
    """

    value: str
    at: int
    length: int
    readable: int


def errno_name(err: int) -> str:
    """0 or a length -> ok, -EINVAL -> EINVAL."""
    return _ERRNO[-err] if err < 0 else "ok"


_ERRNO = {
    number: name
    for name, number in vars(__import__("errno")).items()
    if name.startswith("E") and name not in ("EWOULDBLOCK", "EDEADLOCK")
}


class GuestMemfd(Userfaultfd):
    """A shared guest_memfd that can be mapped and written, bound to a memslot."""

    vm_ops: ClassVar[dict[str, str]] = {"fault": "kvm_gmem_fault"}

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.stage2, self.bitmap = list(self.columns[4]), list(self.columns[5])
        self.userfault = state.userfault

    def freeze(self) -> State:
        """The state the input leaves behind; nobody may go on holding a lock."""
        before, leaked = self.state, self.state.leaked
        locked = self.invalidate_lock != 0
        for folio in self.folios:
            locked = locked or folio.locked
            leaked = leaked or folio.refs > 0
            if folio.refs < 0:
                raise Oops("a folio reference is dropped twice")
        if locked:
            raise Oops("returns to user space with a lock held")
        pages, cache = before.pages, self.page_cache
        columns = (
            [folio.content if folio else "" for folio in cache],
            [folio is not None and folio.uptodate for folio in cache],
            self.vma.ptes,
            [pte == MAPPED for pte in self.alias.ptes],
            self.stage2,
            self.bitmap,
            [folio is not None and folio.secret for folio in cache],
        )
        now = tuple(zip(*columns, strict=True))
        threads, flags, userfault = tuple(self.threads), self.vma.flags, self.userfault
        if now != pages:
            pages = tuple(
                old if old == new else Page._make(new) for old, new in zip(pages, now, strict=True)
            )
        elif (threads, flags, userfault, leaked) == (
            before.threads,
            before.flags,
            before.userfault,
            before.leaked,
        ):
            return before
        return State(pages, threads, self.size, flags, userfault, leaked)

    # ---- virt/kvm/guest_memfd.c ---------------------------------------------------------------

    def kvm_gmem_get_folio(self, index: int) -> Folio | int:
        return self.filemap_grab_folio(index)

    def kvm_gmem_mark_prepared(self, folio: Folio) -> None:
        folio.uptodate = True

    def kvm_gmem_fault(self, vmf: Vmf) -> int:
        """Fault handler of the mapping series: clears what was never filled, maps, no questions."""
        if vmf.pgoff >= self.size:
            return VM_FAULT_SIGBUS
        self.filemap_invalidate_lock_shared()
        folio = self.kvm_gmem_get_folio(vmf.pgoff)
        if isinstance(folio, int):
            return VM_FAULT_SIGBUS
        ret = self.kvm_gmem_map_folio(vmf, folio)
        self.filemap_invalidate_unlock_shared()
        return ret

    def kvm_gmem_map_folio(self, vmf: Vmf, folio: Folio) -> int:
        """The tail every fault handler shares; the folio is locked and stays so."""
        vmf.folio = folio
        if not folio.uptodate:
            self.clear_highpage(folio)
            self.kvm_gmem_mark_prepared(folio)
        return VM_FAULT_LOCKED

    def kvm_gmem_punch_hole(self, index: int) -> int:
        """Stage-2 first, then the page cache and user page tables; no userfaultfd event."""
        self.filemap_invalidate_lock()
        self.stage2[index] = False
        self.preempt("PUNCH_HOLE has unmapped stage-2, the folio is still cached")
        self.truncate_folio(index, self.vma.ptes, self.alias.ptes)
        self.filemap_invalidate_unlock()
        return 0

    def madvise_dontneed(self, pgoff: int) -> int:
        """The slot's userspace_addr is this mapping: KVM's MMU notifier drops stage-2, too.

        It does so although the pages of a guest_memfd are not reached through user page tables:
        kvm_unmap_gfn_range() of 6.12 does not look at the range's attr_filter.
        """
        self.stage2[pgoff] = False
        return super().madvise_dontneed(pgoff)

    def kvm_gmem_allocate(self, index: int) -> int:
        """Folios enter the cache without being cleared and without the uptodate flag."""
        if index >= self.size:
            return -EINVAL
        self.filemap_invalidate_lock_shared()
        folio = self.kvm_gmem_get_folio(index)
        if not isinstance(folio, int):
            self.folio_release(folio)
        self.filemap_invalidate_unlock_shared()
        return 0

    def kvm_gmem_prepare_folio(self, folio: Folio) -> None:
        self.clear_highpage(folio)
        self.kvm_gmem_mark_prepared(folio)

    def kvm_gmem_get_pfn(self, index: int) -> Folio | int:
        """Never asks userfaultfd: allocates, clears what is not uptodate."""
        folio = self.kvm_gmem_get_folio(index)
        if isinstance(folio, int):
            return folio
        if not folio.uptodate:
            self.kvm_gmem_prepare_folio(folio)
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
        if isinstance(folio, int):
            return -EFAULT
        ret = -ENOSPC if folio.uptodate else it.length
        self.folio_unlock(folio)
        if not folio.uptodate:
            self.preempt("write() has unlocked the folio and starts to copy")
            self.copy_from_user(folio, it.value, 0, it.readable)
            for half in range(it.readable, it.length):
                self.folio_zero_half(folio, half)  # copy_from_user() clears what it cannot fill
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
        del index
        return errno_name(-ESPIPE)

    gmem_write: ClassVar[str] = "kvm_kmem_gmem_write"
    """The function behind file_operations::write; '' where there is none."""

    # ---- the software vCPU --------------------------------------------------------------------

    bitmap_load: ClassVar[str] = ""
    """How a bit of the userfault bitmap is read, in the words of the kernel's memory model."""

    def load_early(self, index: int) -> str:
        """What the CPU may have read before the bitmap, where nothing orders the two."""
        del index
        return ""

    def kvm_do_userfault(self, index: int) -> str:
        """The exit KVM userfault makes of an access, '' for none.  Not in 6.12."""
        del index
        return ""

    def kvm_set_userfault(self, on: bool) -> int:
        """KVM_SET_USER_MEMORY_REGION2 with KVM_MEM_USERFAULT: an unknown flag in 6.12."""
        del on
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
            if isinstance(folio, int):
                return errno_name(folio)
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

    vm_ops: ClassVar[dict[str, str]] = {"fault": "kvm_gmem_fault_user_mapping"}

    def kvm_gmem_fault_user_mapping(self, vmf: Vmf) -> int:
        if vmf.pgoff >= self.size:
            return VM_FAULT_SIGBUS
        folio = self.kvm_gmem_get_folio(vmf.pgoff)
        if isinstance(folio, int):
            return VM_FAULT_SIGBUS
        return self.kvm_gmem_map_folio(vmf, folio)

    def generic_perform_write(self, index: int, it: Iter) -> int:
        """v6.18 mm/filemap.c: write_begin, copy, write_end under the folio's lock.

        What a short copy leaves over is tried again, from where write_end says.
        """
        at, left, readable, length, status = it.at, it.length, it.readable, it.length, 0
        while left:
            folio: Folio | int = getattr(self, self.a_ops["write_begin"])(index, at, length)
            if isinstance(folio, int):
                status = folio
                break
            self.preempt("write() holds the folio and starts to copy")
            copied = min(length, readable)
            self.copy_from_user(folio, it.value, at, copied)
            status = getattr(self, self.a_ops["write_end"])(index, folio, at, length, copied)
            if not status and not copied:
                status = -EFAULT  # fault_in_iov_iter_readable()
                break
            at, left, readable = at + status, left - status, readable - status
            length = left if status else copied
        return it.length - left or status

    a_ops: ClassVar[dict[str, str]] = {}
    """struct address_space_operations: write_begin and write_end, where write() is generic."""
