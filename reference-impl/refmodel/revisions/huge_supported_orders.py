# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd minor on huge folios, orders limited by vm_ops->get_supported_orders (sketch)

A mapping tells which orders a fault may map: single pages only, while userfaultfd watches.
"""

from refmodel.core import Vma, ops, rule
from refmodel.revisions import huge_minor
from refmodel.revisions.huge_missing import REVIEW


class Kernel(huge_minor.Kernel):
    vm_ops = ops(**huge_minor.Kernel.vm_ops, get_supported_orders="kvm_gmem_get_supported_orders")
    reach = "any"

    @rule(REVIEW, "a mask of the orders faults may map: single pages while userfaultfd watches")
    def kvm_gmem_get_supported_orders(self, vma: Vma) -> int:
        return 0b01 if vma.flags else 0b11
