# SPDX-License-Identifier: GPL-2.0-or-later
"""write() v7: GUEST_MEMFD_FLAG_WRITE, overwriting allowed (2025-11-14)"""

from refmodel.core import EINVAL, Folio, ops, rule
from refmodel.kvm import PAGE, GuestMemfd618

_PATCH = "write v7 1/2 <20251114151828.98165-2-kalyazin@amazon.com>"


class Kernel(GuestMemfd618):
    a_ops = ops(write_begin="kvm_gmem_write_begin", write_end="kvm_gmem_write_end")
    gmem_write = "generic_perform_write"
    names = "write_iter GUEST_MEMFD_FLAG_WRITE"  # which the file of this world has
    covers = ("20251114151828.98165-1-kalyazin@amazon.com",)

    @rule(_PATCH, "whole pages inside the file, else EINVAL; filled before or not")
    def kvm_gmem_write_begin(self, pos: int, length: int) -> Folio | int:
        if pos >= self.size * PAGE or pos % PAGE or length != PAGE:
            return -EINVAL
        return self.kvm_gmem_get_folio(pos // PAGE)

    @rule(_PATCH, "a page nobody filled: what was not copied is zeroed, be it all; marked uptodate")
    def kvm_gmem_write_end(self, pos: int, length: int, copied: int, folio: Folio) -> int:
        if not folio.uptodate:
            self.folio_zero_halves(folio, copied, length)
            self.kvm_gmem_mark_prepared(folio)
        self.folio_release(folio)
        return copied
