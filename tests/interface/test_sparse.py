# SPDX-License-Identifier: GPL-2.0-or-later
"""What a series shows of a file, before and after, whatever its patches do to one another."""

import difflib
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reviewtool.interface.hunks import FileDiff, Hunk, file_diffs
from reviewtool.interface.sparse import SparseFile, sparse_files

# Few different lines, so that a diff has something to be confused by.
_LINES = st.lists(st.sampled_from(["a", "b", "c", "", "}", "{", "\tx = 1;"]), max_size=30)
_VERSIONS = st.lists(_LINES, min_size=2, max_size=5)


def _diff(old: list[str], new: list[str], context: int) -> str:
    lines = difflib.unified_diff(old, new, "a/mm/x.c", "b/mm/x.c", n=context, lineterm="")
    return "\n".join(lines) + "\n"


@given(_VERSIONS, st.integers(min_value=0, max_value=3))
def test_every_known_line_is_the_line_of_the_real_file(
    versions: list[list[str]], context: int
) -> None:
    file = SparseFile("mm/x.c")
    for index, (old, new) in enumerate(pairwise(versions), start=1):
        for diff in file_diffs(_diff(old, new, context)):
            file.apply(diff, index)
    first, last = versions[0], versions[-1]
    assert not file.notes
    for fragment in file.after():
        for line in fragment.lines:
            assert last[line.number - 1] == line.text
    for fragment in file.before():
        for line in fragment.lines:
            assert first[line.number - 1] == line.text


@given(_LINES, _LINES)
def test_added_and_removed_lines_turn_the_old_file_into_the_new(
    old: list[str], new: list[str]
) -> None:
    file = SparseFile("mm/x.c")
    for diff in file_diffs(_diff(old, new, 3)):
        file.apply(diff, 1)
    removed = {one.number for part in file.before() for one in part.lines if one.patch}
    added = {one.number for part in file.after() for one in part.lines if one.patch}
    kept = [text for number, text in enumerate(old, start=1) if number not in removed]
    still = [text for number, text in enumerate(new, start=1) if number not in added]
    assert kept == still


def test_a_line_added_and_changed_again_is_known_as_it_ends() -> None:
    one = FileDiff("x.c", "x.c", (Hunk(5, 5, "", ((" ", "a"), ("+", "first"), (" ", "b"))),))
    two = FileDiff(
        "x.c", "x.c", (Hunk(5, 5, "", ((" ", "a"), ("-", "first"), ("+", "second"), (" ", "b"))),)
    )
    file = sparse_files([(1, [one]), (2, [two])])["x.c"]
    assert [(line.number, line.text, line.patch) for line in file.after()[0].lines] == [
        (5, "a", None),
        (6, "second", 2),
        (7, "b", None),
    ]
    assert [(line.number, line.text) for line in file.before()[0].lines] == [(5, "a"), (6, "b")]


def test_a_renamed_file_keeps_what_is_known_of_it() -> None:
    one = FileDiff("fs/u.c", "fs/u.c", (Hunk(1, 1, "", (("+", "new"), (" ", "old"))),))
    two = FileDiff("fs/u.c", "mm/u.c", ())
    files = sparse_files([(1, [one]), (2, [two])])
    assert list(files) == ["mm/u.c"]
    assert [line.text for line in files["mm/u.c"].after()[0].lines] == ["new", "old"]


def test_patches_that_do_not_follow_one_another_are_noted() -> None:
    one = FileDiff("x.c", "x.c", (Hunk(1, 1, "", ((" ", "a"), ("+", "b"))),))
    two = FileDiff("x.c", "x.c", (Hunk(1, 1, "", ((" ", "quite different"), ("+", "c"))),))
    file = sparse_files([(1, [one]), (2, [two])])["x.c"]
    assert file.notes == ["patch 2: 'quite different' is not the line that stood there"]
