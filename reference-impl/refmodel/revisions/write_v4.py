# SPDX-License-Identifier: GPL-2.0-or-later
"""write() v4 of August 2025: generic_perform_write() under the folio's lock, no userfaultfd.

20250828153049.3922-1-kalyazin@amazon.com.  It does not link: filemap_remove_folio() is not
exported.
"""

from refmodel.core import EFAULT, EINVAL, ENOSPC, rule
from refmodel.filemap import Folio
from refmodel.kvm import PAGE, GuestMemfd618
from refmodel.model import Revision, patch

_PATCH = "write v4 1/2 <20250828153049.3922-2-kalyazin@amazon.com>"


@rule(_PATCH, "whole pages inside the file, else EINVAL; uptodate: ENOSPC; else the folio, locked")
def kvm_kmem_gmem_write_begin(k: GuestMemfd618, index: int, at: int, length: int) -> Folio | int:
    if at or length != PAGE or index >= k.size:
        return -EINVAL
    folio = k.kvm_gmem_get_folio(index)
    if isinstance(folio, int):
        return -EFAULT
    if folio.uptodate:
        k.folio_release(folio)
        return -ENOSPC
    return folio


@rule(_PATCH, "copied whole: marked prepared before it is unlocked; else taken out of the cache")
def kvm_kmem_gmem_write_end(
    k: GuestMemfd618, index: int, folio: Folio, at: int, length: int, copied: int
) -> int:
    del at
    if copied == length:
        k.kvm_gmem_mark_prepared(folio)
        k.folio_release(folio)
        return copied
    k.filemap_remove_folio(index, folio)
    k.folio_put(folio)
    return 0


A_OPS = {"write_begin": "kvm_kmem_gmem_write_begin", "write_end": "kvm_kmem_gmem_write_end"}
HOOKS = frozenset({"fault", "write_iter", "write_begin", "write_end"})

MODEL = Revision(
    name="write_v4",
    title="write() v4: generic_perform_write, ENOSPC on a filled page (2025-08-28)",
    covers=("20250828153049.3922-1-kalyazin@amazon.com",),
    kernel=patch(
        GuestMemfd618,
        kvm_kmem_gmem_write_begin,
        kvm_kmem_gmem_write_end,
        a_ops=A_OPS,
        gmem_write="generic_perform_write",
    ),
    hooks=HOOKS,
)
