# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines of three ports broken on purpose, each with a short sequence that shows it.

All mutants of a port are compiled into one kernel; a word in its data says which of them is alive.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

GMEM, UFFD, MEMORY = "virt/kvm/guest_memfd.c", "mm/userfaultfd.c", "mm/memory.c"

Kind = Literal["check", "errno", "put", "event", "invalidation", "contents"]


@dataclass(frozen=True)
class Mutant:
    """``old`` stands once in ``path`` of revision ``name``; ``new`` takes its place.

    BROKEN in ``new`` is true while the mutant is alive. ``answer`` is the broken kernel's to the
    last of ``inputs``; its last step may be the closing of everything at its end. Where the kernel
    answers as it should and leaks a page, ``answer`` is "leak".
    """

    name: str
    kind: Kind
    what: str
    path: str
    old: str
    new: str
    inputs: str
    answer: str


Edit = tuple[str, str, str]

_MARK = 0x6D75_7461_6E74_2121
_DEFINED = f"""\
volatile unsigned long reviewtool_mutant[2] = {{ {_MARK:#x}UL, 0 }};
"""
_DECLARED = """\
extern volatile unsigned long reviewtool_mutant[2];
"""
_HEADS = {
    GMEM: ('#include "kvm_mm.h"\n', _DEFINED),
    UFFD: ('#include "internal.h"\n', _DECLARED),
    MEMORY: ('#include "internal.h"\n', _DECLARED),
}


def edits(name: str) -> tuple[Edit, ...]:
    """What turns the revision ``name`` into one that has all of its mutants, none alive."""
    every = numbered(name)
    texts = [
        (each.path, each.old, each.new.replace("BROKEN", f"(reviewtool_mutant[1] == {number})"))
        for number, each in every.items()
    ]
    paths = dict.fromkeys([GMEM, *(each.path for each in every.values())])
    return (
        *texts,
        *((path, old, old + new) for path, (old, new) in _HEADS.items() if path in paths),
    )


def numbered(name: str) -> dict[int, Mutant]:
    """The mutants of a revision by the number that makes them alive."""
    return dict(enumerate((each for each in MUTANTS if each.name == name), 1))


def alive(kernel: Path, number: int, folder: Path) -> Path:
    """A copy of ``kernel`` in ``folder`` in which mutant ``number`` is alive."""
    image = bytearray(kernel.read_bytes())
    mark = _MARK.to_bytes(8, "little")
    at = image.index(mark) + len(mark)
    assert image.count(mark) == 1
    image[at : at + 8] = number.to_bytes(8, "little")
    copy = folder / f"mutant-{number}"
    copy.write_bytes(image)
    copy.chmod(0o755)
    return copy


MUTANTS = (
    # ------------------------------------------------------------------------------------- rfc
    Mutant(
        "rfc",
        "check",
        "a fault does not ask for the size of the file",
        GMEM,
        "if (((loff_t)vmf->pgoff << PAGE_SHIFT) >= i_size_read(inode))",
        "if (!BROKEN && ((loff_t)vmf->pgoff << PAGE_SHIFT) >= i_size_read(inode))",
        "read u0 p2",
        "value zero",
    ),
    Mutant(
        "rfc",
        "errno",
        "write() takes a filled page for one to fill",
        GMEM,
        "err = -ENOSPC;",
        "err = BROKEN ? 0 : -ENOSPC;",
        "pwrite p0 A; pwrite p0 B",
        "ok",
    ),
    Mutant(
        "rfc",
        "check",
        "write() does not ask for the size of the file",
        GMEM,
        "if (*offset + count > i_size_read(inode))",
        "if (!BROKEN && *offset + count > i_size_read(inode))",
        "pwrite p2 A",
        "ok",
    ),
    Mutant(
        "rfc",
        "errno",
        "fallocate() past the end tells that there is no space",
        GMEM,
        """\
	if (offset + len > i_size_read(inode))
		return -EINVAL;
""",
        """\
	if (offset + len > i_size_read(inode))
		return BROKEN ? -ENOSPC : -EINVAL;
""",
        "fallocate p2",
        "ENOSPC",
    ),
    Mutant(
        "rfc",
        "event",
        "the missing event is raised for pages that are there, too",
        GMEM,
        """\
	if (folio)
		folio_lock(folio);
""",
        """\
	if (BROKEN && folio && userfaultfd_missing(vmf->vma)) {
		folio_put(folio);
		folio = NULL;
	}
	if (folio)
		folio_lock(folio);
""",
        "fallocate p0; register missing; read u0 p0",
        "blocked; event missing p0 read",
    ),
    Mutant(
        "rfc",
        "event",
        "the missing event is suppressed",
        GMEM,
        "else if (userfaultfd_missing(vmf->vma))",
        "else if (!BROKEN && userfaultfd_missing(vmf->vma))",
        "register missing; kvm-read p0",
        "value zero",
    ),
    Mutant(
        "rfc",
        "contents",
        "a fault does not clear the page it has allocated",
        GMEM,
        "		clear_highpage(folio_page(folio, 0));",
        "		if (!BROKEN)\n			clear_highpage(folio_page(folio, 0));",
        "read u0 p0",
        "value stale",
    ),
    Mutant(
        "rfc",
        "contents",
        "a fault does not mark prepared what it has cleared",
        GMEM,
        """\
		kvm_gmem_mark_prepared(folio);
	}

	vmf->page""",
        """\
		if (!BROKEN)
			kvm_gmem_mark_prepared(folio);
	}

	vmf->page""",
        "read u0 p0; pwrite p0 A",
        "ok",
    ),
    Mutant(
        "rfc",
        "contents",
        "write() does not mark prepared what it has filled",
        GMEM,
        "		if (!err)\n			kvm_gmem_mark_prepared(folio);",
        "		if (!err && !BROKEN)\n			kvm_gmem_mark_prepared(folio);",
        "pwrite p0 A; kvm-read p0",
        "value zero",
    ),
    Mutant(
        "rfc",
        "put",
        "write() keeps its reference",
        GMEM,
        """\
		folio_put(folio);

		if (err)
			break;
""",
        """\
		if (!BROKEN)
			folio_put(folio);

		if (err)
			break;
""",
        "pwrite p0 A",
        "leak",
    ),
    Mutant(
        "rfc",
        "invalidation",
        "punching a hole leaves the page in the file",
        GMEM,
        "	truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);",
        "	if (!BROKEN)\n"
        "		truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);",
        "pwrite p0 A; punch p0; read u0 p0",
        "value A",
    ),
    Mutant(
        "rfc",
        "errno",
        "CONTINUE on a mapped page tells that its argument is wrong",
        UFFD,
        "	ret = -EEXIST;\n	/*\n	 * We allow",
        "	ret = BROKEN ? -EINVAL : -EEXIST;\n	/*\n	 * We allow",
        "register missing; vcpu-write p0 A; read u0 p0; continue p0",
        "EINVAL",
    ),
    Mutant(
        "rfc",
        "check",
        "POISON overwrites a marker",
        UFFD,
        "(e.g. UFFD WP). */\n	if (!pte_none(ptep_get(dst_pte)))",
        "(e.g. UFFD WP). */\n"
        "	if (BROKEN ? !pte_none_mostly(ptep_get(dst_pte)) : !pte_none(ptep_get(dst_pte)))",
        "register missing; poison p0; poison p0",
        "ok",
    ),
    # -------------------------------------------------------------------------------------- v3
    Mutant(
        "v3",
        "contents",
        "a page is not cleared before it is continued with",
        GMEM,
        """\
	if (!IS_ERR(folio) && !folio_test_uptodate(folio)) {
		clear_highpage(folio_page(folio, 0));
""",
        """\
	if (!IS_ERR(folio) && !folio_test_uptodate(folio)) {
		if (!BROKEN)
			clear_highpage(folio_page(folio, 0));
""",
        "fallocate p0; register minor; continue p0; read u0 p0",
        "value stale",
    ),
    Mutant(
        "v3",
        "contents",
        "a page is not marked prepared when it is continued with",
        GMEM,
        """\
		kvm_gmem_mark_prepared(folio);
	}

	return folio;
""",
        """\
		if (!BROKEN)
			kvm_gmem_mark_prepared(folio);
	}

	return folio;
""",
        "fallocate p0; register minor; continue p0; write u0 p0 A; vcpu-read p0",
        "value zero",
    ),
    Mutant(
        "v3",
        "event",
        "the minor event is suppressed",
        GMEM,
        "!IS_ERR(folio) && userfaultfd_minor(vmf->vma)",
        "!IS_ERR(folio) && !BROKEN && userfaultfd_minor(vmf->vma)",
        "register minor; pwrite p0 A; kvm-read p0",
        "value A",
    ),
    Mutant(
        "v3",
        "event",
        "a missing event takes the place of the minor one",
        MEMORY,
        "handle_userfault(vmf, VM_UFFD_MINOR)",
        "handle_userfault(vmf, BROKEN ? VM_UFFD_MISSING : VM_UFFD_MINOR)",
        "register minor; pwrite p0 A; kvm-read p0",
        "blocked; event missing p0 read",
    ),
    Mutant(
        "v3",
        "put",
        "a fault that raises an event keeps its reference",
        GMEM,
        """\
		ret = VM_FAULT_UFFD_MINOR;
		goto out_folio;
""",
        """\
		ret = VM_FAULT_UFFD_MINOR;
		if (BROKEN)
			folio_get(folio);
		goto out_folio;
""",
        "register minor; pwrite p0 A; read u0 p0",
        "leak",
    ),
    Mutant(
        "v3",
        "check",
        "minor mode may be combined",
        UFFD,
        "vm_flags == VM_UFFD_MINOR && vma->vm_ops &&",
        "(BROKEN ? vm_flags & VM_UFFD_MINOR : vm_flags == VM_UFFD_MINOR) && vma->vm_ops &&",
        "register missing+minor",
        "ok",
    ),
    Mutant(
        "v3",
        # To mfill_atomic() ENOENT means that a page is to be copied once more, without locks.
        "errno",
        "an absent page is told by the errno of the lookup",
        UFFD,
        "if (!folio || folio == ERR_PTR(-ENOENT))",
        "if (!folio || (!BROKEN && folio == ERR_PTR(-ENOENT)))",
        "register minor; continue p0",
        "oops",
    ),
    Mutant(
        "v3",
        "check",
        "CONTINUE allocates an absent page",
        GMEM,
        "	struct folio *folio = filemap_lock_folio(inode->i_mapping, pgoff);",
        "	struct folio *folio = BROKEN ? kvm_gmem_get_folio(inode, pgoff) :\n"
        "				       filemap_lock_folio(inode->i_mapping, pgoff);",
        "register minor; continue p0",
        "ok",
    ),
    Mutant(
        "v3",
        "check",
        "COPY, ZEROPAGE and POISON are let through",
        UFFD,
        "return vma_is_anonymous(vma) || vma_is_shmem(vma);",
        "return BROKEN || vma_is_anonymous(vma) || vma_is_shmem(vma);",
        "register minor; poison p0",
        "ok",
    ),
    Mutant(
        "v3",
        "errno",
        "an absent page is not allocated by a fault",
        GMEM,
        "	if (folio == ERR_PTR(-ENOENT))\n		folio = kvm_gmem_get_folio",
        "	if (!BROKEN && folio == ERR_PTR(-ENOENT))\n		folio = kvm_gmem_get_folio",
        "kvm-read p0",
        "EFAULT",
    ),
    Mutant(
        "v3",
        "invalidation",
        "punching a hole leaves stage-2 alone",
        GMEM,
        "		flush |= kvm_mmu_unmap_gfn_range(kvm, &gfn_range);",
        "		if (!BROKEN)\n			flush |= kvm_mmu_unmap_gfn_range(kvm, &gfn_range);",
        "vcpu-write p0 A; punch p0; vcpu-read p0",
        "value A",
    ),
    Mutant(
        "v3",
        # KVM_BUG_ON() then declares the VM dead, and every ioctl of it is EIO.
        "invalidation",
        "punching a hole ends an invalidation that it did not begin",
        GMEM,
        """\
		kvm_gmem_invalidate_begin(gmem, start, end);

	truncate_inode_pages_range""",
        """\
		if (!BROKEN)
			kvm_gmem_invalidate_begin(gmem, start, end);

	truncate_inode_pages_range""",
        "punch p0; close",
        "EIO",
    ),
    Mutant(
        "v3",
        "contents",
        "the guest gets an allocated page as it is",
        GMEM,
        "	if (!is_prepared)",
        "	if (!BROKEN && !is_prepared)",
        "vcpu-read p0",
        "value stale",
    ),
    Mutant(
        "v3",
        "put",
        "CONTINUE on a mapped page keeps its reference",
        UFFD,
        """\
	return 0;

out_release:
	folio_unlock(folio);
	folio_put(folio);
""",
        """\
	return 0;

out_release:
	folio_unlock(folio);
	if (!BROKEN)
		folio_put(folio);
""",
        "pwrite p0 A; read u0 p0; register minor; continue p0",
        "leak",
    ),
    # --------------------------------------------------------------------------------- v2-2026
    Mutant(
        "v2-2026",
        "event",
        "the missing event is suppressed",
        MEMORY,
        "		if (userfaultfd_missing(vma))\n			return",
        "		if (!BROKEN && userfaultfd_missing(vma))\n			return",
        "register missing; kvm-read p0",
        "value zero",
    ),
    Mutant(
        "v2-2026",
        "event",
        "a minor event takes the place of the missing one",
        MEMORY,
        "VM_UFFD_MISSING);\n		return 0;\n	}",
        "BROKEN ? VM_UFFD_MINOR :\n						VM_UFFD_MISSING);\n"
        "		return 0;\n	}",
        "register missing; kvm-read p0",
        "blocked; event minor p0 read",
    ),
    Mutant(
        "v2-2026",
        "put",
        "looking for a page before the fault keeps a reference",
        MEMORY,
        "	folio_unlock(folio);\n	folio_put(folio);\n	if (userfaultfd_minor(vma))",
        "	folio_unlock(folio);\n	if (!BROKEN)\n		folio_put(folio);\n"
        "	if (userfaultfd_minor(vma))",
        "register minor; pwrite p0 A; read u0 p0",
        "leak",
    ),
    Mutant(
        "v2-2026",
        "event",
        "the minor event is suppressed",
        MEMORY,
        "	if (userfaultfd_minor(vma))\n		return handle_userfault(vmf, VM_UFFD_MINOR);",
        "	if (!BROKEN && userfaultfd_minor(vma))\n"
        "		return handle_userfault(vmf, VM_UFFD_MINOR);",
        "register minor; pwrite p0 A; kvm-read p0",
        "value A",
    ),
    Mutant(
        "v2-2026",
        "errno",
        "COPY to a present page tells that its argument is bad",
        GMEM,
        "	if (ret)\n		folio_unlock(folio);\n\n	return ret;",
        "	if (ret)\n		folio_unlock(folio);\n\n	return BROKEN && ret ? -EFAULT : ret;",
        "pwrite p0 A; register missing; copy p0 B",
        "EFAULT",
    ),
    Mutant(
        "v2-2026",
        "check",
        "COPY does not ask for the size of the file",
        GMEM,
        "if (linear_page_index(vma, addr) >= i_size_read(inode) >> PAGE_SHIFT)",
        "if (!BROKEN && linear_page_index(vma, addr) >= i_size_read(inode) >> PAGE_SHIFT)",
        "register missing; copy p2 A",
        "EFAULT",
    ),
    Mutant(
        "v2-2026",
        "contents",
        "COPY does not mark uptodate what it has filled",
        UFFD,
        "	__folio_mark_uptodate(folio);\n\n	if (ops->filemap_add) {",
        "	if (!BROKEN)\n		__folio_mark_uptodate(folio);\n\n	if (ops->filemap_add) {",
        "register missing; copy p0 A; pwrite p0 A",
        "ok",
    ),
    Mutant(
        "v2-2026",
        "contents",
        "ZEROPAGE does not clear",
        UFFD,
        "			clear_user_highpage(&folio->page, dst_addr);",
        "			if (!BROKEN)\n				clear_user_highpage(&folio->page, dst_addr);",
        "register missing; read u0 p0; zeropage p0",
        "ok; resumed u0 value stale",
    ),
    Mutant(
        "v2-2026",
        "contents",
        "COPY copies half of the page",
        UFFD,
        "copy_from_user(kaddr, (const void __user *)src_addr, PAGE_SIZE);\n	pagefault_enable();",
        "copy_from_user(kaddr, (const void __user *)src_addr,\n"
        "			     BROKEN ? PAGE_SIZE / 2 : PAGE_SIZE);\n	pagefault_enable();",
        "register missing; read u0 p0; copy p0 A",
        # The other half is what the page held before: marked by the driver, or zeros.
        "ok; resumed u0 value stale or ok; resumed u0 value mixed",
    ),
    Mutant(
        "v2-2026",
        "errno",
        "CONTINUE on an absent page tells that its argument is wrong",
        UFFD,
        "	if (IS_ERR_OR_NULL(folio))\n		return -EFAULT;",
        "	if (IS_ERR_OR_NULL(folio))\n		return BROKEN ? -EINVAL : -EFAULT;",
        "register missing; continue p0",
        "EINVAL",
    ),
    Mutant(
        "v2-2026",
        "check",
        "POISON is refused",
        UFFD,
        "	if (uffd_flags_mode_is(flags, MFILL_ATOMIC_POISON))\n		return true;",
        "	if (uffd_flags_mode_is(flags, MFILL_ATOMIC_POISON))\n		return !BROKEN;",
        "register missing; poison p0",
        "EINVAL",
    ),
    Mutant(
        "v2-2026",
        "check",
        "COPY and ZEROPAGE are refused",
        UFFD,
        "	return ops->alloc_folio;",
        "	return !BROKEN && ops->alloc_folio;",
        "register missing; copy p0 A",
        "EINVAL",
    ),
    Mutant(
        "v2-2026",
        "check",
        "minor mode is refused",
        GMEM,
        "				   vm_flags_t vm_flags)\n{\n	return true;",
        "				   vm_flags_t vm_flags)\n{\n"
        "	return !(BROKEN && vm_flags & VM_UFFD_MINOR);",
        "register minor",
        "EINVAL",
    ),
    Mutant(
        "v2-2026",
        "invalidation",
        "punching a hole leaves the page in the file",
        GMEM,
        "	truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);",
        "	if (!BROKEN)\n"
        "		truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);",
        "pwrite p0 A; punch p0; read u0 p0",
        "value A",
    ),
)
