# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd minor by vm_uffd_ops v1 (draft in a reply, 2025-06-25)"""

from typing import ClassVar

from refmodel import core
from refmodel.core import EFAULT, VM_UFFD_MINOR, Folio, Vma, Vmf, ops, rule
from refmodel.kvm import GuestMemfd618

_P1 = "P v1 4/4 <20250620190342.1780170-5-peterx@redhat.com>"
_DRAFT = "reply of 2025-06-25 to <20250620190342.1780170-1-peterx@redhat.com>"

CORE = ("vma_can_userfault", "vma_can_mfill_atomic", "mfill_atomic_pte_continue")


class DeclaredOps(GuestMemfd618):
    """The first vm_uffd_ops, which declares modes and ioctls apart."""

    uffd_features: ClassVar[int] = 0
    uffd_ioctls: ClassVar[frozenset[str]] = frozenset()
    names = "userfaultfd_ops uffd_features uffd_ioctls"

    @rule(_P1, "uffd_features must have every mode asked for")
    def vma_can_userfault(self, vma: Vma, vm_flags: int) -> bool:
        return not vm_flags & ~self.uffd_features

    @rule(_P1, "an ioctl that uffd_ioctls lacks is EINVAL")
    def vma_can_mfill_atomic(self, mode: str) -> bool:
        return mode in self.uffd_ioctls

    @rule(_P1, "CONTINUE maps what uffd_get_folio gives; where it gives none: EFAULT")
    def mfill_atomic_pte_continue(self, vma: Vma, pgoff: int) -> int:
        folio: Folio | int = self.op(self.uffd_ops, "uffd_get_folio")(pgoff)
        if isinstance(folio, int):
            return -EFAULT
        return self.mfill_atomic_install_locked(vma, pgoff, folio)

    @rule(_DRAFT, "finds or allocates, inside the file; clears what was never filled")
    def kvm_gmem_uffd_get_folio(self, pgoff: int) -> Folio | int:
        if pgoff >= self.size:
            return -EFAULT
        return self.kvm_gmem_prepare_folio(self.kvm_gmem_get_folio(pgoff))


class Kernel(DeclaredOps):
    uffd_ops = ops(uffd_get_folio="kvm_gmem_uffd_get_folio")
    uffd_features = VM_UFFD_MINOR
    uffd_ioctls = frozenset({core.CONTINUE})

    @rule(_DRAFT, "allocate, clear, mark prepared, then the event, present or not before")
    def kvm_gmem_fault_user_mapping(self, vmf: Vmf) -> int:
        folio = self.kvm_gmem_uffd_get_folio(vmf.pgoff)
        if isinstance(folio, int):
            return core.VM_FAULT_SIGBUS
        if self.userfaultfd_minor(vmf.vma):
            self.folio_release(folio)
            return self.handle_userfault(vmf, VM_UFFD_MINOR)
        return self.kvm_gmem_map_folio(vmf, folio)
