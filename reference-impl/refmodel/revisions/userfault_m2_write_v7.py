# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM userfault v3, uffd missing and minor of 2026-03-06, write() v7

20250618042424.330664-1-jthoughton@google.com, 20260306171815.3160826-1-rppt@kernel.org and
20251114151828.98165-1-kalyazin@amazon.com together.
"""

from refmodel.revisions import kvm_userfault_v3, m2_do_userfault, write_v7


class Kernel(kvm_userfault_v3.Kernel, write_v7.Kernel, m2_do_userfault.Kernel):
    pass
