# SPDX-License-Identifier: GPL-2.0-or-later
"""v2 of April 2025 as meant: v2_minor_posted with mfill_atomic() open to guest_memfd for CONTINUE.

20250402160721.97596-1-kalyazin@amazon.com.  What patch 1 says CONTINUE does, were it reached.
"""

from refmodel.core import CONTINUE, rule
from refmodel.kvm import GuestMemfd
from refmodel.model import Revision, patch
from refmodel.revisions import v2_minor_posted

_MEANT = "v2 1/5 <20250402160721.97596-2-kalyazin@amazon.com>"


@rule(_MEANT, "the gate the posting forgot: CONTINUE of guest_memfd passes")
def vma_can_mfill_atomic(k: GuestMemfd, mode: str) -> bool:
    return mode == CONTINUE or k.vma_is_shmem()


MODEL = Revision(
    name="v2_minor_meant",
    title="uffd minor raised by kvm_gmem_fault (v2, 2025-04-02), as meant",
    covers=("20250402160721.97596-1-kalyazin@amazon.com",),
    variant="as meant",
    kernel=patch(v2_minor_posted.KERNEL, vma_can_mfill_atomic),
    hooks=v2_minor_posted.MODEL.hooks,
)
