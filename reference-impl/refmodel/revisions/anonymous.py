# SPDX-License-Identifier: GPL-2.0-or-later
"""For comparison: private anonymous memory on unpatched 6.12, where a page is its mapping.

What userfaultfd was made for.  There is no file: nothing past its end, no second mapping, no MINOR.
MADV_DONTNEED frees the page.  A vCPU reaches it through user page tables.  Rules: 6.12 mm/memory.c.
"""

from refmodel.core import VM_FAULT_LOCKED, rule
from refmodel.filemap import Folio
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vmf, userfaultfd_missing
from refmodel.model import Revision, patch
from refmodel.revisions.shmem import vcpu
from refmodel.world import VM_UFFD_MISSING, ZERO

_SOURCE = "6.12 mm/memory.c"


@rule(_SOURCE, "do_anonymous_page(): no entry and MISSING: event; else a page of zeros")
def do_anonymous_page(k: GuestMemfd, vmf: Vmf) -> int:
    if userfaultfd_missing(vmf.vma):
        return k.handle_userfault(vmf, VM_UFFD_MISSING)
    vmf.folio = k.filemap_add_folio(vmf.pgoff, Folio(ZERO, uptodate=True))
    vmf.folio.refs += 1
    return VM_FAULT_LOCKED


@rule(_SOURCE, "zap_pte_range(): the page goes with its entry, a poison marker, too")
def madvise_dontneed(k: GuestMemfd, pgoff: int) -> int:
    k.truncate_folio(pgoff, k.vma.ptes)
    k.vma.ptes[pgoff] = ""
    return 0


MODEL = Revision(
    name="anonymous",
    title="private anonymous memory on 6.12, for comparison",
    kernel=patch(
        GuestMemfd,
        do_anonymous_page,
        madvise_dontneed,
        vcpu,
        memory="anonymous",
        vm_ops={"fault": "do_anonymous_page"},
        gmem_write="",
    ),
    hooks=frozenset({"fault"}),
)
