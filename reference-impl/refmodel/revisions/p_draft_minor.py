# SPDX-License-Identifier: GPL-2.0-or-later
"""Nikita Kalyazin's draft of 25 June 2025 on vm_uffd_ops v1: MINOR and CONTINUE for guest_memfd.

In a reply to 20250620190342.1780170-1-peterx@redhat.com.  As in April an event comes on every
page-table miss; uffd_get_folio allocates.
"""

from refmodel.core import CONTINUE, EFAULT, VM_FAULT_SIGBUS, rule
from refmodel.filemap import Folio
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vma, Vmf, userfaultfd_minor
from refmodel.model import Revision, patch
from refmodel.world import UFFD_FLAGS, VM_UFFD_MINOR

_P1 = "P v1 4/4 <20250620190342.1780170-5-peterx@redhat.com>"
_DRAFT = "reply of 2025-06-25 to <20250620190342.1780170-1-peterx@redhat.com>"


@rule(_P1, "uffd_features must have every mode asked for")
def vma_can_userfault(k: GuestMemfd, vma: Vma, vm_flags: int) -> bool:
    del vma
    return not vm_flags & UFFD_FLAGS & ~k.uffd_features


@rule(_P1, "an ioctl that uffd_ioctls lacks is EINVAL")
def vma_can_mfill_atomic(k: GuestMemfd, mode: str) -> bool:
    return mode in k.uffd_ioctls


@rule(_P1, "CONTINUE maps what uffd_get_folio gives; where it gives none: EFAULT")
def mfill_atomic_pte_continue(k: GuestMemfd, vma: Vma, pgoff: int) -> int:
    folio: Folio | int = getattr(k, k.uffd_ops["uffd_get_folio"])(pgoff)
    return -EFAULT if isinstance(folio, int) else k.mfill_atomic_install_locked(vma, pgoff, folio)


@rule(_DRAFT, "allocate, clear, mark prepared, then the event, present or not before")
def kvm_gmem_fault_user_mapping(k: GuestMemfd, vmf: Vmf) -> int:
    folio = kvm_gmem_uffd_get_folio(k, vmf.pgoff)
    if isinstance(folio, int):
        return VM_FAULT_SIGBUS
    if userfaultfd_minor(vmf.vma):
        k.folio_release(folio)
        return k.handle_userfault(vmf, VM_UFFD_MINOR)
    return k.kvm_gmem_map_folio(vmf, folio)


@rule(_DRAFT, "finds or allocates, inside the file; clears what was never filled")
def kvm_gmem_uffd_get_folio(k: GuestMemfd, pgoff: int) -> Folio | int:
    folio = k.kvm_gmem_get_folio(pgoff) if pgoff < k.size else -EFAULT
    if not isinstance(folio, int) and not folio.uptodate:
        k.kvm_gmem_prepare_folio(folio)
    return folio


CORE = (vma_can_userfault, vma_can_mfill_atomic, mfill_atomic_pte_continue)
P_HOOKS = frozenset(["fault", "userfaultfd_ops", "uffd_features", "uffd_ioctls", "uffd_get_folio"])

MODEL = Revision(
    name="p_draft_minor",
    title="uffd minor by vm_uffd_ops v1 (draft in a reply, 2025-06-25)",
    kernel=patch(
        GuestMemfd,
        *CORE,
        kvm_gmem_fault_user_mapping,
        kvm_gmem_uffd_get_folio,
        vm_ops={"fault": "kvm_gmem_fault_user_mapping"},
        uffd_ops={"uffd_get_folio": "kvm_gmem_uffd_get_folio"},
        uffd_features=VM_UFFD_MINOR,
        uffd_ioctls=frozenset({CONTINUE}),
    ),
    hooks=P_HOOKS,
)
