# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM userfault in common code (v3, 2025-06-18)

Oliver Upton on patch 4, 2025-06-18: userspace's store-release means nothing without a load-acquire
in the kernel.  kvm_arch_userfault_enabled() drops the slot's stage-2 when the flag is turned on.
"""

from refmodel.core import rule, unchanged
from refmodel.revisions.kvm_userfault_v2 import Userfault

_SERIES = "KVM userfault v3 4/15 <20250618042424.330664-1-jthoughton@google.com>"


@unchanged(_SERIES, "kvm_set_userfault", "load_early")
class Kernel(Userfault):
    names = "KVM_MEM_USERFAULT KVM_CAP_USERFAULT KVM_MEMORY_EXIT_FLAG_USERFAULT kvm_do_userfault "
    names += "kvm_arch_userfault_enabled"
    covers = ("20250618042424.330664-1-jthoughton@google.com",)

    @rule(_SERIES, "flag on and bit set: a memory-fault exit marked USERFAULT; true means exit")
    def kvm_do_userfault(self, index: int) -> str:
        if not self.userfault:
            return ""
        return f"exit memory-fault userfault p{index}" if self.bitmap[index] else ""
