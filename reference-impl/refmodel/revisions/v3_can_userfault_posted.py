# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd minor by vm_ops->can_userfault (v3, 2025-04-04), as posted

guest_memfd never gets the hook, and MINOR is tested whatever mode is asked for: no registration
succeeds.  CONTINUE calls ->fault as v2's does; the flag is called FAULT_FLAG_USERFAULT_CONTINUE.
"""

from refmodel.core import CONTINUE, UFFD_FLAGS, VM_UFFD_MINOR, Vma, rule, unchanged
from refmodel.revisions.v2_minor_posted import Fault

_PATCH = "v3 {0}/6 <20250404154352.23078-{1}-kalyazin@amazon.com>"


@unchanged(_PATCH.format(1, 2), "mfill_atomic_pte_continue")
@unchanged(_PATCH.format(4, 5), "kvm_gmem_fault")
class Kernel(Fault):
    names = "can_userfault FAULT_FLAG_USERFAULT_CONTINUE UFFD_FEATURE_MINOR_GUEST_MEMFD"
    covers = ("20250404154352.23078-1-kalyazin@amazon.com",)

    def can_userfault(self, vma: Vma, vm_flags: int) -> bool:
        """vma->vm_ops->can_userfault, false where there is none."""
        if "can_userfault" not in self.vm_ops:
            return self.vma_is_shmem()
        return bool(self.op(self.vm_ops, "can_userfault")(vma, vm_flags))

    @rule(_PATCH.format(3, 4), "the hook must be there and say yes to MINOR, whatever is asked for")
    def vma_can_userfault(self, vma: Vma, vm_flags: int) -> bool:
        return self.can_userfault(vma, VM_UFFD_MINOR) and self.can_userfault(vma, vm_flags)

    @rule(_PATCH.format(3, 4), "whoever has the hook may do every operation, COPY and ZEROPAGE too")
    def vma_can_mfill_atomic(self, mode: str) -> bool:
        allowed = self.can_userfault(self.vma, UFFD_FLAGS)
        return allowed or (mode != CONTINUE and self.vma_is_shmem())
