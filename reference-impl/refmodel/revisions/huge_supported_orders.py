# SPDX-License-Identifier: GPL-2.0-or-later
"""huge_minor with vm_operations_struct::get_supported_orders, as Peter Xu sketched it.

Reply of 2025-03-03 to 20250303133011.44095-1-kalyazin@amazon.com: a mapping tells which orders a
fault may map.  One that userfaultfd watches allows single pages only, so no page is mapped unseen.
"""

from refmodel.core import rule
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vma
from refmodel.model import Revision, patch
from refmodel.revisions import huge_minor

_SKETCH = "reply of 2025-03-03 to the RFC <20250303133011.44095-1-kalyazin@amazon.com>"


@rule(_SKETCH, "a mask of the orders faults may map: single pages while userfaultfd watches")
def kvm_gmem_get_supported_orders(k: GuestMemfd, vma: Vma) -> int:
    del k
    return 0b01 if vma.flags else 0b11


MODEL = Revision(
    name="huge_supported_orders",
    title="uffd minor on huge folios, orders limited by vm_ops->get_supported_orders (sketch)",
    kernel=patch(
        huge_minor.KERNEL,
        kvm_gmem_get_supported_orders,
        vm_ops={
            **huge_minor.KERNEL.vm_ops,
            "get_supported_orders": "kvm_gmem_get_supported_orders",
        },
    ),
    hooks=huge_minor.MODEL.hooks | {"get_supported_orders"},
    page_local=False,
)
