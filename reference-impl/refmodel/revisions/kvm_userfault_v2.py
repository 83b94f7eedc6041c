# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM userfault v2 of January 2025: a memslot flag and a bitmap decide about stage-2 faults.

20250109204929.1106563-1-jthoughton@google.com, the x86 side.  The kernel copies the bit from user
memory; the documentation asks userspace for a store-release, nothing acquires.
"""

from refmodel.core import rule
from refmodel.filemap import read_back
from refmodel.kvm import GuestMemfd618
from refmodel.model import Revision, patch

_SERIES = "KVM userfault v2 <20250109204929.1106563-1-jthoughton@google.com>"


@rule(_SERIES, "flag on and bit set: exit; flag off: the bitmap is not looked at")
def kvm_gfn_userfault(k: GuestMemfd618, index: int) -> bool:
    return k.userfault and k.bitmap[index]


@rule(_SERIES, "a memory-fault exit with KVM_MEMORY_EXIT_FLAG_USERFAULT and the page's gpa")
def kvm_do_userfault(k: GuestMemfd618, index: int) -> str:
    return f"exit memory-fault userfault p{index}" if kvm_gfn_userfault(k, index) else ""


@rule(_SERIES, "turning the flag on zaps the slot's stage-2; turning it off leaves it")
def kvm_set_userfault(k: GuestMemfd618, on: bool) -> int:
    if on and not k.userfault:
        k.stage2 = [False] * len(k.stage2)
    k.userfault = on
    return 0


@rule(_SERIES, "no acquire: the page may be read before the bit that guards it")
def load_early(k: GuestMemfd618, index: int) -> str:
    folio = k.page_cache[index]
    early = read_back(folio) if folio is not None and folio.uptodate else ""
    k.preempt("the vCPU has read the page, not the bitmap yet")
    return early


MODEL = Revision(
    name="kvm_userfault_v2",
    title="KVM userfault by memslot flag and bitmap (v2, 2025-01-09)",
    covers=("20250109204929.1106563-1-jthoughton@google.com",),
    kernel=patch(
        GuestMemfd618,
        kvm_do_userfault,
        kvm_set_userfault,
        load_early,
        bitmap_load="READ_ONCE",
    ),
    hooks=frozenset({"fault", "KVM_MEM_USERFAULT", "kvm_gfn_userfault", "kvm_memslot_userfault"}),
)
