# SPDX-License-Identifier: GPL-2.0-or-later
"""write() v5 of September 2025: v4, with the rest of a short copy zeroed instead of removed.

20250902111951.58315-1-kalyazin@amazon.com.  The page counts as filled then: what is left over can
be written neither as half a page (EINVAL) nor as a page (ENOSPC).
"""

from refmodel.core import cited, rule
from refmodel.filemap import Folio
from refmodel.kvm import GuestMemfd618
from refmodel.model import Revision, patch
from refmodel.revisions import write_v4

_PATCH = "write v5 1/2 <20250902111951.58315-2-kalyazin@amazon.com>"


@rule(_PATCH, "the rest of a short copy is zeroed; copied anything: marked prepared")
def kvm_kmem_gmem_write_end(
    k: GuestMemfd618, index: int, folio: Folio, at: int, length: int, copied: int
) -> int:
    del index
    if copied:
        for half in range(at + copied, at + length):
            k.folio_zero_half(folio, half)
        k.kvm_gmem_mark_prepared(folio)
    k.folio_release(folio)
    return copied


MODEL = Revision(
    name="write_v5",
    title="write() v5: a short copy is filled up with zeros (2025-09-02)",
    covers=("20250902111951.58315-1-kalyazin@amazon.com",),
    kernel=patch(
        write_v4.MODEL.kernel,
        cited(write_v4.kvm_kmem_gmem_write_begin, _PATCH),
        kvm_kmem_gmem_write_end,
    ),
    hooks=write_v4.HOOKS,
)
