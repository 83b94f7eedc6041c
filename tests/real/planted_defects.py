# SPDX-License-Identifier: GPL-2.0-or-later
"""Defects planted in the port of the RFC, one to an input, all in one kernel.

Each is a slip of a line or two, of the kind reviews are for. None shows before its own input.
lockdep tells one thing and no more in the life of a kernel: what it shall tell comes before any
page fault on guest_memfd, at which it finds a defect of the port itself.
"""

from dataclasses import dataclass

_GMEM = "virt/kvm/guest_memfd.c"


@dataclass(frozen=True)
class Defect:
    """``old`` stands once in ``path``; ``new`` takes its place ("" and "": the port has it itself).

    ``inputs`` show it; the complaint, of ``kind``, comes at the ``step``-th of them (from 0) and
    names ``function``. Without a ``kind`` the ``step``'s observation is ``seen``.
    """

    what: str
    inputs: str
    step: int
    kind: str = ""
    function: str = ""
    seen: str = ""
    path: str = _GMEM
    old: str = ""
    new: str = ""


DEFECTS = (
    Defect(
        "the guest sees what a page held before",
        "vcpu-read p0",
        0,
        seen="value stale",
        old="""\
	for (i = 0; i < nr_pages; i++)
		clear_highpage(folio_page(folio, i));
""",
        new="""\
	for (i = nr_pages; i < nr_pages; i++)
		clear_highpage(folio_page(folio, i));
""",
    ),
    Defect(
        "write() releases a lock it does not hold where it fails",
        "pwrite p0 A; pwrite p0 B",
        1,
        kind="lockdep",
        function="kvm_kmem_gmem_write",
        old="""\
		folio_put(folio);

		if (err)
			break;

		done += PAGE_SIZE;""",
        new="""\
		folio_put(folio);

		if (err) {
			struct kvm_gmem *gmem = file->private_data;

			mutex_unlock(&gmem->kvm->slots_lock);
			break;
		}

		done += PAGE_SIZE;""",
    ),
    Defect(
        "fallocate() keeps its reference to the folio",
        "read u0 p1; fallocate p0; read u0 p0",
        1,
        kind="leak",
        function="kvm_gmem_get_folio",
        old="""\
		index = folio_next_index(folio);

		folio_unlock(folio);
		folio_put(folio);

		/* 64-bit only""",
        new="""\
		index = folio_next_index(folio);

		folio_unlock(folio);

		/* 64-bit only""",
    ),
    Defect(
        "a punched page is looked at after it was freed",
        "write u0 p0 A; punch p0; read u0 p0",
        1,
        kind="kasan",
        function="kvm_gmem_fallocate",
        old="""\
	truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);

	list_for_each_entry(gmem, gmem_list, entry)
		kvm_gmem_invalidate_end(gmem, start, end);
""",
        new="""\
	struct folio *first = filemap_get_folio(inode->i_mapping, start);

	if (!IS_ERR(first))
		folio_put(first);
	truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);
	if (!IS_ERR(first) && READ_ONCE(*(u8 *)folio_address(first)))
		pr_debug("punched a page with content\\n");

	list_for_each_entry(gmem, gmem_list, entry)
		kvm_gmem_invalidate_end(gmem, start, end);
""",
    ),
    Defect(
        "UFFDIO_CONTINUE takes an absent page for one that is there",
        "register missing; continue p0",
        1,
        kind="oops",
        function="mfill_atomic_continue",
    ),
)

# The port's own, as the original's: write() holds the invalidation lock while it reads user memory,
# and the fault handler takes it. A writer queued in between stops both.
INVERSION = Defect(
    "a fault takes the lock that write() holds when it faults",
    "read u0 p0",
    0,
    kind="lockdep",
    function="kvm_gmem_fault",
)
