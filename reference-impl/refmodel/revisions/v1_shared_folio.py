# SPDX-License-Identifier: GPL-2.0-or-later
"""v1 of November 2025: uffd minor by vm_operations_struct::get_shared_folio.

20251123102707.559422-1-rppt@kernel.org.  The RFC's behaviour by other means: the fault handler
returns VM_FAULT_UFFD_MINOR, __do_fault() calls handle_userfault(), nothing is exported.
"""

from refmodel.core import VM_FAULT_SIGBUS, cited, rule
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vmf, userfaultfd_minor
from refmodel.model import Revision, patch
from refmodel.revisions import v3_minor_noalloc
from refmodel.revisions.rfc_pagecache_folio import CORE, kvm_gmem_get_pagecache_folio
from refmodel.revisions.v3_minor_noalloc import VM_FAULT_UFFD_MINOR

_PATCH = "v1 {0}/5 <20251123102707.559422-{1}-rppt@kernel.org>"

_do_fault = cited(v3_minor_noalloc._do_fault, _PATCH.format(3, 4))


@rule(_PATCH.format(4, 5), "allocate if need be, then the event, present or not before")
def kvm_gmem_fault_user_mapping(k: GuestMemfd, vmf: Vmf) -> int:
    if vmf.pgoff >= k.size:
        return VM_FAULT_SIGBUS
    folio = k.kvm_gmem_get_folio(vmf.pgoff)
    if isinstance(folio, int):
        return VM_FAULT_SIGBUS
    if userfaultfd_minor(vmf.vma):
        k.folio_release(folio)
        return VM_FAULT_UFFD_MINOR
    return k.kvm_gmem_map_folio(vmf, folio)


kvm_gmem_get_shared_folio = cited(
    kvm_gmem_get_pagecache_folio, _PATCH.format(4, 5), name="kvm_gmem_get_shared_folio"
)

FAULT = (_do_fault, kvm_gmem_fault_user_mapping)

MODEL = Revision(
    name="v1_shared_folio",
    title="uffd minor by vm_ops->get_shared_folio (v1, 2025-11-23)",
    covers=("20251123102707.559422-1-rppt@kernel.org",),
    kernel=patch(
        GuestMemfd,
        *(cited(function, _PATCH.format(2, 3)) for function in CORE),
        *FAULT,
        kvm_gmem_get_shared_folio,
        vm_ops={
            "fault": "kvm_gmem_fault_user_mapping",
            "get_shared_folio": "kvm_gmem_get_shared_folio",
        },
    ),
    hooks=frozenset({"fault", "get_shared_folio", "VM_FAULT_UFFD_MINOR"}),
)
