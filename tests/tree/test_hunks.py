# SPDX-License-Identifier: GPL-2.0-or-later
"""Hunks fit where patch(1) puts them."""

import difflib
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reviewtool.tree.hunks import place
from reviewtool.tree.patchfile import Hunk, parse


def hunks_of(before: list[str], after: list[str]) -> tuple[tuple[Hunk, ...], bytes]:
    old, new = [f"{line}\n" for line in before], [f"{line}\n" for line in after]
    diff = "".join(difflib.unified_diff(old, new, "a/f", "b/f")).encode()
    files = parse(diff)
    return (files[0].hunks if files else ()), diff


def join(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


LINES = [f"l{n}" for n in range(30)]


def test_a_hunk_fits_exactly_where_nothing_changed() -> None:
    after = [*LINES[:10], "new", *LINES[10:]]
    placements, content = place(join(LINES), hunks_of(LINES, after)[0])
    assert [(p.state, p.line, p.offset) for p in placements] == [("exact", 8, 0)]
    assert content == join(after)


def test_lines_added_above_are_an_offset() -> None:
    after = [*LINES[:10], "new", *LINES[10:]]
    placements, content = place(join(["x", "y", *LINES]), hunks_of(LINES, after)[0])
    assert [(p.state, p.offset) for p in placements] == [("offset", 2)]
    assert content == join(["x", "y", *after])


def test_outer_context_that_differs_is_fuzz_and_is_kept_as_it_stands() -> None:
    after = [*LINES[:10], "new", *LINES[10:]]
    base = ["other" if line == "l7" else line for line in LINES]
    ((placement,), content) = place(join(base), hunks_of(LINES, after)[0])
    assert (placement.state, placement.fuzz) == ("fuzz", 1)
    assert placement.dropped == ((b"l7", b"other"),)
    assert content == join([*base[:10], "new", *base[10:]])


def test_inner_context_that_differs_is_a_rejected_hunk_and_the_rest_is_put_in() -> None:
    after = [*LINES[:10], "new", *LINES[10:25], "newer", *LINES[25:]]
    base = ["other" if line == "l9" else line for line in LINES]
    placements, content = place(join(base), hunks_of(LINES, after)[0])
    assert [p.state for p in placements] == ["rejected", "exact"]
    assert content == join([*base[:25], "newer", *base[25:]])


def test_two_hunks_may_share_the_context_between_them() -> None:
    """As for patch(1): lines between them are gone from the base, and fuzz brings them together."""
    after = [*LINES[:10], "new", *LINES[10:18], "newer", *LINES[18:]]
    base = [*LINES[:13], *LINES[17:]]
    placements, content = place(join(base), hunks_of(LINES, after)[0])
    assert [(p.state, p.fuzz) for p in placements] == [("exact", 0), ("fuzz", 2)]
    assert placements[1].dropped == ((b"l15", b"l11"), (b"l16", b"l12"))
    assert content == join([*base[:10], "new", *base[10:14], "newer", *base[14:]])


def test_what_is_there_already_is_told_from_what_does_not_fit() -> None:
    after = [*LINES[:10], "new", *LINES[10:]]
    ((placement,), content) = place(join(after), hunks_of(LINES, after)[0])
    assert placement.state == "already"
    assert content == join(after)


def test_two_places_that_fit_equally_are_counted() -> None:
    block = ["{", "a", "b", "c", "}", ""]
    before = ["head", *block]
    after = ["head", "{", "a", "b", "NEW", "c", "}", ""]
    base = ["x", "y", *block, *block]
    ((placement,), _) = place(join(base), hunks_of(before, after)[0])
    assert (placement.state, placement.places) == ("offset", 2)


def test_a_missing_newline_at_the_end_stays_missing_or_is_mended_as_the_patch_says() -> None:
    diff = (
        b"--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n"
        b"+c\n\\ No newline at end of file\n"
    )
    assert place(b"a\nb", parse(diff)[0].hunks)[1] == b"a\nc"
    mended = diff.rsplit(b"\\", 1)[0]
    assert place(b"a\nb", parse(mended)[0].hunks)[1] == b"a\nc\n"


def test_a_new_file_is_one_hunk_on_nothing() -> None:
    diff = b"--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b\n"
    assert place(b"", parse(diff)[0].hunks)[1] == b"a\nb\n"


WORDS = st.sampled_from(["a", "b", "c", "d", "e", "{", "}", ""])
FILE = st.lists(WORDS, min_size=6, max_size=40)


@st.composite
def edited(draw: st.DrawFn, lines: list[str]) -> list[str]:
    result = list(lines)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(result)))
        match draw(st.sampled_from(["insert", "delete", "change"])):
            case "insert":
                result.insert(at, draw(st.sampled_from(["N1", "N2", "a"])))
            case "delete":
                del result[at : at + 1]
            case _:
                result[at : at + 1] = [draw(st.sampled_from(["C1", "C2", "b"]))]
    return result


@pytest.mark.skipif(not shutil.which("patch"), reason="patch(1) is not installed")
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), before=FILE)
def test_the_same_hunks_fit_as_patch_finds(
    tmp_path: Path, data: st.DataObject, before: list[str]
) -> None:
    """Against patch(1) itself: which hunks fit, and, where they need no choice, the result."""
    after = data.draw(edited(before))
    base = data.draw(edited(before))
    hunks, diff = hunks_of(before, after)
    assume(hunks)
    target = tmp_path / "f"
    target.write_bytes(join(base))
    done = subprocess.run(
        ["patch", "-N", "-s", "-r", "-", "--no-backup-if-mismatch", str(target)],
        input=diff,
        capture_output=True,
        check=False,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    placements, content = place(join(base), hunks)
    fitted = [p for p in placements if p.state in ("exact", "offset", "fuzz")]
    # patch and we ask differently whether a patch is in already; that has tests of its own.
    assume(all(p.state != "already" for p in placements))
    assume(b"Reversed (or previously applied)" not in done.stdout)
    ambiguous = any(p.places > 1 for p in placements)
    if not ambiguous and len(hunks) == 1:
        assert (done.returncode == 0) == (len(fitted) == len(hunks)), done.stdout.decode()
        if done.returncode == 0:
            assert content == target.read_bytes()


def test_a_file_of_one_line_repeated_costs_no_square_of_its_length() -> None:
    lines = ["same"] * 100_000
    after = [*lines[:50_000], "new", *lines[50_000:]]
    hunk = parse(
        b"--- a/f\n+++ b/f\n@@ -49998,6 +49998,7 @@\n" + b" same\n" * 3 + b"+new\n" + b" same\n" * 3
    )[0].hunks[0]
    started = time.perf_counter()
    _, content = place(join(lines), [hunk] * 50)
    assert time.perf_counter() - started < 10
    assert content.count(b"new") == 50
    assert len(content) > len(join(after))
