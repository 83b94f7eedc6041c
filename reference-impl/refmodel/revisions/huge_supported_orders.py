# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd minor on huge folios, orders limited by vm_ops->get_supported_orders (sketch)

A mapping tells which orders a fault may map.  One that userfaultfd watches allows single pages
only, so no page is mapped unseen.
"""

from refmodel.core import Vma, ops, rule
from refmodel.model import Revision
from refmodel.revisions import huge_minor
from refmodel.revisions.huge_missing import REVIEW


class Kernel(huge_minor.Kernel):
    vm_ops = ops(**huge_minor.Kernel.vm_ops, get_supported_orders="kvm_gmem_get_supported_orders")

    @rule(REVIEW, "a mask of the orders faults may map: single pages while userfaultfd watches")
    def kvm_gmem_get_supported_orders(self, vma: Vma) -> int:
        return 0b01 if vma.flags else 0b11


MODEL = Revision(Kernel, __doc__, reach="any")
