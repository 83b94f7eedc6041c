# SPDX-License-Identifier: GPL-2.0-or-later
"""write() v6 of October 2025: overwriting allowed, and nothing marks the page filled.

20251020161352.69257-1-kalyazin@amazon.com.  write_end never sets the uptodate flag, so the next
fault or vCPU access clears the page: everything written is lost.
"""

from refmodel.core import EFAULT, EINVAL, rule
from refmodel.filemap import Folio
from refmodel.kvm import GuestMemfd618
from refmodel.model import Revision, patch
from refmodel.revisions.write_v4 import A_OPS, HOOKS

_PATCH = "write v6 1/2 <20251020161352.69257-2-kalyazin@amazon.com>"


@rule(_PATCH, "any part of a page inside the file, else EINVAL; filled before or not")
def kvm_kmem_gmem_write_begin(k: GuestMemfd618, index: int, at: int, length: int) -> Folio | int:
    del at, length
    if index >= k.size:
        return -EINVAL
    folio = k.kvm_gmem_get_folio(index)
    return -EFAULT if isinstance(folio, int) else folio


@rule(_PATCH, "the rest of a short copy is zeroed; the uptodate flag is left as it was")
def kvm_kmem_gmem_write_end(
    k: GuestMemfd618, index: int, folio: Folio, at: int, length: int, copied: int
) -> int:
    del index, at
    if 0 < copied < length:
        # From the start of the page: pos is masked with the number of pages, not of bytes.
        for half in range(copied, length):
            k.folio_zero_half(folio, half)
    k.folio_release(folio)
    return copied


MODEL = Revision(
    name="write_v6",
    title="write() v6: overwriting allowed, the page never marked filled (2025-10-20)",
    covers=("20251020161352.69257-1-kalyazin@amazon.com",),
    kernel=patch(
        GuestMemfd618,
        kvm_kmem_gmem_write_begin,
        kvm_kmem_gmem_write_end,
        a_ops=A_OPS,
        gmem_write="generic_perform_write",
    ),
    hooks=HOOKS,
)
