# SPDX-License-Identifier: GPL-2.0-or-later
"""A diff ends where its hunk counts say."""

from hypothesis import given
from hypothesis import strategies as st

from reviewtool.archive.flowed import unflow
from reviewtool.archive.hunks import diff_extent, find_diff, sound
from tests.archive.mails import diff


def cut(text: str) -> str:
    extent = diff_extent(text)
    assert extent is not None
    return text[extent.start : extent.end]


def test_signature_and_prose_are_no_part_of_it() -> None:
    assert cut(f"words\n---\n a.c | 2 +-\n\n{diff()}-- \n2.47\n\nmore\n") == diff()


def test_a_removed_line_that_looks_like_a_signature_is_part_of_it() -> None:
    text = "--- a/x\n+++ b/x\n@@ -1,2 +1,1 @@\n a\n-- \n-- \n2.47\n"
    assert cut(text) == "--- a/x\n+++ b/x\n@@ -1,2 +1,1 @@\n a\n-- \n"


def test_an_empty_line_counts_as_empty_context() -> None:
    assert sound("--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n")


def test_a_hunk_cut_short_is_told() -> None:
    extent = diff_extent(diff().replace(" last\n", ""))
    assert extent is not None
    assert extent.damage == "hunk 1 is 1 old and 1 new lines short"


def test_renames_and_modes_without_hunks_are_diffs() -> None:
    text = "diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n"
    assert cut(text) == text
    assert sound(text)


def test_dashes_in_prose_begin_no_diff() -> None:
    assert find_diff("--- a/ thing to say\nand on\n\nIndex: one\n") is None


@given(st.text(alphabet="-+@ \nab/1,", max_size=200))
def test_any_text_can_be_searched(text: str) -> None:
    extent = diff_extent(text)
    assert extent is None or 0 <= extent.start <= extent.end <= len(text)


def test_flowed_prose_is_joined_and_a_flowed_patch_is_not() -> None:
    assert unflow("> a \n> b\nc \nd\n") == "> a b\nc d\n"
    stuffed = "\n".join(" " + line if line.startswith(" ") else line for line in diff().split("\n"))
    assert diff().strip() in unflow(f"Hi \nthere\n\n{stuffed}")


def test_a_line_broken_in_transport_hides_no_hunk_after_it() -> None:
    broken = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a long\n line\n+b\n c\n c\n@@ -9 +9 @@\n-d\n+e\n"
    extent = diff_extent(f"{broken}-- \n2.47\n")
    assert extent is not None
    assert cut(f"{broken}-- \n2.47\n") == broken
    assert extent.damage == "hunk 1 is longer than it says"


def test_a_hunk_edited_by_hand_hides_no_file_after_it() -> None:
    edited = diff("x.c").replace(" last\n", " last\n one more\n") + diff("y.c")
    extent = diff_extent(f"{edited}-- \n2.47\n")
    assert extent is not None
    assert (extent.hunks, extent.damage) == (2, "hunk 1 is longer than it says")
    assert cut(f"{edited}-- \n2.47\n") == edited


def test_indented_prose_below_a_diff_is_no_part_of_it() -> None:
    text = f"{diff()}\n  Shall I send this?\n\nAnd another one:\n{diff('b.c')}"
    assert cut(text).rstrip("\n") == diff().rstrip("\n")
    assert sound(text)


def test_a_wrapped_file_header_is_damage_and_hides_no_hunk() -> None:
    wrapped = diff("dir/file.c").replace(" b/dir", " \nb/dir", 1)
    extent = diff_extent(wrapped)
    assert extent is not None
    assert (extent.hunks, extent.damage) == (1, "a file header is wrapped")
    assert cut(wrapped) == wrapped


def test_a_file_header_with_nothing_below_it_is_damage_and_no_empty_diff() -> None:
    extent = diff_extent("diff --git a/x b/x\n\nwords\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")
    assert extent is not None
    assert (extent.hunks, extent.damage) == (0, "its file header is broken")


def test_lines_a_program_wrapped_softly_but_never_stuffed_are_joined() -> None:
    wrapped = diff("dir/file.c").replace(" b/dir", " \nb/dir", 1)
    assert unflow(wrapped) == diff("dir/file.c")
