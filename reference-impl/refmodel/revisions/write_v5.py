# SPDX-License-Identifier: GPL-2.0-or-later
"""write() v5 of September 2025: v4, with the rest of a short copy zeroed instead of removed.

20250902111951.58315-1-kalyazin@amazon.com.  Whole pages behave as in v4.
"""

from refmodel.core import cited
from refmodel.kvm import GuestMemfd618
from refmodel.model import Revision, patch
from refmodel.revisions import write_v4

_PATCH = "write v5 1/2 <20250902111951.58315-2-kalyazin@amazon.com>"

kvm_kmem_gmem_write_begin = cited(
    write_v4.kvm_kmem_gmem_write_begin,
    _PATCH,
    "beyond the size: EINVAL; uptodate: ENOSPC; else the folio, locked",
)
kvm_kmem_gmem_write_end = cited(
    write_v4.kvm_kmem_gmem_write_end,
    _PATCH,
    "whatever was copied, the page is marked prepared before it is unlocked",
)

MODEL = Revision(
    name="write_v5",
    title="write() v5: a short copy is filled up with zeros (2025-09-02)",
    covers=("20250902111951.58315-1-kalyazin@amazon.com",),
    kernel=patch(
        GuestMemfd618,
        kvm_kmem_gmem_write_begin,
        kvm_kmem_gmem_write_end,
        a_ops=write_v4.A_OPS,
        gmem_write="generic_perform_write",
    ),
    hooks=write_v4.HOOKS,
)
