# SPDX-License-Identifier: GPL-2.0-or-later
"""v2 of November 2025 as meant: uffd minor by vm_operations_struct::get_folio.

20251125183840.2368510-1-rppt@kernel.org.  It does not build: the new kvm_gmem_get_folio() takes the
name of the function it calls.  This is v1 under the new name, with the inner function kept apart.
"""

from refmodel.core import cited
from refmodel.kvm import GuestMemfd
from refmodel.model import Revision, patch
from refmodel.revisions.rfc_pagecache_folio import CORE
from refmodel.revisions.v1_shared_folio import FAULT, kvm_gmem_get_shared_folio

_PATCH = "v2 4/5 <20251125183840.2368510-5-rppt@kernel.org>"


kvm_gmem_get_folio_hook = cited(
    kvm_gmem_get_shared_folio,
    _PATCH,
    "kvm_gmem_get_folio() in the patch; finds or allocates, clears what was never filled",
)
kvm_gmem_get_folio_hook.__name__ = "kvm_gmem_get_folio_hook"

MODEL = Revision(
    name="v2_get_folio",
    title="uffd minor by vm_ops->get_folio (v2, 2025-11-25), as meant",
    kernel=patch(
        GuestMemfd,
        *CORE,
        *FAULT,
        kvm_gmem_get_folio_hook,
        vm_ops={"fault": "kvm_gmem_fault_user_mapping", "get_folio": "kvm_gmem_get_folio_hook"},
    ),
    hooks=frozenset({"fault", "get_folio", "VM_FAULT_UFFD_MINOR"}),
)
