# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd minor by vm_ops->get_pagecache_folio (RFC, 2025-11-17)

->fault calls handle_userfault(), exported to KVM for it; the hook allocates, so CONTINUE does.
"""

from refmodel import core
from refmodel.core import CONTINUE, EFAULT, ENOENT, VM_UFFD_MINOR, Folio, Vma, Vmf, ops, rule
from refmodel.kvm import GuestMemfd618

_PATCH = "RFC {0}/4 <20251117114631.2029447-{1}-rppt@kernel.org>"

CORE = ("vma_can_userfault", "vma_can_mfill_atomic", "mfill_atomic_pte_continue")


class Continue(GuestMemfd618):
    """CONTINUE by a hook in vm_operations_struct, as v1, v2 and v3 have it under other names."""

    def folio_hook(self) -> str:
        """The slot that gives CONTINUE its folio, under whichever of its four names."""
        names = {"get_pagecache_folio", "get_shared_folio", "get_folio", "get_folio_noalloc"}
        return next((name for name in self.vm_ops if name in names), "")

    @rule(_PATCH.format(2, 3), "MINOR alone needs the hook only; combined it stays with shmem")
    def vma_can_userfault(self, vma: Vma, vm_flags: int) -> bool:
        return (vm_flags == VM_UFFD_MINOR and self.folio_hook() != "") or self.vma_is_shmem()

    @rule(_PATCH.format(2, 3), "CONTINUE needs the hook; COPY, ZEROPAGE and POISON stay with shmem")
    def vma_can_mfill_atomic(self, mode: str) -> bool:
        return self.folio_hook() != "" if mode == CONTINUE else self.vma_is_shmem()

    @rule(_PATCH.format(2, 3), "ENOENT of the hook becomes EFAULT, its other errors pass through")
    def mfill_atomic_pte_continue(self, vma: Vma, pgoff: int) -> int:
        folio: Folio | int = self.op(self.vm_ops, self.folio_hook())(pgoff)
        if isinstance(folio, int):
            return -EFAULT if folio == -ENOENT else folio
        return self.mfill_atomic_install_locked(vma, pgoff, folio)


class Kernel(Continue):
    vm_ops = ops(
        fault="kvm_gmem_fault_user_mapping", get_pagecache_folio="kvm_gmem_get_pagecache_folio"
    )
    names = "UFFD_FEATURE_MINOR_GENERIC handle_userfault"
    covers = ("20251117114631.2029447-1-rppt@kernel.org",)

    @rule(_PATCH.format(3, 4), "allocate if need be, then the event, present or not before")
    def kvm_gmem_fault_user_mapping(self, vmf: Vmf) -> int:
        if vmf.pgoff >= self.size:
            return core.VM_FAULT_SIGBUS
        folio = self.kvm_gmem_get_folio(vmf.pgoff)
        if self.userfaultfd_minor(vmf.vma):
            self.folio_release(folio)
            return self.handle_userfault(vmf, VM_UFFD_MINOR)
        return self.kvm_gmem_map_folio(vmf, folio)

    @rule(_PATCH.format(3, 4), "finds or allocates, even past the end; clears what was not filled")
    def kvm_gmem_get_pagecache_folio(self, pgoff: int) -> Folio | int:
        return self.kvm_gmem_prepare_folio(self.kvm_gmem_get_folio(pgoff))
