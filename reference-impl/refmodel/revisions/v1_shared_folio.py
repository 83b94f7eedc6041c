# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd minor by vm_ops->get_shared_folio (v1, 2025-11-23)

The RFC's behaviour by a fault code, on which __do_fault() calls handle_userfault(); no export.
"""

from refmodel.core import VM_FAULT_SIGBUS, VM_UFFD_MINOR, Folio, Vmf, ops, rule, unchanged
from refmodel.revisions.rfc_pagecache_folio import CORE, Continue

_PATCH = "v1 {0}/5 <20251123102707.559422-{1}-rppt@kernel.org>"

VM_FAULT_UFFD_MINOR = 0x8000


class FaultCode(Continue):
    names = "VM_FAULT_UFFD_MINOR"

    @rule(_PATCH.format(3, 4), "->fault answers VM_FAULT_UFFD_MINOR, the core raises the event")
    def _do_fault(self, vmf: Vmf) -> int:
        ret = self.call_fault(vmf)
        if ret & VM_FAULT_UFFD_MINOR:
            return self.handle_userfault(vmf, VM_UFFD_MINOR)
        return ret

    @rule(_PATCH.format(4, 5), "allocate if need be, then the event, present or not before")
    def kvm_gmem_fault_user_mapping(self, vmf: Vmf) -> int:
        if vmf.pgoff >= self.size:
            return VM_FAULT_SIGBUS
        folio = self.kvm_gmem_get_folio(vmf.pgoff)
        if self.userfaultfd_minor(vmf.vma):
            self.folio_release(folio)
            return VM_FAULT_UFFD_MINOR
        return self.kvm_gmem_map_folio(vmf, folio)


@unchanged(_PATCH.format(2, 3), *CORE)
class Kernel(FaultCode):
    vm_ops = ops(fault="kvm_gmem_fault_user_mapping", get_shared_folio="kvm_gmem_get_shared_folio")
    covers = ("20251123102707.559422-1-rppt@kernel.org",)

    @rule(_PATCH.format(4, 5), "finds or allocates, even past the end; clears what was not filled")
    def kvm_gmem_get_shared_folio(self, pgoff: int) -> Folio | int:
        return self.kvm_gmem_prepare_folio(self.kvm_gmem_get_folio(pgoff))
