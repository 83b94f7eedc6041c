# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading patches as git reads them."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewtool.tree import patchfile
from reviewtool.tree.patchfile import DamagedPatch, mode_changes, parse, refusal

Git = Callable[..., str]

SIMPLE = b"""diff --git a/mm/x.c b/mm/x.c
index 1234567890ab..abcdef012345 100644
--- a/mm/x.c
+++ b/mm/x.c
@@ -10,3 +10,4 @@ int f(void)
 one
-two
+2
+3
 four
--\x20
2.40.1
"""


def test_a_patch_is_files_and_hunks() -> None:
    (file,) = parse(SIMPLE)
    assert (file.old, file.new, file.old_mode) == ("mm/x.c", "mm/x.c", 0o100644)
    assert (file.old_blob, file.new_blob) == ("1234567890ab", "abcdef012345")
    (hunk,) = file.hunks
    assert (hunk.old_start, hunk.old_count, hunk.new_count) == (10, 3, 4)
    assert hunk.section == "int f(void)"
    assert hunk.old == (b"one", b"two", b"four")
    assert hunk.new == (b"one", b"2", b"3", b"four")
    assert hunk.at == 5


def test_the_signature_below_a_mail_is_no_part_of_the_last_hunk() -> None:
    assert b"2.40.1" not in b"".join(parse(SIMPLE)[0].hunks[0].lines)


def test_what_git_prints_is_read_as_git_means_it(kernel: Path, git: Git) -> None:
    git(kernel, "init", "-q")
    git(kernel, "add", "-A")
    git(kernel, "commit", "-q", "-m", "x")
    (kernel / "Kbuild").unlink()
    (kernel / "new file ä.c").write_text("x\n")
    (kernel / "tab\there.c").write_text("no newline at the end")
    (kernel / "empty.c").write_text("")
    (kernel / "scripts/run.sh").chmod(0o644)
    (kernel / "mm/memory.c").rename(kernel / "mm/renamed.c")
    git(kernel, "add", "-A")
    diff = git(kernel, "diff", "--cached", "-M").encode() + b"\n"
    files = {file.path: file for file in parse(diff)}
    assert set(files) == {
        "Kbuild",
        "new file ä.c",
        "tab\there.c",
        "empty.c",
        "scripts/run.sh",
        "mm/renamed.c",
    }
    assert (files["Kbuild"].old, files["Kbuild"].new) == ("Kbuild", None)
    assert (files["empty.c"].old, files["empty.c"].hunks) == (None, ())
    assert files["tab\there.c"].hunks[0].new_open_end
    assert files["mm/renamed.c"].old == "mm/memory.c"
    assert mode_changes(tuple(files.values())) == ("scripts/run.sh mode 100755 -> 100644",)


def test_a_diff_without_git_headers_is_read_too() -> None:
    plain = SIMPLE.split(b"\n", 2)[2]
    assert parse(plain)[0].path == "mm/x.c"


def test_an_empty_context_line_may_have_lost_its_blank() -> None:
    stripped = SIMPLE.replace(b" one\n", b"\n")
    assert parse(stripped)[0].hunks[0].old[0] == b""


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (SIMPLE.replace(b"-10,3", b"-10,9"), "line 12: neither context, added nor removed"),
        (SIMPLE.replace(b"+10,4", b"+10,3"), "line 5: the hunk is longer"),
        (SIMPLE[: SIMPLE.index(b" four")], "line 5: the hunk is shorter than it says"),
        (b"@@ -1 +1 @@\n-a\n+b\n", "line 1: a hunk without a file"),
        (b"diff --git a/x b/x\nnew file mode 10066x\n", "line 2: no file mode"),
    ],
)
def test_damage_is_named_with_its_line(damage: bytes, words: str) -> None:
    with pytest.raises(DamagedPatch, match=words):
        parse(damage)


def test_a_patch_no_person_reads_is_too_large() -> None:
    with pytest.raises(DamagedPatch, match="above 34 MB are not applied"):
        parse(b"x" * (patchfile.MAX_BYTES + 1))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_patch_or_damage(junk: bytes) -> None:
    with contextlib.suppress(DamagedPatch):
        refusal(parse(junk))


@given(st.lists(st.sampled_from(SIMPLE.splitlines(keepends=True)), max_size=25).map(b"".join))
def test_shuffled_patch_lines_are_a_patch_or_damage(junk: bytes) -> None:
    with contextlib.suppress(DamagedPatch):
        refusal(parse(junk))
