# SPDX-License-Identifier: GPL-2.0-or-later
"""uffd missing and minor by vm_uffd_ops, __do_userfault (v2, 2026-03-06)

The core asks get_folio_noalloc before ->fault, and so before the file's size is tested.
"""

from refmodel.core import VM_UFFD_MINOR, VM_UFFD_MISSING, Folio, Vmf, rule
from refmodel.revisions.mrfc_fault_codes import GmemUffdOps

_PATCH = "M v2 {0}/15 <20260306171815.3160826-{1}-rppt@kernel.org>"


class Kernel(GmemUffdOps):
    names = "filemap_remove_folio"
    covers = ("20260306171815.3160826-1-rppt@kernel.org",)

    @rule(_PATCH.format(12, 13), "present and MINOR, or absent and MISSING: event; else nothing")
    def _do_userfault(self, vmf: Vmf) -> int:
        if not (self.userfaultfd_missing(vmf.vma) or self.userfaultfd_minor(vmf.vma)):
            return 0
        folio: Folio | int = self.op(self.uffd_ops, "get_folio_noalloc")(vmf.pgoff)
        if not isinstance(folio, int):
            self.folio_release(folio)
            if self.userfaultfd_minor(vmf.vma):
                return self.handle_userfault(vmf, VM_UFFD_MINOR)
        elif self.userfaultfd_missing(vmf.vma):
            return self.handle_userfault(vmf, VM_UFFD_MISSING)
        return 0

    @rule(_PATCH.format(12, 13), "the event comes before ->fault, whatever ->fault would have said")
    def _do_fault(self, vmf: Vmf) -> int:
        ret = self._do_userfault(vmf)
        if ret:
            return ret
        self.preempt("__do_userfault() has looked, ->fault has not yet")
        return self.call_fault(vmf)
