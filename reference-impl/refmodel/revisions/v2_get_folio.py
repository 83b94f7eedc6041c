# SPDX-License-Identifier: GPL-2.0-or-later
"""v2 of November 2025 as meant: uffd minor by vm_operations_struct::get_folio.

20251125183840.2368510-1-rppt@kernel.org.  It does not build: the new kvm_gmem_get_folio() takes the
name of the function it calls.  This is v1 under the new name, with the inner function kept apart.
"""

from refmodel.core import cited
from refmodel.kvm import GuestMemfd
from refmodel.model import Revision, patch
from refmodel.revisions import v1_shared_folio
from refmodel.revisions.rfc_pagecache_folio import CORE
from refmodel.revisions.v1_shared_folio import kvm_gmem_get_shared_folio

_PATCH = "v2 {0}/5 <20251125183840.2368510-{1}-rppt@kernel.org>"

kvm_gmem_get_folio_hook = cited(
    kvm_gmem_get_shared_folio,
    _PATCH.format(4, 5),
    "kvm_gmem_get_folio() in the patch; finds or allocates, clears what was never filled",
    name="kvm_gmem_get_folio_hook",
)
_do_fault, kvm_gmem_fault_user_mapping = v1_shared_folio.FAULT

MODEL = Revision(
    name="v2_get_folio",
    title="uffd minor by vm_ops->get_folio (v2, 2025-11-25), as meant",
    covers=("20251125183840.2368510-1-rppt@kernel.org",),
    variant="as meant, for as posted it does not build",
    kernel=patch(
        GuestMemfd,
        *(cited(function, _PATCH.format(2, 3)) for function in CORE),
        cited(_do_fault, _PATCH.format(3, 4)),
        cited(kvm_gmem_fault_user_mapping, _PATCH.format(4, 5)),
        kvm_gmem_get_folio_hook,
        vm_ops={"fault": "kvm_gmem_fault_user_mapping", "get_folio": "kvm_gmem_get_folio_hook"},
    ),
    hooks=frozenset({"fault", "get_folio", "VM_FAULT_UFFD_MINOR"}),
)
