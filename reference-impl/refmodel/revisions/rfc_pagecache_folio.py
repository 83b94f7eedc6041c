# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC of November 2025: uffd minor by vm_operations_struct::get_pagecache_folio.

20251117114631.2029447-1-rppt@kernel.org.  The fault handler calls handle_userfault() itself, for
which it is exported to KVM; the hook allocates, so CONTINUE does, too.
"""

from refmodel.core import CONTINUE, EFAULT, ENOENT, VM_FAULT_SIGBUS, rule
from refmodel.filemap import Folio
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vma, Vmf, userfaultfd_minor
from refmodel.model import Revision, patch
from refmodel.world import UFFD_FLAGS, VM_UFFD_MINOR

_PATCH = "RFC {0}/4 <20251117114631.2029447-{1}-rppt@kernel.org>"


def folio_hook(k: GuestMemfd) -> str:
    """The slot that gives CONTINUE its folio, under whichever of its four names."""
    names = {"get_pagecache_folio", "get_shared_folio", "get_folio", "get_folio_noalloc"}
    return next((name for name in k.vm_ops if name in names), "")


@rule(_PATCH.format(2, 3), "MINOR alone needs the hook only; combined it stays with shmem")
def vma_can_userfault(k: GuestMemfd, vma: Vma, vm_flags: int) -> bool:
    del vma
    vm_flags &= UFFD_FLAGS
    if vm_flags & VM_UFFD_MINOR:
        if vm_flags == VM_UFFD_MINOR and folio_hook(k):
            return True
        if not k.vma_is_shmem():
            return False
    return k.vma_is_shmem()


@rule(_PATCH.format(2, 3), "CONTINUE needs the hook; COPY, ZEROPAGE and POISON stay with shmem")
def vma_can_mfill_atomic(k: GuestMemfd, mode: str) -> bool:
    if mode == CONTINUE:
        return folio_hook(k) != ""
    return k.vma_is_shmem()


@rule(_PATCH.format(2, 3), "ENOENT of the hook becomes EFAULT, its other errors pass through")
def mfill_atomic_pte_continue(k: GuestMemfd, vma: Vma, pgoff: int) -> int:
    folio: Folio | int = getattr(k, k.vm_ops[folio_hook(k)])(pgoff)
    if isinstance(folio, int):
        return -EFAULT if folio == -ENOENT else folio
    return k.mfill_atomic_install_locked(vma, pgoff, folio)


@rule(_PATCH.format(3, 4), "allocate if need be, then the event, present or not before")
def kvm_gmem_fault_user_mapping(k: GuestMemfd, vmf: Vmf) -> int:
    if vmf.pgoff >= k.size:
        return VM_FAULT_SIGBUS
    folio = k.kvm_gmem_get_folio(vmf.pgoff)
    if isinstance(folio, int):
        return VM_FAULT_SIGBUS
    if userfaultfd_minor(vmf.vma):
        k.folio_release(folio)
        return k.handle_userfault(vmf, VM_UFFD_MINOR)
    return k.kvm_gmem_map_folio(vmf, folio)


@rule(_PATCH.format(3, 4), "finds or allocates, even past the end; clears what was never filled")
def kvm_gmem_get_pagecache_folio(k: GuestMemfd, pgoff: int) -> Folio | int:
    folio = k.kvm_gmem_get_folio(pgoff)
    if not isinstance(folio, int) and not folio.uptodate:
        k.clear_highpage(folio)
        k.kvm_gmem_mark_prepared(folio)
    return folio


CORE = (vma_can_userfault, vma_can_mfill_atomic, mfill_atomic_pte_continue)

MODEL = Revision(
    name="rfc_pagecache_folio",
    title="uffd minor by vm_ops->get_pagecache_folio (RFC, 2025-11-17)",
    covers=("20251117114631.2029447-1-rppt@kernel.org",),
    kernel=patch(
        GuestMemfd,
        *CORE,
        kvm_gmem_fault_user_mapping,
        kvm_gmem_get_pagecache_folio,
        vm_ops={
            "fault": "kvm_gmem_fault_user_mapping",
            "get_pagecache_folio": "kvm_gmem_get_pagecache_folio",
        },
    ),
    hooks=frozenset(
        {"fault", "get_pagecache_folio", "UFFD_FEATURE_MINOR_GENERIC", "handle_userfault"}
    ),
)
