# SPDX-License-Identifier: GPL-2.0-or-later
"""v3 of April 2025 repaired: v3_can_userfault_posted with the hunk its author sent afterwards.

20250404154352.23078-1-kalyazin@amazon.com with dd851cab-eb22-40ae-b926-6f0eb1567299@amazon.com:
guest_memfd gets the hook, and MINOR is tested only where it is asked for.
"""

from refmodel.core import rule
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vma
from refmodel.model import Revision, patch
from refmodel.revisions import v3_can_userfault_posted
from refmodel.revisions.v3_can_userfault_posted import can_userfault
from refmodel.world import UFFD_FLAGS, VM_UFFD_MINOR

_REPAIR = "reply to v3 4/6 <dd851cab-eb22-40ae-b926-6f0eb1567299@amazon.com>"


@rule(_REPAIR, "MINOR, alone or with others, is what guest_memfd can do")
def kvm_gmem_can_userfault(k: GuestMemfd, vma: Vma, vm_flags: int) -> bool:
    del k, vma
    return bool(vm_flags & VM_UFFD_MINOR)


@rule(_REPAIR, "the hook is asked about MINOR only where MINOR is asked for")
def vma_can_userfault(k: GuestMemfd, vma: Vma, vm_flags: int) -> bool:
    vm_flags &= UFFD_FLAGS
    if vm_flags & VM_UFFD_MINOR and not can_userfault(k, vma, VM_UFFD_MINOR):
        return False
    return can_userfault(k, vma, vm_flags)


MODEL = Revision(
    name="v3_can_userfault",
    title="uffd minor by vm_ops->can_userfault (v3, 2025-04-04), repaired",
    covers=("20250404154352.23078-1-kalyazin@amazon.com",),
    variant="repaired",
    kernel=patch(
        v3_can_userfault_posted.KERNEL,
        kvm_gmem_can_userfault,
        vma_can_userfault,
        vm_ops={"fault": "kvm_gmem_fault", "can_userfault": "kvm_gmem_can_userfault"},
    ),
    hooks=v3_can_userfault_posted.MODEL.hooks,
)
