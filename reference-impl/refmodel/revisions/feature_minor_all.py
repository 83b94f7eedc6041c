# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd minor on every page-table miss by a feature bit (weighed 2025-12-01)

Weighed and dropped by Peter Xu: where the page is absent there is nothing to continue with.
"""

from refmodel.core import VM_FAULT_SIGBUS, Vmf, rule
from refmodel.revisions import v3_minor_noalloc
from refmodel.revisions.v1_shared_folio import VM_FAULT_UFFD_MINOR

_WEIGHED = "reply of 2025-12-01 to v3 4/5 <20251130111812.699259-5-rppt@kernel.org>"


class Kernel(v3_minor_noalloc.Kernel):
    names = "UFFD_FEATURE_MINOR_ALL"

    @rule(_WEIGHED, "registered MINOR: event on every miss, nothing is allocated")
    def kvm_gmem_fault_user_mapping(self, vmf: Vmf) -> int:
        if vmf.pgoff >= self.size:
            return VM_FAULT_SIGBUS
        if self.userfaultfd_minor(vmf.vma):
            return VM_FAULT_UFFD_MINOR
        return self.kvm_gmem_map_folio(vmf, self.kvm_gmem_get_folio(vmf.pgoff))
