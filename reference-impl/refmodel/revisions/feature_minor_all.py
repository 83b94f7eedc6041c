# SPDX-License-Identifier: GPL-2.0-or-later
"""v3 of November 2025 with a feature bit that lets MINOR trap every page-table miss.

Weighed and dropped by Peter Xu on 2025-12-01 (reply to 20251130111812.699259-5-rppt@kernel.org):
an absent page raises a minor event, too, although there is nothing to continue with.
"""

from refmodel.core import VM_FAULT_SIGBUS, rule
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vmf, userfaultfd_minor
from refmodel.model import Revision, patch
from refmodel.revisions import v3_minor_noalloc
from refmodel.revisions.v3_minor_noalloc import VM_FAULT_UFFD_MINOR

_WEIGHED = "reply of 2025-12-01 to v3 4/5 <20251130111812.699259-5-rppt@kernel.org>"


@rule(_WEIGHED, "registered MINOR: event on every miss, nothing is allocated")
def kvm_gmem_fault_user_mapping(k: GuestMemfd, vmf: Vmf) -> int:
    if vmf.pgoff >= k.size:
        return VM_FAULT_SIGBUS
    if userfaultfd_minor(vmf.vma):
        return VM_FAULT_UFFD_MINOR
    folio = k.kvm_gmem_get_folio(vmf.pgoff)
    return VM_FAULT_SIGBUS if isinstance(folio, int) else k.kvm_gmem_map_folio(vmf, folio)


MODEL = Revision(
    name="feature_minor_all",
    title="uffd minor on every page-table miss by a feature bit (weighed 2025-12-01)",
    kernel=patch(v3_minor_noalloc.MODEL.kernel, kvm_gmem_fault_user_mapping),
    hooks=v3_minor_noalloc.MODEL.hooks | {"UFFD_FEATURE_MINOR_ALL"},
)
