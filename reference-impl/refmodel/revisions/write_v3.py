# SPDX-License-Identifier: GPL-2.0-or-later
"""write() v3: the folio is unlocked before the copy (2025-03-03)

Its function is refmodel.kvm's kvm_kmem_gmem_write().
"""

from refmodel.kvm import GuestMemfd


class Kernel(GuestMemfd):
    names = "write"
    covers = ("20250303130838.28812-1-kalyazin@amazon.com",)
