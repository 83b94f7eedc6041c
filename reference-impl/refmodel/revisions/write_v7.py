# SPDX-License-Identifier: GPL-2.0-or-later
"""write() v7 of November 2025: GUEST_MEMFD_FLAG_WRITE, overwriting allowed, pages marked filled.

20251114151828.98165-1-kalyazin@amazon.com.  The file of this world has the flag.
"""

from refmodel.core import EINVAL, rule
from refmodel.filemap import Folio
from refmodel.kvm import PAGE, GuestMemfd618
from refmodel.model import Revision, patch

_PATCH = "write v7 1/2 <20251114151828.98165-2-kalyazin@amazon.com>"


@rule(_PATCH, "whole pages inside the file, else EINVAL; filled before or not")
def kvm_gmem_write_begin(k: GuestMemfd618, index: int, at: int, length: int) -> Folio | int:
    if index >= k.size or at or length != PAGE:
        return -EINVAL
    return k.kvm_gmem_get_folio(index)


@rule(_PATCH, "a page nobody had filled: what was not copied is zeroed, be it all; marked uptodate")
def kvm_gmem_write_end(
    k: GuestMemfd618, index: int, folio: Folio, at: int, length: int, copied: int
) -> int:
    del index, at
    if not folio.uptodate:
        for half in range(copied, length):
            k.folio_zero_half(folio, half)
        k.kvm_gmem_mark_prepared(folio)
    k.folio_release(folio)
    return copied


FUNCTIONS = (kvm_gmem_write_begin, kvm_gmem_write_end)
A_OPS = {"write_begin": "kvm_gmem_write_begin", "write_end": "kvm_gmem_write_end"}
HOOKS = frozenset({"fault", "write_iter", "write_begin", "write_end", "GUEST_MEMFD_FLAG_WRITE"})

MODEL = Revision(
    name="write_v7",
    title="write() v7: GUEST_MEMFD_FLAG_WRITE, overwriting allowed (2025-11-14)",
    covers=("20251114151828.98165-1-kalyazin@amazon.com",),
    kernel=patch(GuestMemfd618, *FUNCTIONS, a_ops=A_OPS, gmem_write="generic_perform_write"),
    hooks=HOOKS,
)
