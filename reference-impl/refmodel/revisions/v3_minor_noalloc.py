# SPDX-License-Identifier: GPL-2.0-or-later
"""v3 of November 2025: uffd minor by vm_operations_struct::get_folio_noalloc.

20251130111812.699259-1-rppt@kernel.org on v6.18's fault handler, as ported to 6.12 on write v3.
"""

from refmodel.core import ENOENT, VM_FAULT_SIGBUS, cited, rule
from refmodel.filemap import Folio
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vmf, userfaultfd_minor
from refmodel.model import Revision, patch
from refmodel.revisions.rfc_pagecache_folio import CORE
from refmodel.world import VM_UFFD_MINOR

_PATCH = "v3 {0}/5 <20251130111812.699259-{1}-rppt@kernel.org>"

VM_FAULT_UFFD_MINOR = 0x8000


_CORE = tuple(cited(function, _PATCH.format(2, 3)) for function in CORE)


@rule(_PATCH.format(3, 4), "->fault answers VM_FAULT_UFFD_MINOR, the core raises the event")
def _do_fault(k: GuestMemfd, vmf: Vmf) -> int:
    ret = k.call_fault(vmf)
    if ret & VM_FAULT_UFFD_MINOR:
        return k.handle_userfault(vmf, VM_UFFD_MINOR)
    return ret


@rule(_PATCH.format(4, 5), "present and registered MINOR: event; absent: allocated without one")
def kvm_gmem_fault_user_mapping(k: GuestMemfd, vmf: Vmf) -> int:
    if vmf.pgoff >= k.size:
        return VM_FAULT_SIGBUS
    folio = k.filemap_lock_folio(vmf.pgoff)
    if not isinstance(folio, int) and userfaultfd_minor(vmf.vma):
        k.folio_release(folio)
        return VM_FAULT_UFFD_MINOR
    if folio == -ENOENT:
        k.preempt("->fault has found no folio and is about to allocate one")
        folio = k.kvm_gmem_get_folio(vmf.pgoff)
    if isinstance(folio, int):
        return VM_FAULT_SIGBUS
    return k.kvm_gmem_map_folio(vmf, folio)


@rule(_PATCH.format(4, 5), "the folio in the cache, cleared if it was never filled, or ENOENT")
def kvm_gmem_get_folio_noalloc(k: GuestMemfd, pgoff: int) -> Folio | int:
    folio = k.filemap_lock_folio(pgoff)
    if not isinstance(folio, int) and not folio.uptodate:
        k.clear_highpage(folio)
        k.kvm_gmem_mark_prepared(folio)
    return folio


MODEL = Revision(
    name="v3_minor_noalloc",
    title="uffd minor by vm_ops->get_folio_noalloc (v3, 2025-11-30)",
    covers=("20251130111812.699259-1-rppt@kernel.org",),
    kernel=patch(
        GuestMemfd,
        *_CORE,
        _do_fault,
        kvm_gmem_fault_user_mapping,
        kvm_gmem_get_folio_noalloc,
        vm_ops={
            "fault": "kvm_gmem_fault_user_mapping",
            "get_folio_noalloc": "kvm_gmem_get_folio_noalloc",
        },
    ),
    hooks=frozenset({"fault", "get_folio_noalloc", "VM_FAULT_UFFD_MINOR"}),
)
