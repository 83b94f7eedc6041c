# SPDX-License-Identifier: GPL-2.0-or-later
"""A disagreement is told with the lines of the revision that decide it."""

from dataclasses import replace

from reviewtool.behaviour.explanation import Disagreement
from reviewtool.behaviour.models import load
from reviewtool.behaviour.verdict import LARGE
from reviewtool.kernel.events import KernelEvent
from reviewtool.report.verdict import disagreement_lines
from reviewtool.review.deciding import decided_by
from reviewtool.review.session import open_session, posting, prerequisites

V3, RFC = load("v3_minor_noalloc"), load("rfc_missing")
SESSION = open_session("embedded", None)


def differing(*steps: str, event: KernelEvent | None = None) -> Disagreement:
    return Disagreement(steps, ("ok",) * len(steps), ("EIO",) * len(steps), "asked", event)


def test_the_rules_that_ran_lead_to_the_function_that_answers() -> None:
    patches = posting(SESSION, "v3").patches
    asked = differing("register minor", "fallocate p0", "read u0 p0", "continue p0")
    found = decided_by(V3, LARGE, asked, patches)
    assert found is not None
    assert found.function == "kvm_gmem_get_folio_noalloc"
    assert found.path == "virt/kvm/guest_memfd.c"
    assert any("filemap_lock_folio" in line for line in found.lines)
    assert not found.prerequisite


def test_a_backtrace_goes_before_the_rules() -> None:
    trace = (" [<600bba66>] ? mfill_atomic_pte_continue+0x256/0x7a0",)
    event = KernelEvent("oops", "Kernel mode fault", 0, "folio_lock", "0x0", True, trace)
    asked = differing("register missing", "continue p0", event=event)
    found = decided_by(RFC, LARGE, asked, posting(SESSION, "rfc").patches)
    assert found is not None
    assert (found.function, found.path) == ("mfill_atomic_pte_continue", "mm/userfaultfd.c")


def test_what_a_prerequisite_decides_is_told_as_that() -> None:
    before = prerequisites(SESSION, "v3")
    found = decided_by(V3, LARGE, differing("pwrite p0 A"), posting(SESSION, "v3").patches, before)
    assert found is not None
    assert found.function == "kvm_kmem_gmem_write"
    assert found.prerequisite
    stopped = differing("pwrite-stop p0 A", "read u0 p0", "go-on")
    again = decided_by(V3, LARGE, stopped, posting(SESSION, "v3").patches, before)
    assert again == found


def test_of_a_long_function_the_lines_that_name_an_answer_are_shown() -> None:
    before = prerequisites(SESSION, "v3")
    asked = Disagreement(("read u0 p0", "pwrite p0 A"), ("", "ENOSPC"), ("", "ok"), "asked")
    found = decided_by(V3, LARGE, asked, posting(SESSION, "v3").patches, before)
    assert found is not None
    assert any("ENOSPC" in line for line in found.lines)
    assert found.before > 0
    text = "\n".join(disagreement_lines(1, replace(asked, decided=found)))
    assert f"... {found.before} lines before\n      +" in text


def test_where_no_line_of_the_revision_ran_nothing_is_said() -> None:
    asked = differing("dontneed p0")
    assert decided_by(V3, LARGE, asked, posting(SESSION, "v3").patches) is None
    assert disagreement_lines(1, asked)[-1].startswith("  * dontneed p0")


def test_it_is_shown_below_both_traces() -> None:
    asked = differing("register minor", "continue p0")
    found = decided_by(V3, LARGE, asked, posting(SESSION, "v3").patches)
    text = "\n".join(disagreement_lines(1, replace(asked, decided=found)))
    assert "decided in " in text
    assert "of the revision" in text
