# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM userfault v3 with an acquire load of the bitmap"""

from refmodel.core import rule
from refmodel.revisions import kvm_userfault_v3

_REVIEW = "reply to KVM userfault v3 4/15 <20250618042424.330664-1-jthoughton@google.com>"


class Kernel(kvm_userfault_v3.Kernel):
    bitmap_load = "smp_load_acquire"
    covers = kvm_userfault_v3.Kernel.covers
    variant = "with an acquire load"

    @rule(_REVIEW, "load-acquire: the page is read after the bit")
    def load_early(self, index: int) -> str:
        self.preempt(f"the vCPU is about to read the bit of p{index}")
        return ""
