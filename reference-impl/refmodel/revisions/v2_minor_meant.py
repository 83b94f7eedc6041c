# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd minor raised by kvm_gmem_fault (v2, 2025-04-02), as meant"""

from refmodel.core import CONTINUE, rule
from refmodel.revisions import v2_minor_posted

_MEANT = "v2 1/5 <20250402160721.97596-2-kalyazin@amazon.com>"


class Kernel(v2_minor_posted.Kernel):
    covers = v2_minor_posted.Kernel.covers
    variant = "as meant"

    @rule(_MEANT, "the gate the posting forgot: CONTINUE of guest_memfd passes")
    def vma_can_mfill_atomic(self, mode: str) -> bool:
        return mode == CONTINUE or self.vma_is_shmem()
