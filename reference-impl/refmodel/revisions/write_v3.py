# SPDX-License-Identifier: GPL-2.0-or-later
"""write() v3 of March 2025, what the revisions of that year were written on; no userfaultfd.

20250303130838.28812-1-kalyazin@amazon.com.  Its function is refmodel.kvm's kvm_kmem_gmem_write().
"""

from refmodel.kvm import GuestMemfd
from refmodel.model import Revision

MODEL = Revision(
    name="write_v3",
    title="write() v3: the folio is unlocked before the copy (2025-03-03)",
    covers=("20250303130838.28812-1-kalyazin@amazon.com",),
    kernel=GuestMemfd,
    hooks=frozenset({"fault", "write"}),
)
