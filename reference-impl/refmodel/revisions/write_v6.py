# SPDX-License-Identifier: GPL-2.0-or-later
"""write() v6 of October 2025: overwriting allowed, and nothing marks the page filled.

20251020161352.69257-1-kalyazin@amazon.com.  write_end never sets the uptodate flag, so the next
fault or vCPU access clears the page: everything written is lost.
"""

from refmodel.core import EFAULT, EINVAL, Folio, rule
from refmodel.kvm import GuestMemfd618
from refmodel.model import Revision, patch
from refmodel.revisions.write_v4 import A_OPS, HOOKS

_PATCH = "write v6 1/2 <20251020161352.69257-2-kalyazin@amazon.com>"


@rule(_PATCH, "beyond the size: EINVAL; else the folio, filled before or not")
def kvm_kmem_gmem_write_begin(k: GuestMemfd618, index: int) -> Folio | int:
    if index >= k.size:
        return -EINVAL
    folio = k.kvm_gmem_get_folio(index)
    return -EFAULT if isinstance(folio, int) else folio


@rule(_PATCH, "unlocks; the uptodate flag is left as it was")
def kvm_kmem_gmem_write_end(k: GuestMemfd618, folio: Folio) -> None:
    k.folio_unlock(folio)
    k.folio_put(folio)


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
