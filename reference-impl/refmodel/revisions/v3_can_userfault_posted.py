# SPDX-License-Identifier: GPL-2.0-or-later
"""v3 of April 2025 as posted: uffd minor by vm_operations_struct::can_userfault.

20250404154352.23078-1-kalyazin@amazon.com.  guest_memfd never gets the hook, and MINOR is tested
whatever mode is asked for, so no registration succeeds and nothing behind it can be reached.
"""

from refmodel.core import CONTINUE, cited, rule
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vma
from refmodel.model import Revision, patch
from refmodel.revisions import v2_minor_posted
from refmodel.world import UFFD_FLAGS, VM_UFFD_MINOR

_PATCH = "v3 {0}/6 <20250404154352.23078-{1}-kalyazin@amazon.com>"

FAULT_FLAG_USERFAULT_CONTINUE = v2_minor_posted.FAULT_FLAG_NO_USERFAULT_MINOR


def can_userfault(k: GuestMemfd, vma: Vma, vm_flags: int) -> bool:
    """vma->vm_ops->can_userfault, false where there is none."""
    if "can_userfault" not in k.vm_ops:
        return k.vma_is_shmem()
    return bool(getattr(k, k.vm_ops["can_userfault"])(vma, vm_flags))


mfill_atomic_pte_continue = cited(
    v2_minor_posted.mfill_atomic_pte_continue,
    _PATCH.format(1, 2),
    "CONTINUE calls ->fault, telling it that it is CONTINUE",
)


@rule(_PATCH.format(3, 4), "the hook must be there and say yes to MINOR, whatever is asked for")
def vma_can_userfault(k: GuestMemfd, vma: Vma, vm_flags: int) -> bool:
    if not can_userfault(k, vma, VM_UFFD_MINOR):
        return False
    return can_userfault(k, vma, vm_flags & UFFD_FLAGS)


@rule(_PATCH.format(3, 4), "whoever has the hook may do every operation, COPY and ZEROPAGE too")
def vma_can_mfill_atomic(k: GuestMemfd, mode: str) -> bool:
    allowed = can_userfault(k, k.vma, UFFD_FLAGS)
    return allowed or (mode != CONTINUE and k.vma_is_shmem())


kvm_gmem_fault = cited(v2_minor_posted.kvm_gmem_fault, _PATCH.format(4, 5))

KERNEL = patch(
    GuestMemfd, mfill_atomic_pte_continue, vma_can_userfault, vma_can_mfill_atomic, kvm_gmem_fault
)

MODEL = Revision(
    name="v3_can_userfault_posted",
    title="uffd minor by vm_ops->can_userfault (v3, 2025-04-04), as posted",
    covers=("20250404154352.23078-1-kalyazin@amazon.com",),
    kernel=KERNEL,
    hooks=frozenset(
        {
            "fault",
            "can_userfault",
            "FAULT_FLAG_USERFAULT_CONTINUE",
            "UFFD_FEATURE_MINOR_GUEST_MEMFD",
        }
    ),
)
