# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC of January 2026: uffd missing and minor, COPY and ZEROPAGE, by struct vm_uffd_ops.

20260127192936.1250096-1-rppt@kernel.org.  The fault handler answers VM_FAULT_UFFD_MISSING or
VM_FAULT_UFFD_MINOR.  get_folio_noalloc no longer clears a page that was never filled.
"""

from refmodel.core import EEXIST, VM_FAULT_SIGBUS, rule
from refmodel.filemap import Folio
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vma, Vmf, userfaultfd_minor, userfaultfd_missing
from refmodel.model import Revision, patch
from refmodel.uffd_ops import CORE
from refmodel.world import STALE, VM_UFFD_MINOR, VM_UFFD_MISSING

_PATCH = "M RFC {0}/17 <20260127192936.1250096-{1}-rppt@kernel.org>"

VM_FAULT_UFFD_MINOR = 0x008000
VM_FAULT_UFFD_MISSING = 0x010000


@rule(_PATCH.format(12, 13), "->fault answers which event, the core raises it (13/17 adds missing)")
def _do_fault(k: GuestMemfd, vmf: Vmf) -> int:
    ret = k.call_fault(vmf)
    if ret & VM_FAULT_UFFD_MINOR:
        return k.handle_userfault(vmf, VM_UFFD_MINOR)
    if ret & VM_FAULT_UFFD_MISSING:
        return k.handle_userfault(vmf, VM_UFFD_MISSING)
    return ret


@rule(_PATCH.format(14, 15), "size first; present and MINOR: event; absent and MISSING: event (15)")
def kvm_gmem_fault_user_mapping(k: GuestMemfd, vmf: Vmf) -> int:
    if vmf.pgoff >= k.size:
        return VM_FAULT_SIGBUS
    folio = k.filemap_lock_folio(vmf.pgoff)
    if not isinstance(folio, int) and userfaultfd_minor(vmf.vma):
        k.folio_release(folio)
        return VM_FAULT_UFFD_MINOR
    if isinstance(folio, int) and userfaultfd_missing(vmf.vma):
        return VM_FAULT_UFFD_MISSING
    if isinstance(folio, int):
        k.preempt("->fault has found no folio and is about to allocate one")
        folio = k.kvm_gmem_get_folio(vmf.pgoff)
    return VM_FAULT_SIGBUS if isinstance(folio, int) else k.kvm_gmem_map_folio(vmf, folio)


@rule(_PATCH.format(14, 15), "every mode, for a file that is shared from the start")
def kvm_gmem_can_userfault(k: GuestMemfd, vma: Vma, vm_flags: int) -> bool:
    del k, vma, vm_flags
    return True


@rule(_PATCH.format(14, 15), "the folio in the cache or ENOENT; filled or not is not looked at")
def kvm_gmem_get_folio_noalloc(k: GuestMemfd, pgoff: int) -> Folio | int:
    return k.filemap_lock_folio(pgoff)


@rule(_PATCH.format(15, 16), "a folio outside the cache; past the end of the file none")
def kvm_gmem_folio_alloc(k: GuestMemfd, pgoff: int) -> Folio | None:
    if pgoff >= k.size:
        return None
    folio = Folio(STALE, uptodate=False)
    folio.refs += 1
    return folio


@rule(_PATCH.format(15, 16), "EEXIST where the cache has the page already")
def kvm_gmem_filemap_add(k: GuestMemfd, pgoff: int, folio: Folio) -> int:
    if k.page_cache[pgoff] is not None:
        return -EEXIST
    k.filemap_add_folio(pgoff, folio)
    return 0


@rule(_PATCH.format(15, 16), "COPY that could not map takes its folio out of the cache again")
def kvm_gmem_filemap_remove(k: GuestMemfd, pgoff: int, folio: Folio) -> None:
    k.filemap_remove_folio(pgoff, folio)


HOOKS = (
    kvm_gmem_can_userfault,
    kvm_gmem_get_folio_noalloc,
    kvm_gmem_folio_alloc,
    kvm_gmem_filemap_add,
    kvm_gmem_filemap_remove,
)
UFFD_OPS = {
    "can_userfault": "kvm_gmem_can_userfault",
    "get_folio_noalloc": "kvm_gmem_get_folio_noalloc",
    "alloc_folio": "kvm_gmem_folio_alloc",
    "filemap_add": "kvm_gmem_filemap_add",
    "filemap_remove": "kvm_gmem_filemap_remove",
}

MODEL = Revision(
    name="mrfc_fault_codes",
    title="uffd missing and minor by vm_uffd_ops, fault codes (RFC, 2026-01-27)",
    covers=("20260127192936.1250096-1-rppt@kernel.org",),
    kernel=patch(
        GuestMemfd,
        *CORE,
        *HOOKS,
        _do_fault,
        kvm_gmem_fault_user_mapping,
        vm_ops={"fault": "kvm_gmem_fault_user_mapping", "uffd_ops": "kvm_gmem_uffd_ops"},
        uffd_ops=UFFD_OPS,
    ),
    hooks=frozenset(
        {"fault", "uffd_ops", "VM_FAULT_UFFD_MINOR", "VM_FAULT_UFFD_MISSING", *UFFD_OPS}
    ),
)
