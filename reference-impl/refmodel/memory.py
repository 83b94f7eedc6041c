# SPDX-License-Identifier: GPL-2.0-or-later
"""Mappings of the file, and faults in them.  6.12 mm/memory.c."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from refmodel import core
from refmodel.core import VM_FAULT_ERROR, VM_FAULT_NOPAGE, VM_FAULT_RETRY, VM_FAULT_SIGBUS, Vma, Vmf
from refmodel.filemap import PageCache, read_back
from refmodel.world import MAPPED, POISON, Oops, State, Waiting

_FAULTS_BEFORE_LIVELOCK = 8


class Faults(PageCache):
    """What happens when a mapping is touched.  User threads and KVM's own thread sleep here."""

    vm_ops: ClassVar[Mapping[str, str]] = {}
    """struct vm_operations_struct of the mapping: hook -> function, by name."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.vma = Vma(state.flags, list(self.columns[2]))
        self.alias = Vma(0, [MAPPED if alias else "" for alias in self.columns[3]])
        self.threads = list(state.threads)
        self.effects: list[str] = []
        self.raised = ""

    def userfaultfd_missing(self, vma: Vma) -> bool:
        return bool(vma.flags & core.VM_UFFD_MISSING)

    def userfaultfd_minor(self, vma: Vma) -> bool:
        return bool(vma.flags & core.VM_UFFD_MINOR)

    def op(self, table: Mapping[str, str], slot: str) -> Callable[..., Any]:
        """The function behind a slot of an ops struct."""
        function: Callable[..., Any] = getattr(self, table[slot])
        return function

    def touch(self, thread: int, vma: Vma, pgoff: int, value: str | None) -> str:
        """An access, unless the thread is asleep in an earlier one."""
        return "busy" if self.threads[thread] else self.access(thread, vma, pgoff, value)

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
            ret = self.handle_mm_fault(Vmf(vma, pgoff, core.FAULT_FLAG_WRITE if value else 0))
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
            return core.VM_FAULT_HWPOISON  # do_swap_page() -> handle_pte_marker()
        ret = self._do_fault(vmf)
        if ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY):
            return ret
        self.preempt("the fault handler has the folio, not mapped yet")
        return ret | self.finish_fault(vmf)

    def _do_fault(self, vmf: Vmf) -> int:
        """__do_fault(): the file's own handler decides."""
        return self.call_fault(vmf)

    def call_fault(self, vmf: Vmf) -> int:
        return int(self.op(self.vm_ops, "fault")(vmf))

    def finish_fault(self, vmf: Vmf) -> int:
        if vmf.folio is None or not vmf.folio.locked:
            raise Oops("->fault returned VM_FAULT_LOCKED without a locked folio")
        if vmf.folio is not self.page_cache[vmf.pgoff]:
            raise Oops("a page that PUNCH_HOLE took out of the file is mapped")
        vmf.vma.ptes[vmf.pgoff] = MAPPED
        self.folio_release(vmf.folio)  # the reference is the page table's now
        return 0

    def handle_userfault(self, vmf: Vmf, reason: int) -> int:
        """Queue the event and sleep; SIGBUS where no userfaultfd is registered."""
        if not vmf.vma.flags:
            return VM_FAULT_SIGBUS
        self.raised = "missing" if reason == core.VM_UFFD_MISSING else "minor"
        return VM_FAULT_RETRY

    def madvise_dontneed(self, pgoff: int) -> int:
        """zap_page_range_single() without details: entries and poison markers alike."""
        self.vma.ptes[pgoff] = ""
        return 0
