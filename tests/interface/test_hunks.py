# SPDX-License-Identifier: GPL-2.0-or-later
"""Diffs as mail carries them."""

from hypothesis import given
from hypothesis import strategies as st

from reviewtool.interface.hunks import file_diffs

_TWO_FILES = """\
diff --git a/mm/a.c b/mm/a.c
index 111..222 100644
--- a/mm/a.c
+++ b/mm/a.c
@@ -10,3 +10,4 @@ static int f(void)
 one
-two
+TWO
+more
 three
@@ -90 +91,0 @@ struct vm_operations_struct {
-gone
diff --git a/mm/new.c b/mm/new.c
new file mode 100644
index 000..333
--- /dev/null
+++ b/mm/new.c
@@ -0,0 +1,2 @@
+x
+y
"""
_SIGNATURE = "-- \n2.47.1\n"


def test_files_hunks_headings_and_numbers_are_read() -> None:
    first, second = file_diffs(_TWO_FILES + _SIGNATURE)
    assert (first.old, first.new, len(first.hunks)) == ("mm/a.c", "mm/a.c", 2)
    assert first.hunks[0].heading == "static int f(void)"
    assert (first.hunks[0].old, first.hunks[0].new) == (10, 10)
    assert first.hunks[0].lines[1:4] == (("-", "two"), ("+", "TWO"), ("+", "more"))
    assert first.hunks[1].heading == "struct vm_operations_struct {"
    assert first.hunks[1].lines == (("-", "gone"),)
    assert (second.old, second.path) == ("", "mm/new.c")
    # The signature below the last hunk is not a removed line.
    assert second.hunks[0].lines == (("+", "x"), ("+", "y"))


def test_renames_deletions_and_binaries() -> None:
    text = (
        "diff --git a/fs/u.c b/mm/u.c\nsimilarity index 97%\nrename from fs/u.c\n"
        "rename to mm/u.c\n"
        "diff --git a/gone.c b/gone.c\ndeleted file mode 100644\n--- a/gone.c\n+++ /dev/null\n"
        "@@ -1 +0,0 @@\n-x\n"
        "diff --git a/logo.png b/logo.png\nBinary files a/logo.png and b/logo.png differ\n"
    )
    renamed, deleted, binary = file_diffs(text)
    assert (renamed.old, renamed.new) == ("fs/u.c", "mm/u.c")
    assert (deleted.old, deleted.new, deleted.path) == ("gone.c", "", "gone.c")
    assert binary.binary
    assert not binary.hunks


def test_an_empty_context_line_without_its_blank_is_context() -> None:
    text = "--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,4 @@\n a\n\n+b\n c\n"
    (found,) = file_diffs(text)
    assert found.hunks[0].lines == ((" ", "a"), (" ", ""), ("+", "b"), (" ", "c"))


def test_a_removed_line_that_looks_like_a_file_header_is_a_line() -> None:
    text = "--- a/x.sql\n+++ b/x.sql\n@@ -1,2 +1,2 @@\n--- old comment\n+++ new\n c\n"
    (found,) = file_diffs(text)
    assert found.hunks[0].lines == (("-", "-- old comment"), ("+", "++ new"), (" ", "c"))


@given(st.text())
def test_any_text_is_read_without_error(text: str) -> None:
    for found in file_diffs(text):
        assert isinstance(found.path, str)


@given(st.text(alphabet="@-+ \nadif/gt0123,", max_size=300))
def test_broken_diffs_are_read_without_error(text: str) -> None:
    for found in file_diffs("diff --git a/x.c b/x.c\n" + text):
        for hunk in found.hunks:
            assert all(mark in " +-" for mark, _ in hunk.lines)
