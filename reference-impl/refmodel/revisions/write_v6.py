# SPDX-License-Identifier: GPL-2.0-or-later
"""write() v6: overwriting allowed, the page never marked filled (2025-10-20)

The page is not marked uptodate: the next fault or vCPU access clears all that was written.
"""

from refmodel.core import EINVAL, Folio, rule
from refmodel.kvm import PAGE
from refmodel.revisions.write_v4 import WriteIter

_PATCH = "write v6 1/2 <20251020161352.69257-2-kalyazin@amazon.com>"


class Kernel(WriteIter):
    covers = ("20251020161352.69257-1-kalyazin@amazon.com",)

    @rule(_PATCH, "any part of a page inside the file, else EINVAL; filled before or not")
    def kvm_kmem_gmem_write_begin(self, pos: int, length: int) -> Folio | int:
        return -EINVAL if pos >= self.size * PAGE else self.kvm_gmem_get_folio(pos // PAGE)

    @rule(_PATCH, "the rest of a short copy is zeroed; the uptodate flag is left as it was")
    def kvm_kmem_gmem_write_end(self, pos: int, length: int, copied: int, folio: Folio) -> int:
        if 0 < copied < length:
            # From the start of the page: pos is masked with the number of pages, not of bytes.
            self.folio_zero_halves(folio, copied, length)
        self.folio_release(folio)
        return copied
