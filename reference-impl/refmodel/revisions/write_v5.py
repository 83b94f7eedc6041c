# SPDX-License-Identifier: GPL-2.0-or-later
"""write() v5: a short copy is filled up with zeros (2025-09-02)

The page counts as filled then: what is left over can be written neither as half a page (EINVAL) nor
as a page (ENOSPC).
"""

from refmodel.core import Folio, rule, unchanged
from refmodel.kvm import PAGE
from refmodel.revisions import write_v4

_PATCH = "write v5 1/2 <20250902111951.58315-2-kalyazin@amazon.com>"


@unchanged(_PATCH, "kvm_kmem_gmem_write_begin")
class Kernel(write_v4.Kernel):
    covers = ("20250902111951.58315-1-kalyazin@amazon.com",)

    @rule(_PATCH, "the rest of a short copy is zeroed; copied anything: marked prepared")
    def kvm_kmem_gmem_write_end(self, pos: int, length: int, copied: int, folio: Folio) -> int:
        if copied:
            self.folio_zero_halves(folio, pos % PAGE + copied, pos % PAGE + length)
            self.kvm_gmem_mark_prepared(folio)
        self.folio_release(folio)
        return copied
