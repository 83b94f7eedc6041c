# SPDX-License-Identifier: GPL-2.0-or-later
"""memory outside the direct map, uffd of 2026-03-06, write() v7

A page leaves the kernel's direct map just before a fault or KVM maps it; after that the kernel
cannot write to it any more.  Pages COPY and CONTINUE map stay in the direct map.  Nobody posted the
combination; never run.
"""

from refmodel.core import VM_FAULT_LOCKED, Folio, Vmf, rule
from refmodel.revisions import m2_do_userfault, write_v7

_SERIES = "direct map removal v12 10/16, first in <20241030134912.515725-3-roypat@amazon.co.uk>"


class Kernel(write_v7.Kernel, m2_do_userfault.Kernel):
    names = "GUEST_MEMFD_FLAG_NO_DIRECT_MAP kvm_gmem_folio_zap_direct_map"

    def kvm_gmem_folio_zap_direct_map(self, folio: Folio) -> None:
        folio.secret = True

    @rule(_SERIES, "cleared, then taken out of the direct map, then mapped")
    def kvm_gmem_map_folio(self, vmf: Vmf, folio: Folio) -> int:
        ret = super().kvm_gmem_map_folio(vmf, folio)
        if ret & VM_FAULT_LOCKED:
            self.kvm_gmem_folio_zap_direct_map(folio)
        return ret

    @rule(_SERIES, "taken out of the direct map before stage-2 maps it")
    def kvm_gmem_get_pfn(self, index: int) -> Folio:
        folio = super().kvm_gmem_get_pfn(index)
        self.kvm_gmem_folio_zap_direct_map(folio)
        return folio
