# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM userfault v3 of June 2025: the bitmap is asked in common code, by a plain __get_user().

20250618042424.330664-1-jthoughton@google.com.  Oliver Upton on patch 4, 2025-06-18: userspace's
store-release means nothing without a load-acquire in the kernel.
"""

from refmodel.core import cited, rule
from refmodel.kvm import GuestMemfd618
from refmodel.model import Revision, patch
from refmodel.revisions import kvm_userfault_v2

_SERIES = "KVM userfault v3 4/15 <20250618042424.330664-1-jthoughton@google.com>"


@rule(_SERIES, "flag on and bit set: a memory-fault exit marked USERFAULT; true means exit")
def kvm_do_userfault(k: GuestMemfd618, index: int) -> str:
    if not k.userfault:
        return ""
    return f"exit memory-fault userfault p{index}" if k.bitmap[index] else ""


kvm_set_userfault = cited(
    kvm_userfault_v2.kvm_set_userfault,
    _SERIES,
    "kvm_arch_userfault_enabled(): turning the flag on drops the slot's stage-2",
)
load_early = cited(
    kvm_userfault_v2.load_early,
    _SERIES,
    "__get_user() without acquire: the page may be read before the bit that guards it",
)

FUNCTIONS = (kvm_do_userfault, kvm_set_userfault, load_early)
HOOKS = frozenset(
    {
        "fault",
        "KVM_MEM_USERFAULT",
        "KVM_CAP_USERFAULT",
        "KVM_MEMORY_EXIT_FLAG_USERFAULT",
        "kvm_do_userfault",
        "kvm_arch_userfault_enabled",
    }
)

MODEL = Revision(
    name="kvm_userfault_v3",
    title="KVM userfault in common code (v3, 2025-06-18)",
    covers=("20250618042424.330664-1-jthoughton@google.com",),
    kernel=patch(GuestMemfd618, *FUNCTIONS, bitmap_load="READ_ONCE"),
    hooks=HOOKS,
)
