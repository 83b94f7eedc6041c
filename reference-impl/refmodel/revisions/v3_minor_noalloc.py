# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd minor by vm_ops->get_folio_noalloc (v3, 2025-11-30)

On v6.18's fault handler, as ported to 6.12 on write v3.
"""

from refmodel.core import VM_FAULT_SIGBUS, Folio, Vmf, ops, rule, unchanged
from refmodel.revisions.rfc_pagecache_folio import CORE
from refmodel.revisions.v1_shared_folio import VM_FAULT_UFFD_MINOR, FaultCode

_PATCH = "v3 {0}/5 <20251130111812.699259-{1}-rppt@kernel.org>"


@unchanged(_PATCH.format(2, 3), *CORE)
@unchanged(_PATCH.format(3, 4), "_do_fault")
class Kernel(FaultCode):
    vm_ops = ops(
        fault="kvm_gmem_fault_user_mapping", get_folio_noalloc="kvm_gmem_get_folio_noalloc"
    )
    covers = ("20251130111812.699259-1-rppt@kernel.org",)

    @rule(_PATCH.format(4, 5), "present and registered MINOR: event; absent: allocated without one")
    def kvm_gmem_fault_user_mapping(self, vmf: Vmf) -> int:
        if vmf.pgoff >= self.size:
            return VM_FAULT_SIGBUS
        folio = self.filemap_lock_folio(vmf.pgoff)
        if not isinstance(folio, int) and self.userfaultfd_minor(vmf.vma):
            self.folio_release(folio)
            return VM_FAULT_UFFD_MINOR
        if isinstance(folio, int):
            self.preempt("->fault has found no folio and is about to allocate one")
            folio = self.kvm_gmem_get_folio(vmf.pgoff)
        return self.kvm_gmem_map_folio(vmf, folio)

    @rule(_PATCH.format(4, 5), "the folio in the cache, cleared if it was never filled, or ENOENT")
    def kvm_gmem_get_folio_noalloc(self, pgoff: int) -> Folio | int:
        folio = self.filemap_lock_folio(pgoff)
        return folio if isinstance(folio, int) else self.kvm_gmem_prepare_folio(folio)
