# SPDX-License-Identifier: GPL-2.0-or-later
"""v2 of March 2026: uffd missing and minor, COPY and ZEROPAGE, decided by __do_userfault().

20260306171815.3160826-1-rppt@kernel.org.  The core asks get_folio_noalloc before it calls ->fault,
and so before the handler tests the file's size.
"""

from refmodel.core import rule
from refmodel.filemap import Folio
from refmodel.kvm import GuestMemfd, GuestMemfd618
from refmodel.memory import Vmf, userfaultfd_minor, userfaultfd_missing
from refmodel.model import Revision, patch
from refmodel.revisions.mrfc_fault_codes import HOOKS, UFFD_OPS
from refmodel.uffd_ops import CORE
from refmodel.world import VM_UFFD_MINOR, VM_UFFD_MISSING

_PATCH = "M v2 {0}/15 <20260306171815.3160826-{1}-rppt@kernel.org>"


def _do_userfault(k: GuestMemfd, vmf: Vmf) -> int:
    """__do_userfault(): present and MINOR, or absent and MISSING, else nothing."""
    if not (userfaultfd_missing(vmf.vma) or userfaultfd_minor(vmf.vma)):
        return 0
    folio: Folio | int = getattr(k, k.uffd_ops["get_folio_noalloc"])(vmf.pgoff)
    if not isinstance(folio, int):
        k.folio_release(folio)
        if userfaultfd_minor(vmf.vma):
            return k.handle_userfault(vmf, VM_UFFD_MINOR)
    elif userfaultfd_missing(vmf.vma):
        return k.handle_userfault(vmf, VM_UFFD_MISSING)
    return 0


@rule(_PATCH.format(12, 13), "the event comes before ->fault, whatever ->fault would have said")
def _do_fault(k: GuestMemfd, vmf: Vmf) -> int:
    ret = _do_userfault(k, vmf)
    if ret:
        return ret
    k.preempt("__do_userfault() has looked, ->fault has not yet")
    return k.call_fault(vmf)


KERNEL = patch(
    GuestMemfd618,
    *CORE,
    *HOOKS,
    _do_fault,
    vm_ops={"fault": "kvm_gmem_fault_user_mapping", "uffd_ops": "kvm_gmem_uffd_ops"},
    uffd_ops=UFFD_OPS,
)

MODEL = Revision(
    name="m2_do_userfault",
    title="uffd missing and minor by vm_uffd_ops, __do_userfault (v2, 2026-03-06)",
    covers=("20260306171815.3160826-1-rppt@kernel.org",),
    kernel=KERNEL,
    hooks=frozenset({"fault", "uffd_ops", "filemap_remove_folio", *UFFD_OPS}),
)
