# SPDX-License-Identifier: GPL-2.0-or-later
"""private anonymous memory on 6.12, for comparison

What userfaultfd was made for.  There is no file: nothing past its end, no second mapping, no MINOR.
MADV_DONTNEED frees the page.  A vCPU reaches it through user page tables.  Rules: 6.12 mm/memory.c.
"""

from refmodel.core import VM_FAULT_LOCKED, VM_UFFD_MISSING, Folio, Vmf, ops, rule
from refmodel.revisions.shmem import UserMemory
from refmodel.world import ZERO

_SOURCE = "6.12 mm/memory.c"


class Kernel(UserMemory):
    memory = "anonymous"
    vm_ops = ops(fault="do_anonymous_page")

    @rule(_SOURCE, "do_anonymous_page(): no entry and MISSING: event; else a page of zeros")
    def do_anonymous_page(self, vmf: Vmf) -> int:
        if self.userfaultfd_missing(vmf.vma):
            return self.handle_userfault(vmf, VM_UFFD_MISSING)
        vmf.folio = self.filemap_add_folio(vmf.pgoff, Folio(ZERO, uptodate=True))
        vmf.folio.refs += 1
        return VM_FAULT_LOCKED

    @rule(_SOURCE, "zap_pte_range(): the page goes with its entry, a poison marker, too")
    def madvise_dontneed(self, pgoff: int) -> int:
        self.truncate_folio(pgoff, self.vma.ptes)
        self.vma.ptes[pgoff] = ""
        return 0
