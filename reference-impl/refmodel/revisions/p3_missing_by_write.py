# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd missing and minor without COPY, resolved by write() and CONTINUE (sketch)

The way out Peter Xu sketched on 2025-12-01, with features and ioctls declared apart as in his v3,
applied to guest_memfd by us; nobody posted it.
"""

from refmodel import core
from refmodel.core import VM_UFFD_MINOR, VM_UFFD_MISSING, Folio, Vmf, ops, rule, unchanged
from refmodel.revisions.p_draft_minor import CORE, DeclaredOps

_SKETCH = "P v3 4/4 <20250926211650.525109-1-peterx@redhat.com>, reply <aS4BVC42JiUT51rS@x1.local>"


@unchanged(_SKETCH, *CORE)
class Kernel(DeclaredOps):
    uffd_ops = ops(uffd_get_folio="kvm_gmem_get_folio_noalloc")
    uffd_features = VM_UFFD_MISSING | VM_UFFD_MINOR
    uffd_ioctls = frozenset({core.CONTINUE})
    names = "handle_userfault"
    covers = ("aS4BVC42JiUT51rS@x1.local",)

    @rule(_SKETCH, "present and MINOR, or absent and MISSING: event")
    def kvm_gmem_fault_user_mapping(self, vmf: Vmf) -> int:
        if vmf.pgoff >= self.size:
            return core.VM_FAULT_SIGBUS
        folio = self.filemap_lock_folio(vmf.pgoff)
        if isinstance(folio, int):
            if self.userfaultfd_missing(vmf.vma):
                return self.handle_userfault(vmf, VM_UFFD_MISSING)
            self.preempt("->fault has found no folio and is about to allocate one")
            folio = self.kvm_gmem_get_folio(vmf.pgoff)
        elif self.userfaultfd_minor(vmf.vma):
            self.folio_release(folio)
            return self.handle_userfault(vmf, VM_UFFD_MINOR)
        return self.kvm_gmem_map_folio(vmf, folio)

    @rule(_SKETCH, "the folio in the cache, cleared if it was never filled, or ENOENT")
    def kvm_gmem_get_folio_noalloc(self, pgoff: int) -> Folio | int:
        folio = self.filemap_lock_folio(pgoff)
        return folio if isinstance(folio, int) else self.kvm_gmem_prepare_folio(folio)
