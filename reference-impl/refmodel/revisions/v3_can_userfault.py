# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd minor by vm_ops->can_userfault (v3, 2025-04-04), repaired"""

from refmodel.core import VM_UFFD_MINOR, Vma, ops, rule
from refmodel.revisions import v3_can_userfault_posted

_REPAIR = "reply to v3 4/6 <dd851cab-eb22-40ae-b926-6f0eb1567299@amazon.com>"


class Kernel(v3_can_userfault_posted.Kernel):
    vm_ops = ops(fault="kvm_gmem_fault", can_userfault="kvm_gmem_can_userfault")
    covers = v3_can_userfault_posted.Kernel.covers
    variant = "repaired"

    @rule(_REPAIR, "MINOR, alone or with others, is what guest_memfd can do")
    def kvm_gmem_can_userfault(self, vma: Vma, vm_flags: int) -> bool:
        return bool(vm_flags & VM_UFFD_MINOR)

    @rule(_REPAIR, "the hook is asked about MINOR only where MINOR is asked for")
    def vma_can_userfault(self, vma: Vma, vm_flags: int) -> bool:
        if vm_flags & VM_UFFD_MINOR and not self.can_userfault(vma, VM_UFFD_MINOR):
            return False
        return self.can_userfault(vma, vm_flags)
