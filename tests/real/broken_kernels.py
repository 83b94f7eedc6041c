# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines of the ports broken on purpose, each with the shortest sequence that shows it."""

from dataclasses import dataclass

GMEM, UFFD = "virt/kvm/guest_memfd.c", "mm/userfaultfd.c"


@dataclass(frozen=True)
class Mutant:
    """``old`` stands once in ``path`` of revision ``name``; ``new`` takes its place.

    ``answer`` is the broken kernel's to the last of ``inputs``, one of the shortest sequences;
    its last step may be the closing of everything at its end.
    """

    name: str
    what: str
    path: str
    old: str
    new: str
    inputs: str
    answer: str


MUTANTS = (
    Mutant(
        "v3",
        "a page is not cleared before it is continued with",
        GMEM,
        """\
	if (!IS_ERR(folio) && !folio_test_uptodate(folio)) {
		clear_highpage(folio_page(folio, 0));
""",
        """\
	if (!IS_ERR(folio) && !folio_test_uptodate(folio)) {
""",
        "register minor; fallocate p0; read u0 p0; continue p0",
        "ok; resumed u0 value stale",
    ),
    Mutant(
        "v3",
        "the minor event is suppressed",
        GMEM,
        "!IS_ERR(folio) && userfaultfd_minor(vmf->vma)",
        "!IS_ERR(folio) && false",
        "register minor; fallocate p0; read u0 p0",
        "value zero",
    ),
    Mutant(
        "v3",
        "minor mode may be combined",
        UFFD,
        "vm_flags == VM_UFFD_MINOR && vma->vm_ops &&",
        "vm_flags & VM_UFFD_MINOR && vma->vm_ops &&",
        "register missing+minor",
        "ok",
    ),
    Mutant(
        "v3",
        # To mfill_atomic() ENOENT means that a page is to be copied once more, without locks.
        "an absent page is told by the errno of the lookup",
        UFFD,
        "if (!folio || folio == ERR_PTR(-ENOENT))",
        "if (!folio)",
        "register minor; continue p0",
        "oops",
    ),
    Mutant(
        "v3",
        "punching a hole leaves stage-2 alone",
        GMEM,
        "flush |= kvm_mmu_unmap_gfn_range(kvm, &gfn_range);",
        "(void)gfn_range;",
        "vcpu-write p0 A; punch p0; vcpu-read p0",
        "value A",
    ),
    Mutant(
        "v3",
        # KVM_BUG_ON() then declares the VM dead, and every ioctl of it is EIO.
        "punching a hole ends an invalidation that it did not begin",
        GMEM,
        """\
		kvm_gmem_invalidate_begin(gmem, start, end);

	truncate_inode_pages_range""",
        """\
		(void)gmem;

	truncate_inode_pages_range""",
        "punch p0; close",
        "EIO",
    ),
    Mutant(
        "rfc",
        "the size of the file is not tested before a fault is handled",
        GMEM,
        """\
	if (((loff_t)vmf->pgoff << PAGE_SHIFT) >= i_size_read(inode))
		return VM_FAULT_SIGBUS;
""",
        "",
        "read u0 p2",
        "value zero",
    ),
    Mutant(
        "rfc",
        "write() takes a filled page for one to fill",
        GMEM,
        "err = -ENOSPC;",
        "err = 0;",
        "pwrite p0 A; pwrite p0 A",
        "ok",
    ),
    Mutant(
        "rfc",
        "the missing event is raised for pages that are there, too",
        GMEM,
        "	else if (userfaultfd_missing(vmf->vma))",
        "	if (userfaultfd_missing(vmf->vma) && (!folio || (folio_unlock(folio), 1)))",
        "register missing; pwrite p0 A; read u0 p0",
        "blocked; event missing p0 read",
    ),
)
