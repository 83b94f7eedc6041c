# SPDX-License-Identifier: GPL-2.0-or-later
"""GUEST_MEMFD_FLAG_NO_DIRECT_MAP (v12, 2026-04-10) with M v2 and write() v7: who may fill a page.

20241030134912.515725-1-roypat@amazon.co.uk began that series.  A page leaves the kernel's direct
map just before a fault or KVM maps it; after that the kernel cannot write to it any more.  Pages
COPY and CONTINUE map stay in the direct map.  Nobody posted the combination; never run.
"""

from refmodel.core import VM_FAULT_ERROR, VM_FAULT_LOCKED, rule
from refmodel.filemap import Folio
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vmf
from refmodel.model import Revision, patch
from refmodel.revisions import m2_do_userfault, write_v7

_SERIES = "direct map removal v12 10/16, first in <20241030134912.515725-3-roypat@amazon.co.uk>"
_KERNEL = patch(
    m2_do_userfault.KERNEL,
    *write_v7.FUNCTIONS,
    a_ops=write_v7.A_OPS,
    gmem_write="generic_perform_write",
)


def kvm_gmem_folio_zap_direct_map(folio: Folio) -> None:
    folio.secret = True


@rule(_SERIES, "cleared, then taken out of the direct map, then mapped")
def kvm_gmem_map_folio(k: GuestMemfd, vmf: Vmf, folio: Folio) -> int:
    ret = _KERNEL.kvm_gmem_map_folio(k, vmf, folio)
    if ret & VM_FAULT_LOCKED and not ret & VM_FAULT_ERROR:
        kvm_gmem_folio_zap_direct_map(folio)
    return ret


@rule(_SERIES, "taken out of the direct map before stage-2 maps it")
def kvm_gmem_get_pfn(k: GuestMemfd, index: int) -> Folio | int:
    folio = _KERNEL.kvm_gmem_get_pfn(k, index)
    if not isinstance(folio, int):
        kvm_gmem_folio_zap_direct_map(folio)
    return folio


MODEL = Revision(
    name="direct_map_m2_write_v7",
    title="memory outside the direct map, uffd of 2026-03-06, write() v7",
    kernel=patch(_KERNEL, kvm_gmem_map_folio, kvm_gmem_get_pfn),
    hooks=m2_do_userfault.MODEL.hooks
    | write_v7.HOOKS
    | {"GUEST_MEMFD_FLAG_NO_DIRECT_MAP", "kvm_gmem_folio_zap_direct_map"},
)
