# SPDX-License-Identifier: GPL-2.0-or-later
"""The RFC of March 2025 on huge folios: why "missing" cannot mean absent from the page cache.

20250303133011.44095-1-kalyazin@amazon.com with what Peter Xu says of huge pages in reply: they are
allocated whole.  All pages of this world's file are one folio; a model only, nobody posted it.
"""

from refmodel.core import rule
from refmodel.filemap import Folio
from refmodel.kvm import GuestMemfd
from refmodel.model import Revision, patch
from refmodel.revisions import rfc_missing
from refmodel.world import STALE

_REVIEW = "reply of 2025-03-03 to the RFC <20250303133011.44095-1-kalyazin@amazon.com>"


@rule(_REVIEW, "whoever allocates one page allocates every page of the folio")
def filemap_grab_folio(k: GuestMemfd, index: int) -> Folio | int:
    if index < k.size and all(folio is None for folio in k.page_cache):
        for page in range(k.size):
            folio = k.filemap_add_folio(page, Folio(STALE, uptodate=False))
            k.folio_unlock(folio)
    found = k.filemap_lock_folio(index)
    if isinstance(found, int):
        found = k.filemap_add_folio(index, Folio(STALE, uptodate=False))
        found.refs += 1
    return found


MODEL = Revision(
    name="huge_missing",
    title="uffd missing (RFC, 2025-03-03) on folios larger than a page",
    kernel=patch(rfc_missing.MODEL.kernel, filemap_grab_folio),
    hooks=rfc_missing.MODEL.hooks,
    page_local=False,
)
