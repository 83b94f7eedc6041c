# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd missing and minor by vm_uffd_ops, uffd_copy (draft in a reply, 2025)

COPY fills again what is there; a reference to a present page is never dropped.
"""

from refmodel import core
from refmodel.core import EFAULT, VM_UFFD_MINOR, VM_UFFD_MISSING, Vma, Vmf, ops, rule
from refmodel.revisions.p_draft_minor import DeclaredOps

_DRAFT = "reply to P v1 <20250620190342.1780170-1-peterx@redhat.com>"


class Kernel(DeclaredOps):
    uffd_ops = ops(uffd_get_folio="kvm_gmem_uffd_get_folio", uffd_copy="kvm_gmem_uffd_copy")
    uffd_features = VM_UFFD_MISSING | VM_UFFD_MINOR
    uffd_ioctls = frozenset({core.COPY, core.ZEROPAGE, core.CONTINUE})

    @rule(_DRAFT, "present, MINOR or absent, MISSING: event; filemap_get_entry() without a put")
    def kvm_gmem_fault_user_mapping(self, vmf: Vmf) -> int:
        if vmf.pgoff >= self.size:
            return core.VM_FAULT_SIGBUS
        if self.filemap_get_entry(vmf.pgoff) is not None and self.userfaultfd_minor(vmf.vma):
            return self.handle_userfault(vmf, VM_UFFD_MINOR)
        if self.page_cache[vmf.pgoff] is None and self.userfaultfd_missing(vmf.vma):
            return self.handle_userfault(vmf, VM_UFFD_MISSING)
        return self.kvm_gmem_map_folio(vmf, self.kvm_gmem_get_folio(vmf.pgoff))

    @rule(_DRAFT, "uffd_copy(): find or allocate, unlock, then copy; fills again what is there")
    def shmem_mfill_atomic_pte(self, vma: Vma, pgoff: int, value: str | None) -> int:
        if pgoff >= self.size:
            return -EFAULT
        folio = self.kvm_gmem_get_folio(pgoff)
        self.folio_unlock(folio)
        self.preempt("uffd_copy() has unlocked the folio and starts to copy")
        if value is None:
            self.clear_highpage(folio)
        else:
            self.copy_from_user(folio, value)
        self.kvm_gmem_mark_prepared(folio)
        err = self.mfill_atomic_install_pte(vma, pgoff, folio)
        if err:
            self.folio_put(folio)
        return err
