# SPDX-License-Identifier: GPL-2.0-or-later
"""guest_memfd and the software vCPU on 6.12, with the prerequisites every revision needs.

virt/kvm/guest_memfd.c of 6.12, plus a shared, mmap-able file (Fuad Tabba's mapping series, as
ported) and write() of "KVM: guest_memfd: use write for population" v3.
"""

from collections.abc import Callable
from typing import ClassVar

from refmodel.core import (
    CONTINUE,
    COPY,
    EFAULT,
    EINVAL,
    ENOSPC,
    ESPIPE,
    POISON_MODE,
    VM_FAULT_LOCKED,
    VM_FAULT_SIGBUS,
    ZEROPAGE,
    Folio,
    Kernel,
    Vmf,
    read_back,
    rule,
)
from refmodel.vocabulary import Input
from refmodel.world import MODE_FLAGS

_WRITE_V3 = "write v3 1/2 <20250303130838.28812-2-kalyazin@amazon.com>"


def errno_name(err: int) -> str:
    """0 -> ok, -EINVAL -> EINVAL."""
    return "ok" if not err else _ERRNO[-err]


_ERRNO = {
    number: name
    for name, number in vars(__import__("errno")).items()
    if name.startswith("E") and name not in ("EWOULDBLOCK", "EDEADLOCK")
}


class GuestMemfd(Kernel):
    """A shared guest_memfd that can be mapped and written, bound to a memslot."""

    vm_ops: ClassVar[dict[str, str]] = {"fault": "kvm_gmem_fault"}

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
        self.truncate_folio(index)
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
            self.folio_unlock(folio)
            self.folio_put(folio)
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
        "absent: allocate and copy; allocated, not uptodate: copy; uptodate: ENOSPC; the folio is "
        "unlocked before the copy; beyond the size: EINVAL",
    )
    def kvm_kmem_gmem_write(self, index: int, value: str) -> int:
        if index >= self.size:
            return -EINVAL
        self.filemap_invalidate_lock_shared()
        folio = self.kvm_gmem_get_folio(index)
        if isinstance(folio, int):
            return -EFAULT
        uptodate = folio.uptodate
        self.folio_unlock(folio)
        if not uptodate:
            self.preempt("write() has unlocked the folio and starts to copy")
            self.copy_from_user(folio, value)
            self.preempt("write() has copied, not marked uptodate yet")
            self.kvm_gmem_mark_prepared(folio)
        self.folio_put(folio)
        self.filemap_invalidate_unlock_shared()
        return -ENOSPC if uptodate else 0

    def file_read(self, index: int) -> str:
        """No FMODE_PREAD and no ->read."""
        del index
        return errno_name(-ESPIPE)

    gmem_write: ClassVar[str] = "kvm_kmem_gmem_write"
    """The function behind file_operations::write; '' where there is none."""

    # ---- the software vCPU --------------------------------------------------------------------

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

    # ---- inputs -------------------------------------------------------------------------------

    def run(self, each: Input) -> str:
        """Carry out one input; returns its result."""
        result = OPERATIONS[each.op](self, each)
        if self.woken:
            self.settle()
        return result

    def user(self, each: Input) -> str:
        thread = each.thread or 0
        if self.threads[thread] is not None:
            return "busy"
        vma = self.alias if each.alias else self.vma
        return self.access(thread, vma, each.page or 0, each.value)

    def kvm_read_guest(self, each: Input) -> str:
        thread = len(self.threads) - 1
        if self.threads[thread] is not None:
            return "busy"
        return self.told("k", self.access(thread, self.vma, each.page or 0, None))

    def file_write(self, each: Input) -> str:
        if not self.gmem_write:
            return errno_name(-ESPIPE)  # no FMODE_PWRITE
        write: Callable[[int, str | None], int] = getattr(self, self.gmem_write)
        return errno_name(write(each.page or 0, each.value))

    def wake(self, each: Input) -> str:
        self.wake_userfault(each.page or 0)
        return "ok"

    def set_bit(self, each: Input) -> str:
        self.bitmap[each.page or 0] = each.word == "set"
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

    def generic_perform_write(self, index: int, value: str) -> int:
        """write_begin, copy, write_end, all under the folio's lock."""
        folio: Folio | int = getattr(self, self.a_ops["write_begin"])(index)
        if isinstance(folio, int):
            return folio
        self.preempt("write() holds the folio and starts to copy")
        self.copy_from_user(folio, value)
        getattr(self, self.a_ops["write_end"])(folio)
        return 0

    a_ops: ClassVar[dict[str, str]] = {}
    """struct address_space_operations: write_begin and write_end, where write() is generic."""


_Operation = Callable[[GuestMemfd, Input], str]
OPERATIONS: dict[str, _Operation] = {
    "register": lambda k, i: errno_name(k.userfaultfd_register(MODE_FLAGS[i.word or ""])),
    "unregister": lambda k, _: errno_name(k.userfaultfd_unregister()),
    "read": GuestMemfd.user,
    "write": GuestMemfd.user,
    "kvm-read": GuestMemfd.kvm_read_guest,
    "pread": lambda k, i: k.file_read(i.page or 0),
    "pwrite": GuestMemfd.file_write,
    "copy": lambda k, i: errno_name(k.mfill_atomic(i.page or 0, COPY, i.value)),
    "zeropage": lambda k, i: errno_name(k.mfill_atomic(i.page or 0, ZEROPAGE)),
    "continue": lambda k, i: errno_name(k.mfill_atomic(i.page or 0, CONTINUE)),
    "poison": lambda k, i: errno_name(k.mfill_atomic(i.page or 0, POISON_MODE)),
    "wake": GuestMemfd.wake,
    "writeprotect": lambda k, _: errno_name(k.mwriteprotect_range()),
    "dontneed": lambda k, i: errno_name(k.madvise_dontneed(i.page or 0)),
    "fallocate": lambda k, i: errno_name(k.kvm_gmem_allocate(i.page or 0)),
    "punch": lambda k, i: errno_name(k.kvm_gmem_punch_hole(i.page or 0)),
    "vcpu-read": lambda k, i: k.vcpu(i.page or 0, None),
    "vcpu-write": lambda k, i: k.vcpu(i.page or 0, i.value),
    "userfault": lambda k, i: errno_name(k.kvm_set_userfault(i.word == "on")),
    "bitmap": GuestMemfd.set_bit,
}
