# SPDX-License-Identifier: GPL-2.0-or-later
"""What every revision shares: page faults, userfaultfd and their ioctls, as Linux 6.12 has them.

Methods carry the names of the kernel functions they stand for (a leading ``__`` became ``_``).
Each works on a mutable copy of one state; a revision overrides the functions its patches change.
Sources are 6.12's mm/memory.c, mm/userfaultfd.c, mm/shmem.c and fs/userfaultfd.c unless stated.
"""

import errno
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar, NamedTuple, TypeVar, cast

from refmodel.world import (
    MAPPED,
    MIXED,
    POISON,
    STALE,
    UFFD_FLAGS,
    VM_UFFD_MINOR,
    VM_UFFD_MISSING,
    ZERO,
    Oops,
    Page,
    State,
    Waiting,
    thread_name,
)

EFAULT, EEXIST, EINVAL, ENOENT = errno.EFAULT, errno.EEXIST, errno.EINVAL, errno.ENOENT
ENOMEM, ENOSPC, ESPIPE = errno.ENOMEM, errno.ENOSPC, errno.ESPIPE

VM_FAULT_SIGBUS = 0x0002
VM_FAULT_HWPOISON = 0x0010
VM_FAULT_NOPAGE = 0x0100
VM_FAULT_LOCKED = 0x0200
VM_FAULT_RETRY = 0x0400
FAULT_FLAG_WRITE = 1 << 0

VM_FAULT_ERROR = VM_FAULT_SIGBUS | VM_FAULT_HWPOISON

COPY, ZEROPAGE, CONTINUE, POISON_MODE = "copy", "zeropage", "continue", "poison"

_FAULTS_BEFORE_LIVELOCK = 8


class Rule(NamedTuple):
    """What a revision's function does and where that is written."""

    function: str
    source: str
    text: str


_Function = TypeVar("_Function", bound=Callable[..., Any])


def rule(source: str, text: str) -> Callable[[_Function], _Function]:
    """Record which patch (series, number, message-id) a function follows, and what it does."""

    def mark(function: _Function) -> _Function:
        vars(function)["rule"] = Rule(function.__name__, source, text)
        return function

    return mark


def cited(function: _Function, source: str, text: str = "", name: str = "") -> _Function:
    """``function`` once more, for a later patch that has it unchanged, or under another name."""

    @wraps(function)
    def again(*arguments: object) -> object:
        return function(*arguments)

    again.__name__ = name or function.__name__
    return rule(source, text or vars(function)["rule"].text)(cast("_Function", again))


class Folio:
    """A page of the page cache.  One lock, one content.

    ``refs`` counts references functions hold, not those of the page cache and of page tables.
    """

    __slots__ = ("content", "locked", "refs", "uptodate")

    def __init__(self, content: str, uptodate: bool) -> None:
        self.content = content
        self.uptodate = uptodate
        self.locked = False
        self.refs = 0


class Vma:
    """A mapping of the whole file.  ``flags`` are its VM_UFFD_* flags; armed means registered."""

    __slots__ = ("flags", "ptes")

    def __init__(self, flags: int, ptes: list[str]) -> None:
        self.flags = flags
        self.ptes = ptes


class Vmf:
    """struct vm_fault, as far as anybody here looks at it.  ``folio`` is what ->fault found."""

    __slots__ = ("flags", "folio", "pgoff", "vma")

    def __init__(self, vma: Vma, pgoff: int, flags: int = 0) -> None:
        self.vma = vma
        self.pgoff = pgoff
        self.flags = flags
        self.folio: Folio | None = None


def halves(first: str, second: str) -> str:
    """The content of a page of two halves."""
    return first if first == second else f"{first}/{second}"


def halves_of(content: str) -> tuple[str, str]:
    first, slash, second = content.partition("/")
    return (first, second) if slash else (content, content)


def userfaultfd_missing(vma: Vma) -> bool:
    return bool(vma.flags & VM_UFFD_MISSING)


def userfaultfd_minor(vma: Vma) -> bool:
    return bool(vma.flags & VM_UFFD_MINOR)


def read_back(folio: Folio) -> str:
    """What a reader of a whole page learns."""
    return f"value {MIXED if '/' in folio.content else folio.content}"


class Kernel:
    """One kernel, for the length of one input, starting from ``state``."""

    memory: ClassVar[str] = "guest_memfd"
    """What the mappings map: guest_memfd, shmem."""
    vm_ops: ClassVar[Mapping[str, str]] = {}
    """struct vm_operations_struct of the mapping: hook -> function, by name."""
    uffd_ops: ClassVar[Mapping[str, str]] = {}
    """struct vm_uffd_ops, where a revision has one."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.size = state.size
        self.page_cache: list[Folio | None] = [
            Folio(page.content, page.uptodate) if page.content else None for page in state.pages
        ]
        self.folios = [folio for folio in self.page_cache if folio is not None]
        self.vma = Vma(state.flags, [page.pte for page in state.pages])
        self.alias = Vma(0, [MAPPED if page.alias else "" for page in state.pages])
        self.stage2 = [page.stage2 for page in state.pages]
        self.bitmap = [page.bit for page in state.pages]
        self.userfault = state.userfault
        self.threads = list(state.threads)
        self.effects: list[str] = []
        self.raised = ""
        self.woken: list[int] = []
        self.invalidate_lock = 0
        """i_mapping->invalidate_lock: its readers, or -1 while it is held exclusively."""

    def freeze(self) -> State:
        """The state the input leaves behind; nobody may go on holding a lock."""
        if self.invalidate_lock or any(folio.locked for folio in self.folios):
            raise Oops("returns to user space with a lock held")
        if any(folio.refs < 0 for folio in self.folios):
            raise Oops("a folio reference is dropped twice")
        leaked = self.state.leaked or any(folio.refs for folio in self.folios)
        pages = tuple(
            Page(
                "" if folio is None else folio.content,
                folio is not None and folio.uptodate,
                self.vma.ptes[index],
                self.alias.ptes[index] == MAPPED,
                self.stage2[index],
                self.bitmap[index],
            )
            for index, folio in enumerate(self.page_cache)
        )
        return State(pages, tuple(self.threads), self.size, self.vma.flags, self.userfault, leaked)

    def preempt(self, point: str) -> None:
        """Another thread may run here.  Only the race search lets one."""

    def wait_until(self, free: Callable[[], bool], what: str) -> None:
        """Sleep until ``free``.  Alone, a thread that has to wait waits for ever."""
        if not free():
            raise Oops(f"deadlock on {what}")

    # ---- page cache ---------------------------------------------------------------------------

    def folio_lock(self, folio: Folio) -> None:
        self.wait_until(lambda: not folio.locked, "a folio lock")
        folio.locked = True

    def folio_unlock(self, folio: Folio) -> None:
        if not folio.locked:
            raise Oops("folio_unlock() of an unlocked folio")
        folio.locked = False

    def folio_put(self, folio: Folio) -> None:
        folio.refs -= 1

    def filemap_invalidate_lock_shared(self) -> None:
        self.wait_until(lambda: self.invalidate_lock >= 0, "the invalidate lock")
        self.invalidate_lock += 1

    def filemap_invalidate_unlock_shared(self) -> None:
        self.invalidate_lock -= 1

    def filemap_invalidate_lock(self) -> None:
        self.wait_until(lambda: self.invalidate_lock == 0, "the invalidate lock")
        self.invalidate_lock = -1

    def filemap_invalidate_unlock(self) -> None:
        self.invalidate_lock = 0

    def filemap_get_entry(self, index: int) -> Folio | None:
        """With a reference, not locked; None where there is none."""
        folio = self.page_cache[index]
        if folio is not None:
            folio.refs += 1
        return folio

    def filemap_lock_folio(self, index: int) -> Folio | int:
        """Found, locked and with a reference, still part of the file; or ENOENT."""
        while True:
            folio = self.page_cache[index]
            if folio is None:
                return -ENOENT
            self.folio_lock(folio)
            if folio is self.page_cache[index]:
                folio.refs += 1
                return folio
            self.folio_unlock(folio)

    def filemap_grab_folio(self, index: int) -> Folio | int:
        """Find or create, locked; a created folio is neither cleared nor uptodate."""
        folio = self.filemap_lock_folio(index)
        if isinstance(folio, int):
            folio = self.filemap_add_folio(index, Folio(STALE, uptodate=False))
            folio.refs += 1
        return folio

    def filemap_add_folio(self, index: int, folio: Folio) -> Folio:
        """A new folio enters the file, locked."""
        self.page_cache[index] = folio
        self.folios.append(folio)
        folio.locked = True
        return folio

    def filemap_remove_folio(self, index: int, folio: Folio) -> None:
        self.page_cache[index] = None
        self.folio_unlock(folio)

    def truncate_folio(self, index: int) -> None:
        """truncate_inode_pages_range() of one page: unmap it everywhere, drop it.

        unmap_mapping_folio() has even_cows false, so a poison marker stays.
        """
        folio = self.page_cache[index]
        if folio is None:
            return
        self.folio_lock(folio)
        for vma in (self.vma, self.alias):
            if vma.ptes[index] == MAPPED:
                vma.ptes[index] = ""
        self.filemap_remove_folio(index, folio)

    def clear_highpage(self, folio: Folio) -> None:
        folio.content = ZERO

    def copy_from_user(self, folio: Folio, value: str) -> None:
        """The source may have to be faulted in half way."""
        folio.content = halves(value, halves_of(folio.content)[1])
        self.preempt("half of the page is copied")
        folio.content = halves(halves_of(folio.content)[0], value)

    # ---- faults -------------------------------------------------------------------------------

    def access(self, thread: int, vma: Vma, pgoff: int, value: str | None) -> str:
        """A user or kernel access to a mapping: 'ok', 'value X', 'sigbus' or 'blocked'."""
        for _ in range(_FAULTS_BEFORE_LIVELOCK):
            if vma.ptes[pgoff] == MAPPED:
                folio = self.page_cache[pgoff]
                if folio is None:
                    raise Oops("a page table entry maps a page that left the page cache")
                if value is None:
                    return read_back(folio)
                folio.content = value
                return "ok"
            self.raised = ""
            ret = self.handle_mm_fault(Vmf(vma, pgoff, FAULT_FLAG_WRITE if value else 0))
            if ret & VM_FAULT_ERROR:
                return "sigbus"
            if ret & VM_FAULT_RETRY and self.raised and vma.ptes[pgoff] != MAPPED:
                kind = "read" if value is None else "write"
                self.threads[thread] = Waiting(pgoff, kind, value, self.raised)
                self.effects.append(f"event {self.raised} p{pgoff} {kind}")
                return "blocked"
        raise Oops("livelock: the fault is retried for ever")

    def handle_mm_fault(self, vmf: Vmf) -> int:
        if vmf.vma.ptes[vmf.pgoff] == POISON:
            return VM_FAULT_HWPOISON  # do_swap_page() -> handle_pte_marker()
        ret = self._do_fault(vmf)
        if ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY):
            return ret
        self.preempt("the fault handler has the folio, not mapped yet")
        return ret | self.finish_fault(vmf)

    def _do_fault(self, vmf: Vmf) -> int:
        """__do_fault(): the file's own handler decides."""
        handler: Callable[[Vmf], int] = getattr(self, self.vm_ops["fault"])
        return handler(vmf)

    def finish_fault(self, vmf: Vmf) -> int:
        if vmf.folio is None or not vmf.folio.locked:
            raise Oops("->fault returned VM_FAULT_LOCKED without a locked folio")
        if vmf.folio is not self.page_cache[vmf.pgoff]:
            raise Oops("a page that PUNCH_HOLE took out of the file is mapped")
        vmf.vma.ptes[vmf.pgoff] = MAPPED
        self.folio_unlock(vmf.folio)
        self.folio_put(vmf.folio)  # the reference is the page table's now
        return 0

    def handle_userfault(self, vmf: Vmf, reason: int) -> int:
        """Queue the event and sleep; SIGBUS where no userfaultfd is registered."""
        if not vmf.vma.flags:
            return VM_FAULT_SIGBUS
        self.raised = "missing" if reason == VM_UFFD_MISSING else "minor"
        return VM_FAULT_RETRY

    # ---- userfaultfd --------------------------------------------------------------------------

    def vma_is_shmem(self) -> bool:
        return self.memory == "shmem"

    def vma_can_userfault(self, vma: Vma, vm_flags: int) -> bool:
        """6.12: anonymous, hugetlb and shmem memory only; WP is not built on this architecture."""
        del vma
        vm_flags &= UFFD_FLAGS
        if vm_flags & VM_UFFD_MINOR and not self.vma_is_shmem():
            return False
        return self.vma_is_shmem()

    def userfaultfd_register(self, flags: int) -> int:
        vma = self.vma
        if not self.vma_can_userfault(vma, flags):
            return -EINVAL
        # A range that has every mode asked for is left alone; otherwise the modes are replaced.
        if vma.flags & flags != flags:
            vma.flags = flags
        return 0

    def userfaultfd_unregister(self) -> int:
        """Only a range registered for MISSING has its sleepers woken."""
        vma = self.vma
        if not self.vma_can_userfault(vma, vma.flags):
            return -EINVAL
        if userfaultfd_missing(vma):
            for page in range(len(self.page_cache)):
                self.wake_userfault(page)
        vma.flags = 0
        return 0

    def wake_userfault(self, pgoff: int) -> None:
        for index, waiting in enumerate(self.threads):
            if waiting is not None and waiting.page == pgoff:
                self.woken.append(index)

    def vma_can_mfill_atomic(self, mode: str) -> bool:
        """The gate in mfill_atomic(): anonymous or shmem, CONTINUE for shmem only."""
        del mode
        return self.vma_is_shmem()

    def mfill_atomic(self, pgoff: int, mode: str, value: str | None = None) -> int:
        vma = self.vma
        if not vma.flags:
            return -ENOENT  # uffd_mfill_lock() -> validate_dst_vma()
        if not self.vma_can_mfill_atomic(mode):
            return -EINVAL
        err = self.mfill_atomic_pte(vma, pgoff, mode, value)
        if not err:
            self.wake_userfault(pgoff)
        return err

    def mfill_atomic_pte(self, vma: Vma, pgoff: int, mode: str, value: str | None) -> int:
        if mode == CONTINUE:
            return self.mfill_atomic_pte_continue(vma, pgoff)
        if mode == POISON_MODE:
            return self.mfill_atomic_pte_poison(vma, pgoff)
        return self.shmem_mfill_atomic_pte(vma, pgoff, value)

    def mfill_file_over_size(self, pgoff: int) -> bool:
        return pgoff >= self.size

    def mfill_atomic_install_pte(self, vma: Vma, pgoff: int, folio: Folio) -> int:
        """May overwrite a marker, never a page.  The page table takes over a reference."""
        if self.mfill_file_over_size(pgoff):
            return -EFAULT
        if vma.ptes[pgoff] == MAPPED:
            return -EEXIST
        vma.ptes[pgoff] = MAPPED
        self.folio_put(folio)
        return 0

    def mfill_atomic_pte_poison(self, vma: Vma, pgoff: int) -> int:
        """Refuses to overwrite anything, a marker included."""
        if self.mfill_file_over_size(pgoff):
            return -EFAULT
        if vma.ptes[pgoff]:
            return -EEXIST
        vma.ptes[pgoff] = POISON
        return 0

    def mfill_atomic_pte_continue(self, vma: Vma, pgoff: int) -> int:
        """shmem_get_folio(SGP_NOALLOC); every failure to find the folio is EFAULT."""
        folio = self.filemap_lock_folio(pgoff) if pgoff < self.size else -EINVAL
        if isinstance(folio, int):
            return -EFAULT if folio == -ENOENT else folio
        return self.mfill_atomic_install_locked(vma, pgoff, folio)

    def mfill_atomic_install_locked(self, vma: Vma, pgoff: int, folio: Folio) -> int:
        """How every version of CONTINUE ends; ``folio`` is locked and referenced."""
        err = self.mfill_atomic_install_pte(vma, pgoff, folio)
        self.folio_unlock(folio)
        if err:
            self.folio_put(folio)
        return err

    def shmem_mfill_atomic_pte(self, vma: Vma, pgoff: int, value: str | None) -> int:
        """COPY and ZEROPAGE (``value`` None) of a shared mapping."""
        if not self.vma_is_shmem():
            raise Oops("shmem_inode_acct_blocks() takes the inode for one of shmem's")
        if self.mfill_file_over_size(pgoff):
            return -EFAULT
        if self.page_cache[pgoff] is not None:
            return -EEXIST
        folio = Folio(ZERO if value is None else value, uptodate=True)
        folio.refs += 1
        self.filemap_add_folio(pgoff, folio)
        err = self.mfill_atomic_install_pte(vma, pgoff, folio)
        if err:
            self.filemap_remove_folio(pgoff, folio)
            self.folio_put(folio)
        else:
            self.folio_unlock(folio)
        return err

    def mwriteprotect_range(self) -> int:
        """No mapping can be registered for WP on this architecture."""
        return -ENOENT

    def madvise_dontneed(self, pgoff: int) -> int:
        """zap_page_range_single() without details: entries and poison markers alike."""
        self.vma.ptes[pgoff] = ""
        return 0

    # ---- the rest of the input ----------------------------------------------------------------

    def settle(self) -> None:
        """Run every woken thread until it is done or blocked again."""
        while self.woken:
            index = self.woken.pop(0)
            waiting = self.threads[index]
            if waiting is None:
                continue
            self.threads[index] = None
            result = self.access(index, self.vma, waiting.page, waiting.value)
            name = thread_name(index, self.state)
            if result != "blocked":
                self.effects.append(f"resumed {name} {self.told(name, result)}")

    def told(self, thread: str, result: str) -> str:
        """What a thread learns of an access: KVM's own gets an errno where a user gets a signal."""
        return "EFAULT" if thread == "k" and result == "sigbus" else result
