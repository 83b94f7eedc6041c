# SPDX-License-Identifier: GPL-2.0-or-later
"""A conflict resolved once is data: it applies again by itself, and says why."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reviewtool.archive.types import Patch
from reviewtool.errors import InputError
from reviewtool.tree.apply import apply
from reviewtool.tree.base import find_base
from reviewtool.tree.delta import source_file
from reviewtool.tree.outcome import Applied
from reviewtool.tree.resolution import read_resolutions

MakePatch = Callable[..., Patch]
FILE = "virt/kvm/guest_memfd.c"


def here(text: str) -> str:
    """The base at hand: it lacks line 19 and spells line 21 another way."""
    return text.replace("line 19\n", "").replace("line 21\n", "line twenty-one\n")


TOML = f"""
[[resolution]]
patch = "1@example.org"
file = "{FILE}"
hunk = 1
reason = "6.12 lacks the line before"
[resolution.lines]
2 = []
5 = [" line twenty-one"]
"""


@pytest.fixture
def patch(make_patch: MakePatch, sources: dict[str, str]) -> Patch:
    after = sources[FILE].replace("line 20\n", "line 20\nof the mail\n")
    return make_patch({FILE: (sources[FILE], after), "Kbuild": ("obj-y += kernel/\n", "x\n")})


def bridged(kernel: Path, tmp_path: Path, patch: Patch, toml: str) -> Applied:
    (kernel / FILE).write_text(here((kernel / FILE).read_text()))
    (tmp_path / "r.toml").write_text(toml)
    return apply(
        find_base(kernel), [patch], name="s/v1", resolutions=read_resolutions(tmp_path / "r.toml")
    )


def test_the_hunk_fits_as_it_reads_here_and_adds_what_the_mail_adds(
    kernel: Path, cache: Path, tmp_path: Path, patch: Patch, sources: dict[str, str]
) -> None:
    applied = bridged(kernel, tmp_path, patch, TOML)
    (outcome,) = applied.outcomes
    assert outcome.state == "bridged"
    assert outcome.detail == f"{FILE} hunk 1: 6.12 lacks the line before"
    assert [str(r) for r in outcome.rejected] == [f"{FILE}:18: hunk 1 of 1 does not fit"]
    after = source_file(applied, FILE).decode()
    assert after == here(sources[FILE]).replace("line 20\n", "line 20\nof the mail\n")
    assert source_file(applied, "Kbuild") == b"x\n"


def test_without_it_the_patch_is_a_conflict(
    kernel: Path, cache: Path, tmp_path: Path, patch: Patch
) -> None:
    assert bridged(kernel, tmp_path, patch, "").outcomes[0].state == "conflict"


def test_it_is_not_used_where_the_mail_fits_by_itself(
    kernel: Path, cache: Path, tmp_path: Path, patch: Patch
) -> None:
    (tmp_path / "r.toml").write_text(TOML)
    applied = apply(
        find_base(kernel), [patch], name="s/v1", resolutions=read_resolutions(tmp_path / "r.toml")
    )
    assert applied.outcomes[0].state == "clean"


def test_one_that_does_not_fit_either_is_a_conflict_that_says_so(
    kernel: Path, cache: Path, tmp_path: Path, patch: Patch
) -> None:
    applied = bridged(kernel, tmp_path, patch, TOML.replace("twenty-one", "wrong"))
    assert applied.outcomes[0].state == "conflict"
    assert "its recorded resolution does not fit either" in applied.outcomes[0].detail


def test_a_file_can_be_left_out_with_a_reason(
    kernel: Path, cache: Path, tmp_path: Path, patch: Patch
) -> None:
    toml = f'[[resolution]]\npatch = "1@example.org"\nfile = "{FILE}"\nleave_out = true\n'
    applied = bridged(kernel, tmp_path, patch, toml + 'reason = "not here"\n')
    assert applied.outcomes[0].state == "bridged"
    assert applied.outcomes[0].detail == f"{FILE} left out: not here"
    assert source_file(applied, "Kbuild") == b"x\n"
    assert b"of the mail" not in source_file(applied, FILE)


def test_a_patch_left_out_whole_is_an_empty_commit_with_the_reason(
    kernel: Path, cache: Path, tmp_path: Path, make_patch: MakePatch
) -> None:
    patch = make_patch({"no/such.c": ("a\n", "b\n")})
    toml = '[[resolution]]\npatch = "1@example.org"\nfile = "no/such.c"\nleave_out = true\n'
    applied = bridged(kernel, tmp_path, patch, toml + 'reason = "newer kernels only"\n')
    assert applied.complete
    assert applied.outcomes[0].state == "bridged"
    assert applied.outcomes[0].commit not in (None, applied.base_commit)


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("x = [", r"r\.toml: is no TOML"),
        ("x = 1", "holds something else"),
        (TOML.replace("reason", "raison"), "resolution 1: unknown key 'raison'"),
        (TOML.replace('reason = "6.12 lacks the line before"', ""), "has no reason; add reason"),
        (TOML.replace("hunk = 1", ""), "needs either leave_out = true or hunk and lines"),
        (TOML.replace("2 = []", "three = []"), "line three is no list of lines"),
        (TOML.replace('[" line', '["line'), "line 5 is no list of lines that begin with"),
        (TOML.replace("hunk = 1", "hunk = 7"), f"resolution 1: the patch has no hunk 7 of {FILE}"),
        (TOML.replace("2 = []", "99 = []"), "the hunk has 7 lines, no line 99"),
    ],
)
def test_mistakes_in_the_file_are_named_with_their_entry(
    kernel: Path, cache: Path, tmp_path: Path, patch: Patch, toml: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        bridged(kernel, tmp_path, patch, toml)


def test_a_patch_that_is_in_already_is_not_resolved_a_second_time(
    kernel: Path, cache: Path, tmp_path: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    after = sources[FILE].replace("line 20\n", "line 20\nof the mail\n")
    patch = make_patch({FILE: (sources[FILE], after)})
    (kernel / FILE).write_text(after)
    (tmp_path / "r.toml").write_text(TOML)
    applied = apply(
        find_base(kernel), [patch], name="s/v1", resolutions=read_resolutions(tmp_path / "r.toml")
    )
    assert applied.outcomes[0].detail == "already in the base"
