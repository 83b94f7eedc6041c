# SPDX-License-Identifier: GPL-2.0-or-later
"""write() v4: generic_perform_write, ENOSPC on a filled page (2025-08-28)

It does not link: filemap_remove_folio() is not exported.
"""

from refmodel.core import EINVAL, ENOSPC, Folio, ops, rule
from refmodel.kvm import PAGE, GuestMemfd618

_PATCH = "write v4 1/2 <20250828153049.3922-2-kalyazin@amazon.com>"


class WriteIter(GuestMemfd618):
    """What v5 and v6 have, too: write() by ->write_iter, which is generic."""

    a_ops = ops(write_begin="kvm_kmem_gmem_write_begin", write_end="kvm_kmem_gmem_write_end")
    gmem_write = "generic_perform_write"
    names = "write_iter"


class Kernel(WriteIter):
    covers = ("20250828153049.3922-1-kalyazin@amazon.com",)

    @rule(_PATCH, "whole pages inside the file, else EINVAL; uptodate: ENOSPC; else locked")
    def kvm_kmem_gmem_write_begin(self, pos: int, length: int) -> Folio | int:
        if pos % PAGE or length != PAGE or pos >= self.size * PAGE:
            return -EINVAL
        folio = self.kvm_gmem_get_folio(pos // PAGE)
        if folio.uptodate:
            self.folio_release(folio)
            return -ENOSPC
        return folio

    @rule(_PATCH, "copied whole: marked prepared before it is unlocked; else out of the cache")
    def kvm_kmem_gmem_write_end(self, pos: int, length: int, copied: int, folio: Folio) -> int:
        if copied == length:
            self.kvm_gmem_mark_prepared(folio)
            self.folio_release(folio)
            return copied
        self.filemap_remove_folio(pos // PAGE, folio)
        self.folio_put(folio)
        return 0
