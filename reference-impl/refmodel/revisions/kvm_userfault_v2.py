# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM userfault by memslot flag and bitmap (v2, 2025-01-09)

The x86 side.  The bit is read from user memory: stored with release, loaded without acquire.
"""

from refmodel.core import rule
from refmodel.filemap import read_back
from refmodel.kvm import GuestMemfd618

_SERIES = "KVM userfault v2 <20250109204929.1106563-1-jthoughton@google.com>"


class Userfault(GuestMemfd618):
    bitmap_load = "READ_ONCE"

    @rule(_SERIES, "turning the flag on zaps the slot's stage-2; turning it off leaves it")
    def kvm_set_userfault(self, on: bool) -> int:
        if on and not self.userfault:
            self.stage2 = [False] * len(self.stage2)
        self.userfault = on
        return 0

    @rule(_SERIES, "no acquire: the page may be read before the bit that guards it")
    def load_early(self, index: int) -> str:
        folio = self.page_cache[index]
        early = read_back(folio) if folio is not None and folio.uptodate else ""
        self.preempt("the vCPU has read the page, not the bitmap yet")
        return early


class Kernel(Userfault):
    names = "KVM_MEM_USERFAULT kvm_gfn_userfault kvm_memslot_userfault"
    covers = ("20250109204929.1106563-1-jthoughton@google.com",)

    @rule(_SERIES, "flag on and bit set: exit; flag off: the bitmap is not looked at")
    def kvm_gfn_userfault(self, index: int) -> bool:
        return self.userfault and self.bitmap[index]

    @rule(_SERIES, "a memory-fault exit with KVM_MEMORY_EXIT_FLAG_USERFAULT and the page's gpa")
    def kvm_do_userfault(self, index: int) -> str:
        return f"exit memory-fault userfault p{index}" if self.kvm_gfn_userfault(index) else ""
