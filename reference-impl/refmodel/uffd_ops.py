# SPDX-License-Identifier: GPL-2.0-or-later
"""mm/userfaultfd.c with struct vm_uffd_ops, as patches 1 to 11 of the 2026 series leave it.

20260127192936.1250096-1-rppt@kernel.org and 20260306171815.3160826-1-rppt@kernel.org have these
alike, and they were merged.  A kernel that uses them gives its memory's operations in ``uffd_ops``.
"""

from refmodel.core import CONTINUE, COPY, EFAULT, ENOMEM, POISON_MODE, ZEROPAGE, rule
from refmodel.filemap import Folio
from refmodel.kvm import GuestMemfd
from refmodel.memory import Vma

_PATCH = "M RFC {0}/17 <20260127192936.1250096-{1}-rppt@kernel.org>"

_NEEDS = {CONTINUE: "get_folio_noalloc", COPY: "alloc_folio", ZEROPAGE: "alloc_folio"}


@rule(_PATCH.format(7, 8), "no vm_uffd_ops, no userfaultfd; else can_userfault decides")
def vma_can_userfault(k: GuestMemfd, vma: Vma, vm_flags: int) -> bool:
    return "can_userfault" in k.uffd_ops and getattr(k, k.uffd_ops["can_userfault"])(vma, vm_flags)


@rule(_PATCH.format(8, 9), "each operation needs its hook, POISON none; no mode is asked about")
def vma_can_mfill_atomic(k: GuestMemfd, mode: str) -> bool:
    return bool(k.uffd_ops) and (mode == POISON_MODE or _NEEDS[mode] in k.uffd_ops)


@rule(_PATCH.format(8, 9), "every failure to find the folio is EFAULT")
def mfill_atomic_pte_continue(k: GuestMemfd, vma: Vma, pgoff: int) -> int:
    folio: Folio | int = getattr(k, k.uffd_ops["get_folio_noalloc"])(pgoff)
    if isinstance(folio, int):
        return -EFAULT
    return k.mfill_atomic_install_locked(vma, pgoff, folio)


@rule(
    _PATCH.format(10, 11), "COPY, ZEROPAGE: fill a new folio, then the cache, then the page table"
)
def shmem_mfill_atomic_pte(k: GuestMemfd, vma: Vma, pgoff: int, value: str | None) -> int:
    folio: Folio | None = getattr(k, k.uffd_ops["alloc_folio"])(pgoff)
    if folio is None:
        return -ENOMEM
    if value is None:
        k.clear_highpage(folio)
    else:
        k.copy_from_user(folio, value)
    folio.uptodate = True
    err: int = getattr(k, k.uffd_ops["filemap_add"])(pgoff, folio)
    if err:
        return err
    k.preempt("COPY has put the folio into the page cache, not mapped it yet")
    err = k.mfill_atomic_install_pte(vma, pgoff, folio)
    if err:
        getattr(k, k.uffd_ops["filemap_remove"])(pgoff, folio)
        k.folio_put(folio)
        return err
    k.folio_unlock(folio)
    return 0


CORE = (vma_can_userfault, vma_can_mfill_atomic, mfill_atomic_pte_continue, shmem_mfill_atomic_pte)
