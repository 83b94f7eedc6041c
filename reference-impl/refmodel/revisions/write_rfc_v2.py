# SPDX-License-Identifier: GPL-2.0-or-later
"""write() RFC v2 of November 2024, as it were on a file that can be mapped (it was not then).

20241129123929.64790-1-kalyazin@amazon.com.  A copy that fails is not taken for a failure: the page
is marked prepared and counted as written.
"""

from refmodel.core import EFAULT, EINVAL, ENOSPC, rule
from refmodel.kvm import PAGE, GuestMemfd, Iter
from refmodel.model import Revision, patch

_PATCH = "write RFC v2 1/2 <20241129123929.64790-2-kalyazin@amazon.com>"


@rule(_PATCH, "as v3, but marked prepared and counted whatever could be copied")
def kvm_kmem_gmem_write(k: GuestMemfd, index: int, it: Iter) -> int:
    if it.at or it.length != PAGE or index >= k.size:
        return -EINVAL
    k.filemap_invalidate_lock()
    folio = k.kvm_gmem_get_folio(index)
    if isinstance(folio, int):
        return -EFAULT
    filled = folio.uptodate
    k.folio_unlock(folio)
    if not filled:
        k.preempt("write() has unlocked the folio and starts to copy")
        k.copy_from_user(folio, it.value, 0, it.readable)
        for half in range(it.readable, PAGE):
            k.folio_zero_half(folio, half)
        k.kvm_gmem_mark_prepared(folio)
    k.folio_put(folio)
    k.filemap_invalidate_unlock()
    return -ENOSPC if filled else PAGE


MODEL = Revision(
    name="write_rfc_v2",
    title="write() RFC v2: a failed copy counts as written (2024-11-29)",
    covers=("20241129123929.64790-1-kalyazin@amazon.com",),
    kernel=patch(GuestMemfd, kvm_kmem_gmem_write),
    hooks=frozenset({"fault", "write"}),
)
