# SPDX-License-Identifier: GPL-2.0-or-later
"""write() RFC v2: a failed copy counts as written (2024-11-29)"""

from refmodel.core import EINVAL, ENOSPC, rule
from refmodel.kvm import PAGE, GuestMemfd, Iter

_PATCH = "write RFC v2 1/2 <20241129123929.64790-2-kalyazin@amazon.com>"


class Kernel(GuestMemfd):
    names = "write"
    covers = ("20241129123929.64790-1-kalyazin@amazon.com",)

    @rule(_PATCH, "as v3, but marked prepared and counted whatever could be copied")
    def kvm_kmem_gmem_write(self, index: int, it: Iter) -> int:
        if it.at or it.length != PAGE or index >= self.size:
            return -EINVAL
        self.filemap_invalidate_lock()
        folio = self.kvm_gmem_get_folio(index)
        filled = folio.uptodate
        self.folio_unlock(folio)
        if not filled:
            self.preempt("write() has unlocked the folio and starts to copy")
            self.copy_from_user(folio, it.value, 0, it.readable)
            self.folio_zero_halves(folio, it.readable, PAGE)
            self.kvm_gmem_mark_prepared(folio)
        self.folio_put(folio)
        self.filemap_invalidate_unlock()
        return -ENOSPC if filled else PAGE
