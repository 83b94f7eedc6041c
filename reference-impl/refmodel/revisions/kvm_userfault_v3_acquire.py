# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM userfault v3 with the load-acquire Oliver Upton asked for on 2025-06-18.

20250618042424.330664-1-jthoughton@google.com with the bitmap read ordered before the page.
"""

from refmodel.core import rule
from refmodel.kvm import GuestMemfd618
from refmodel.model import Revision, patch
from refmodel.revisions import kvm_userfault_v3

_REVIEW = "reply to KVM userfault v3 4/15 <20250618042424.330664-1-jthoughton@google.com>"


@rule(_REVIEW, "load-acquire: the page is read after the bit")
def load_early(k: GuestMemfd618, index: int) -> str:
    k.preempt(f"the vCPU is about to read the bit of p{index}")
    return ""


FUNCTIONS = (*kvm_userfault_v3.FUNCTIONS, load_early)

MODEL = Revision(
    name="kvm_userfault_v3_acquire",
    title="KVM userfault v3 with an acquire load of the bitmap",
    covers=("20250618042424.330664-1-jthoughton@google.com",),
    variant="with an acquire load",
    kernel=patch(GuestMemfd618, *FUNCTIONS, bitmap_load="smp_load_acquire"),
    hooks=kvm_userfault_v3.HOOKS,
)
