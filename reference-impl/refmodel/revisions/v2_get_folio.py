# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd minor by vm_ops->get_folio (v2, 2025-11-25), as meant

It does not build: kvm_gmem_get_folio() gets the name of the function it calls, kept apart here.
"""

from refmodel.core import Folio, ops, rule, unchanged
from refmodel.revisions.rfc_pagecache_folio import CORE
from refmodel.revisions.v1_shared_folio import FaultCode

_PATCH = "v2 {0}/5 <20251125183840.2368510-{1}-rppt@kernel.org>"


@unchanged(_PATCH.format(2, 3), *CORE)
@unchanged(_PATCH.format(3, 4), "_do_fault")
@unchanged(_PATCH.format(4, 5), "kvm_gmem_fault_user_mapping")
class Kernel(FaultCode):
    vm_ops = ops(fault="kvm_gmem_fault_user_mapping", get_folio="kvm_gmem_get_folio_hook")
    covers = ("20251125183840.2368510-1-rppt@kernel.org",)
    variant = "as meant, for as posted it does not build"

    @rule(_PATCH.format(4, 5), "kvm_gmem_get_folio() in the patch; allocates and clears as in v1")
    def kvm_gmem_get_folio_hook(self, pgoff: int) -> Folio | int:
        return self.kvm_gmem_prepare_folio(self.kvm_gmem_get_folio(pgoff))
