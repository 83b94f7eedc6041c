# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd minor (v3, 2025-11-30) on folios larger than a page, mapped whole

Folios are allocated whole, and a fault maps every page of the folio that was filled, as a PMD
would.  A model only; nobody posted it.
"""

from refmodel.core import Vmf, rule
from refmodel.revisions import v3_minor_noalloc
from refmodel.revisions.huge_missing import REVIEW, HugeFolio
from refmodel.world import MAPPED


class Kernel(HugeFolio, v3_minor_noalloc.Kernel):
    reach = "any"

    def supported_orders(self, vmf: Vmf) -> int:
        """vma_get_supported_orders(), 0 in the sketch where no hook is: these folios map whole."""
        if "get_supported_orders" not in self.vm_ops:
            return 0b11
        return int(self.op(self.vm_ops, "get_supported_orders")(vmf.vma))

    @rule(REVIEW, "a fault maps the whole folio where the mapping's orders allow it")
    def finish_fault(self, vmf: Vmf) -> int:
        ret = super().finish_fault(vmf)
        if self.supported_orders(vmf) & 0b10:
            for page, folio in enumerate(self.page_cache):
                if folio is not None and folio.uptodate and not vmf.vma.ptes[page]:
                    vmf.vma.ptes[page] = MAPPED
        return ret
