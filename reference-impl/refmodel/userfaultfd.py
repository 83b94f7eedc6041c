# SPDX-License-Identifier: GPL-2.0-or-later
"""userfaultfd and its ioctls, for the kinds of memory 6.12 knows.

6.12 mm/userfaultfd.c, fs/userfaultfd.c.  WP is not built on this architecture.
"""

from collections.abc import Mapping
from typing import ClassVar

from refmodel import core
from refmodel.core import CONTINUE, EEXIST, EFAULT, EINVAL, ENOENT, Folio, Vma
from refmodel.memory import Faults
from refmodel.world import MAPPED, POISON, ZERO, Oops, State, thread_name


class Userfaultfd(Faults):
    """A userfaultfd that may be registered on the first mapping."""

    memory: ClassVar[str] = "guest_memfd"
    """What the mappings map: guest_memfd, shmem, anonymous, hugetlb."""
    uffd_ops: ClassVar[Mapping[str, str]] = {}
    """struct vm_uffd_ops, where a revision has one."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.woken: list[int] = []

    def vma_is_shmem(self) -> bool:
        return self.memory == "shmem"

    def vma_can_userfault(self, vma: Vma, vm_flags: int) -> bool:
        """Anonymous, hugetlb and shmem memory; MINOR where there is a page cache."""
        if vm_flags & core.VM_UFFD_MINOR and self.memory not in ("shmem", "hugetlb"):
            return False
        return self.memory in ("shmem", "hugetlb", "anonymous")

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
        if self.userfaultfd_missing(vma):
            for page in range(len(self.page_cache)):
                self.wake_userfault(page)
        vma.flags = 0
        return 0

    def wake_userfault(self, pgoff: int) -> int:
        for index, waiting in enumerate(self.threads):
            if waiting is not None and waiting.page == pgoff:
                self.woken.append(index)
        return 0

    def vma_can_mfill_atomic(self, mode: str) -> bool:
        """The gate in mfill_atomic(): anonymous or shmem, CONTINUE for shmem only."""
        return self.vma_is_shmem() or (self.memory == "anonymous" and mode != CONTINUE)

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
        if mode == core.POISON_MODE:
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
        if self.memory == "guest_memfd":
            raise Oops("shmem_inode_acct_blocks() takes the inode for one of shmem's")
        if self.mfill_file_over_size(pgoff):
            return -EFAULT
        if self.page_cache[pgoff] is not None:
            return -EEXIST
        folio = self.filemap_add_folio(pgoff, Folio(value or ZERO, uptodate=True))
        folio.refs += 1
        return self.mfill_atomic_install_locked(vma, pgoff, folio)

    def mwriteprotect_range(self) -> int:
        """No mapping can be registered for WP on this architecture."""
        return -ENOENT

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
