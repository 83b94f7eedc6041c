# SPDX-License-Identifier: GPL-2.0-or-later
"""vm_uffd_ops that declare MISSING and MINOR, but CONTINUE only: missing is resolved by write().

The way out Peter Xu sketched on 2025-12-01 (aS4BVC42JiUT51rS@x1.local), with features and ioctls
declared apart as in his v3 (20250926211650.525109-1-peterx@redhat.com), applied to guest_memfd by
us; nobody posted it.
"""

from refmodel.core import CONTINUE, VM_FAULT_SIGBUS, cited, rule
from refmodel.filemap import Folio
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vmf, userfaultfd_minor, userfaultfd_missing
from refmodel.model import Revision, patch
from refmodel.revisions.p_draft_minor import CORE, P_HOOKS
from refmodel.revisions.v3_minor_noalloc import kvm_gmem_get_folio_noalloc
from refmodel.world import VM_UFFD_MINOR, VM_UFFD_MISSING

_SKETCH = "P v3 4/4 <20250926211650.525109-1-peterx@redhat.com>, reply of 2025-12-01"


@rule(_SKETCH, "present and MINOR, or absent and MISSING: event")
def kvm_gmem_fault_user_mapping(k: GuestMemfd, vmf: Vmf) -> int:
    if vmf.pgoff >= k.size:
        return VM_FAULT_SIGBUS
    folio: Folio | int = k.filemap_lock_folio(vmf.pgoff)
    if isinstance(folio, int):
        if userfaultfd_missing(vmf.vma):
            return k.handle_userfault(vmf, VM_UFFD_MISSING)
        k.preempt("->fault has found no folio and is about to allocate one")
        folio = k.kvm_gmem_get_folio(vmf.pgoff)
    elif userfaultfd_minor(vmf.vma):
        k.folio_release(folio)
        return k.handle_userfault(vmf, VM_UFFD_MINOR)
    return VM_FAULT_SIGBUS if isinstance(folio, int) else k.kvm_gmem_map_folio(vmf, folio)


MODEL = Revision(
    name="p3_missing_by_write",
    title="uffd missing and minor without COPY, resolved by write() and CONTINUE (sketch)",
    covers=("aS4BVC42JiUT51rS@x1.local",),
    kernel=patch(
        GuestMemfd,
        *(cited(function, _SKETCH) for function in CORE),
        kvm_gmem_fault_user_mapping,
        kvm_gmem_get_folio_noalloc,
        vm_ops={"fault": "kvm_gmem_fault_user_mapping"},
        uffd_ops={"uffd_get_folio": "kvm_gmem_get_folio_noalloc"},
        uffd_features=VM_UFFD_MISSING | VM_UFFD_MINOR,
        uffd_ioctls=frozenset({CONTINUE}),
    ),
    hooks=P_HOOKS | {"handle_userfault"},
)
