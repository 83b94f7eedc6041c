# SPDX-License-Identifier: GPL-2.0-or-later
"""Nikita Kalyazin's later draft on vm_uffd_ops: MISSING and MINOR, COPY by uffd_copy.

In a reply to 20250620190342.1780170-1-peterx@redhat.com, as v2's ops have it.  COPY fills a page
again that is there already, and copies when it has unlocked it; a reference to a present page is
never dropped.
"""

from refmodel.core import CONTINUE, COPY, EFAULT, VM_FAULT_SIGBUS, ZEROPAGE, rule
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vma, Vmf, userfaultfd_minor, userfaultfd_missing
from refmodel.model import Revision, patch
from refmodel.revisions.p_draft_minor import CORE, P_HOOKS, kvm_gmem_uffd_get_folio
from refmodel.world import VM_UFFD_MINOR, VM_UFFD_MISSING

_DRAFT = "reply to P v1 <20250620190342.1780170-1-peterx@redhat.com>"


@rule(_DRAFT, "present and MINOR, or absent and MISSING: event; filemap_get_entry() without a put")
def kvm_gmem_fault_user_mapping(k: GuestMemfd, vmf: Vmf) -> int:
    if vmf.pgoff >= k.size:
        return VM_FAULT_SIGBUS
    if k.filemap_get_entry(vmf.pgoff) is not None and userfaultfd_minor(vmf.vma):
        return k.handle_userfault(vmf, VM_UFFD_MINOR)
    if k.page_cache[vmf.pgoff] is None and userfaultfd_missing(vmf.vma):
        return k.handle_userfault(vmf, VM_UFFD_MISSING)
    folio = k.kvm_gmem_get_folio(vmf.pgoff)
    return VM_FAULT_SIGBUS if isinstance(folio, int) else k.kvm_gmem_map_folio(vmf, folio)


@rule(_DRAFT, "uffd_copy(): find or allocate, unlock, then copy; fills again what is there")
def shmem_mfill_atomic_pte(k: GuestMemfd, vma: Vma, pgoff: int, value: str | None) -> int:
    folio = k.kvm_gmem_get_folio(pgoff) if pgoff < k.size else -EFAULT
    if isinstance(folio, int):
        return folio
    k.folio_unlock(folio)
    k.preempt("uffd_copy() has unlocked the folio and starts to copy")
    if value is None:
        k.clear_highpage(folio)
    else:
        k.copy_from_user(folio, value)
    k.kvm_gmem_mark_prepared(folio)
    err = k.mfill_atomic_install_pte(vma, pgoff, folio)
    if err:
        k.folio_put(folio)
    return err


MODEL = Revision(
    name="p_draft_copy",
    title="uffd missing and minor by vm_uffd_ops, uffd_copy (draft in a reply, 2025)",
    kernel=patch(
        GuestMemfd,
        *CORE,
        kvm_gmem_fault_user_mapping,
        kvm_gmem_uffd_get_folio,
        shmem_mfill_atomic_pte,
        vm_ops={"fault": "kvm_gmem_fault_user_mapping"},
        uffd_ops={"uffd_get_folio": "kvm_gmem_uffd_get_folio", "uffd_copy": "kvm_gmem_uffd_copy"},
        uffd_features=VM_UFFD_MISSING | VM_UFFD_MINOR,
        uffd_ioctls=frozenset({COPY, ZEROPAGE, CONTINUE}),
    ),
    hooks=P_HOOKS | {"uffd_copy"},
)
