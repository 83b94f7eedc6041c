# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd missing (RFC, 2025-03-03) on folios larger than a page

With what Peter Xu says of huge pages in reply: they are allocated whole.  All pages of this world's
file are one folio; a model only, nobody posted it.
"""

from refmodel.core import Folio, rule
from refmodel.kvm import GuestMemfd
from refmodel.revisions import rfc_missing
from refmodel.world import STALE

REVIEW = "reply of 2025-03-03 to the RFC <20250303133011.44095-1-kalyazin@amazon.com>"


class HugeFolio(GuestMemfd):
    @rule(REVIEW, "whoever allocates one page allocates every page of the folio")
    def filemap_grab_folio(self, index: int) -> Folio:
        if index < self.size and not any(self.page_cache):
            for page in range(self.size):
                self.folio_unlock(self.filemap_add_folio(page, Folio(STALE, uptodate=False)))
        return super().filemap_grab_folio(index)


class Kernel(HugeFolio, rfc_missing.Kernel):
    reach = "any"
