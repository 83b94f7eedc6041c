# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd missing and minor by vm_uffd_ops, fault codes (RFC, 2026-01-27)"""

from refmodel import core
from refmodel.core import (
    CONTINUE,
    COPY,
    EEXIST,
    EFAULT,
    ENOMEM,
    ZEROPAGE,
    Folio,
    Vma,
    Vmf,
    ops,
    rule,
)
from refmodel.kvm import GuestMemfd618
from refmodel.revisions.v1_shared_folio import VM_FAULT_UFFD_MINOR
from refmodel.world import STALE

_PATCH = "M RFC {0}/17 <20260127192936.1250096-{1}-rppt@kernel.org>"

VM_FAULT_UFFD_MISSING = 0x010000
_NEEDS = {CONTINUE: "get_folio_noalloc", COPY: "alloc_folio", ZEROPAGE: "alloc_folio"}


class UffdOps(GuestMemfd618):
    """mm/userfaultfd.c as patches 1 to 11 leave it; v2 has them alike, and they were merged."""

    @rule(_PATCH.format(7, 8), "vm_uffd_ops->can_userfault decides, for every mode")
    def vma_can_userfault(self, vma: Vma, vm_flags: int) -> bool:
        return bool(self.op(self.uffd_ops, "can_userfault")(vma, vm_flags))

    @rule(_PATCH.format(8, 9), "each operation needs its hook, POISON none; no mode is asked about")
    def vma_can_mfill_atomic(self, mode: str) -> bool:
        return mode == core.POISON_MODE or _NEEDS[mode] in self.uffd_ops

    @rule(_PATCH.format(8, 9), "every failure to find the folio is EFAULT")
    def mfill_atomic_pte_continue(self, vma: Vma, pgoff: int) -> int:
        folio: Folio | int = self.op(self.uffd_ops, "get_folio_noalloc")(pgoff)
        if isinstance(folio, int):
            return -EFAULT
        return self.mfill_atomic_install_locked(vma, pgoff, folio)

    @rule(_PATCH.format(10, 11), "COPY, ZEROPAGE: fill a folio, then cache, then page table")
    def shmem_mfill_atomic_pte(self, vma: Vma, pgoff: int, value: str | None) -> int:
        folio: Folio | None = self.op(self.uffd_ops, "alloc_folio")(pgoff)
        if folio is None:
            return -ENOMEM
        if value is None:
            self.clear_highpage(folio)
        else:
            self.copy_from_user(folio, value)
        folio.uptodate = True
        err: int = self.op(self.uffd_ops, "filemap_add")(pgoff, folio)
        if err:
            return err
        self.preempt("COPY has put the folio into the page cache, not mapped it yet")
        err = self.mfill_atomic_install_pte(vma, pgoff, folio)
        if err:
            self.op(self.uffd_ops, "filemap_remove")(pgoff, folio)
            self.folio_put(folio)
            return err
        self.folio_unlock(folio)
        return 0


class GmemUffdOps(UffdOps):
    vm_ops = ops(fault="kvm_gmem_fault_user_mapping", uffd_ops="kvm_gmem_uffd_ops")
    uffd_ops = ops(
        can_userfault="kvm_gmem_can_userfault",
        get_folio_noalloc="kvm_gmem_get_folio_noalloc",
        alloc_folio="kvm_gmem_folio_alloc",
        filemap_add="kvm_gmem_filemap_add",
        filemap_remove="kvm_gmem_filemap_remove",
    )

    @rule(_PATCH.format(14, 15), "every mode, for a file that is shared from the start")
    def kvm_gmem_can_userfault(self, vma: Vma, vm_flags: int) -> bool:
        return True

    @rule(_PATCH.format(14, 15), "the folio in the cache or ENOENT; filled or not is not looked at")
    def kvm_gmem_get_folio_noalloc(self, pgoff: int) -> Folio | int:
        return self.filemap_lock_folio(pgoff)

    @rule(_PATCH.format(15, 16), "a folio outside the cache; past the end of the file none")
    def kvm_gmem_folio_alloc(self, pgoff: int) -> Folio | None:
        if pgoff >= self.size:
            return None
        folio = Folio(STALE, uptodate=False)
        folio.refs += 1
        return folio

    @rule(_PATCH.format(15, 16), "EEXIST where the cache has the page already")
    def kvm_gmem_filemap_add(self, pgoff: int, folio: Folio) -> int:
        if self.page_cache[pgoff] is not None:
            return -EEXIST
        self.filemap_add_folio(pgoff, folio)
        return 0

    @rule(_PATCH.format(15, 16), "COPY that could not map takes its folio out of the cache again")
    def kvm_gmem_filemap_remove(self, pgoff: int, folio: Folio) -> None:
        self.filemap_remove_folio(pgoff, folio)


class Kernel(GmemUffdOps):
    names = "VM_FAULT_UFFD_MINOR VM_FAULT_UFFD_MISSING"
    covers = ("20260127192936.1250096-1-rppt@kernel.org",)

    @rule(_PATCH.format(12, 13), "->fault answers which event, the core raises it (missing: 13/17)")
    def _do_fault(self, vmf: Vmf) -> int:
        ret = self.call_fault(vmf)
        if ret & VM_FAULT_UFFD_MINOR:
            return self.handle_userfault(vmf, core.VM_UFFD_MINOR)
        if ret & VM_FAULT_UFFD_MISSING:
            return self.handle_userfault(vmf, core.VM_UFFD_MISSING)
        return ret

    @rule(_PATCH.format(14, 15), "size first; present, MINOR: event; absent, MISSING: event (15)")
    def kvm_gmem_fault_user_mapping(self, vmf: Vmf) -> int:
        if vmf.pgoff >= self.size:
            return core.VM_FAULT_SIGBUS
        folio = self.filemap_lock_folio(vmf.pgoff)
        if not isinstance(folio, int) and self.userfaultfd_minor(vmf.vma):
            self.folio_release(folio)
            return VM_FAULT_UFFD_MINOR
        if isinstance(folio, int):
            if self.userfaultfd_missing(vmf.vma):
                return VM_FAULT_UFFD_MISSING
            self.preempt("->fault has found no folio and is about to allocate one")
            folio = self.kvm_gmem_get_folio(vmf.pgoff)
        return self.kvm_gmem_map_folio(vmf, folio)
