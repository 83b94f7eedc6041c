# SPDX-License-Identifier: GPL-2.0-or-later
"""Textual success that may be wrong is marked: never silent, never loud without a reason."""

from collections.abc import Callable
from pathlib import Path

from reviewtool.archive.types import Patch
from reviewtool.tree.apply import apply
from reviewtool.tree.base import find_base
from reviewtool.tree.outcome import PatchOutcome

MakePatch = Callable[..., Patch]
FILE = "virt/kvm/guest_memfd.c"

# The shape of the real case (lineage of A2 and A3, patch 4, on 7.x): the author's handler holds the
# invalidate lock around the lookup; the newer one does not take it.
AUTHORS = """\
static vm_fault_t handler_fault(struct vm_fault *vmf)
{
	struct inode *inode = file_inode(vmf->vma->vm_file);
	struct folio *folio;
	vm_fault_t ret = VM_FAULT_LOCKED;

	filemap_invalidate_lock_shared(inode->i_mapping);

	folio = handler_get_folio(inode, vmf->pgoff);
	if (IS_ERR(folio))
		goto out_filemap;

	mark_prepared(folio);

	vmf->page = folio_file_page(folio, vmf->pgoff);
	return ret;
}
"""
NEWER = """\
static vm_fault_t handler_fault(struct vm_fault *vmf)
{
	struct inode *inode = file_inode(vmf->vma->vm_file);
	struct folio *folio;
	vm_fault_t ret = VM_FAULT_LOCKED;

	folio = handler_get_folio(inode, vmf->pgoff);
	if (IS_ERR(folio))
		return vmf_error(PTR_ERR(folio));

	mark_prepared(folio);

	vmf->page = folio_file_page(folio, vmf->pgoff);
	return ret;
}
"""
ADDED = """\
	if (userfaultfd_minor(vmf->vma)) {
		folio_unlock(folio);
		filemap_invalidate_unlock_shared(inode->i_mapping);
		return handle_userfault(vmf, VM_UFFD_MINOR);
	}

"""


def outcome_on(kernel: Path, before: str, patch: Patch) -> PatchOutcome:
    (kernel / FILE).write_text(before)
    return apply(find_base(kernel), [patch], name="s/v1").outcomes[0]


def with_event(text: str) -> str:
    return text.replace("\tvmf->page =", f"{ADDED}\tvmf->page =")


def test_an_unlock_of_a_lock_the_function_no_longer_takes_is_suspicious(
    kernel: Path, cache: Path, make_patch: MakePatch
) -> None:
    outcome = outcome_on(kernel, NEWER, make_patch({FILE: (AUTHORS, with_event(AUTHORS))}))
    assert outcome.state in ("offset", "fuzz")
    assert any(
        "adds filemap_invalidate_unlock_shared() to a function that takes no such lock" in words
        for words in outcome.suspicions
    )


def test_the_same_patch_on_the_authors_own_file_is_not(
    kernel: Path, cache: Path, make_patch: MakePatch
) -> None:
    own = make_patch({FILE: (AUTHORS, with_event(AUTHORS))}, blobs=True)
    outcome = outcome_on(kernel, AUTHORS, own)
    assert (outcome.state, outcome.suspicions) == ("clean", ())


def test_moved_lines_alone_are_no_reason_for_suspicion(
    kernel: Path, cache: Path, make_patch: MakePatch
) -> None:
    after = AUTHORS.replace("VM_FAULT_LOCKED", "VM_FAULT_MAJOR")
    outcome = outcome_on(kernel, "int x;\n\n" + AUTHORS, make_patch({FILE: (AUTHORS, after)}))
    assert (outcome.state, outcome.suspicions) == ("offset", ())


def test_a_hunk_that_lands_in_another_function_than_its_heading_names_is_suspicious(
    kernel: Path, cache: Path, make_patch: MakePatch, wrap_diff: MakePatch
) -> None:
    body = "{\n" + "".join(f"\tstep({n});\n" for n in range(12)) + "}\n\n"
    diff = (
        f"diff --git a/{FILE} b/{FILE}\n--- a/{FILE}\n+++ b/{FILE}\n"
        "@@ -30,6 +30,7 @@ static int second(void)\n \tstep(4);\n \tstep(5);\n \tstep(6);\n"
        "+\tnew_step();\n \tstep(7);\n \tstep(8);\n \tstep(9);\n"
    )
    outcome = outcome_on(kernel, f"static int first(void)\n{body}", wrap_diff(diff))
    assert outcome.state == "offset"
    assert outcome.suspicions == (
        f"{FILE}: hunk 1 is mailed for second() but lands in 'static int first(void)'",
    )


def test_a_hunk_that_fits_twice_is_suspicious(
    kernel: Path, cache: Path, make_patch: MakePatch
) -> None:
    before = "{\n\ta();\n\tb();\n\tc();\n\td();\n\te();\n}\n"
    after = before.replace("\tc();\n", "\tc();\n\tnew();\n")
    outcome = outcome_on(
        kernel, f"x\ny\n{before}\n{before}", make_patch({FILE: (f"{before}\n", f"{after}\n")})
    )
    assert outcome.state == "offset"
    assert "fits at 2 places; the nearest, line 4, was taken" in outcome.suspicions[0]


def test_a_function_the_patch_itself_brings_is_its_authors_affair(
    kernel: Path, cache: Path, make_patch: MakePatch
) -> None:
    new = "static void drop(struct folio *folio)\n{\n\tfolio_unlock(folio);\n}\n\n"
    patch = make_patch({FILE: (AUTHORS, AUTHORS + "\n" + new)})
    outcome = outcome_on(kernel, "int x;\n" + AUTHORS, patch)
    assert outcome.suspicions == ()


def test_functions_are_looked_up_in_the_file_as_it_was(
    kernel: Path, cache: Path, make_patch: MakePatch
) -> None:
    """A hunk that adds many lines above must not shift where the next one is thought to land."""
    tail = "static int last(void)\n{\n" + "".join(f"\tend({n});\n" for n in range(9)) + "}\n"
    before = AUTHORS + "\n" + tail
    after = before.replace("\tvm_fault_t ret", "\tint filler;\n" * 40 + "\tvm_fault_t ret")
    after = after.replace("\tend(7);", "\tend(77);")
    outcome = outcome_on(kernel, "int x;\n" + before, make_patch({FILE: (before, after)}))
    assert (outcome.state, outcome.suspicions) == ("offset", ())
