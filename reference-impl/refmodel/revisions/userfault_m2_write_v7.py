# SPDX-License-Identifier: GPL-2.0-or-later
"""What a user would build: KVM userfault v3, M v2 and write v7 together.

20250618042424.330664-1-jthoughton@google.com for the guest,
20260306171815.3160826-1-rppt@kernel.org for everybody else, and
20251114151828.98165-1-kalyazin@amazon.com to fill pages for both.
"""

from refmodel.model import Revision, patch
from refmodel.revisions import kvm_userfault_v3, m2_do_userfault, write_v7

MODEL = Revision(
    name="userfault_m2_write_v7",
    title="KVM userfault v3, uffd missing and minor of 2026-03-06, write() v7",
    kernel=patch(
        m2_do_userfault.KERNEL,
        *kvm_userfault_v3.FUNCTIONS,
        *write_v7.FUNCTIONS,
        a_ops=write_v7.A_OPS,
        gmem_write="generic_perform_write",
        bitmap_load="READ_ONCE",
    ),
    hooks=m2_do_userfault.MODEL.hooks | kvm_userfault_v3.HOOKS | write_v7.HOOKS,
)
