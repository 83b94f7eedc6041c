# SPDX-License-Identifier: GPL-2.0-or-later
"""Uffd minor (v3 of November 2025) on huge folios, mapped whole by a fault that may.

20251130111812.699259-1-rppt@kernel.org with folios allocated whole, and a fault that maps every
page of the folio that was filled, as a PMD would.  A model only; nobody posted it.
"""

from refmodel.core import rule
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vmf
from refmodel.model import Revision, patch
from refmodel.revisions import huge_missing, v3_minor_noalloc
from refmodel.world import MAPPED

_REVIEW = "reply of 2025-03-03 to the RFC <20250303133011.44095-1-kalyazin@amazon.com>"


def supported_orders(k: GuestMemfd, vmf: Vmf) -> int:
    """vma_get_supported_orders(): a mask; without the hook, order 1 as well."""
    if "get_supported_orders" not in k.vm_ops:
        return 0b11
    return int(getattr(k, k.vm_ops["get_supported_orders"])(vmf.vma))


@rule(_REVIEW, "a fault maps the whole folio where the mapping's orders allow it")
def finish_fault(k: GuestMemfd, vmf: Vmf) -> int:
    ret = super(GuestMemfd, k).finish_fault(vmf)
    if supported_orders(k, vmf) & 0b10:
        for page, folio in enumerate(k.page_cache):
            if folio is not None and folio.uptodate and not vmf.vma.ptes[page]:
                vmf.vma.ptes[page] = MAPPED
    return ret


KERNEL = patch(v3_minor_noalloc.MODEL.kernel, huge_missing.filemap_grab_folio, finish_fault)

MODEL = Revision(
    name="huge_minor",
    title="uffd minor (v3, 2025-11-30) on folios larger than a page, mapped whole",
    kernel=KERNEL,
    hooks=v3_minor_noalloc.MODEL.hooks,
    page_local=False,
)
