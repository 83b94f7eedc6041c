# SPDX-License-Identifier: GPL-2.0-or-later
"""git's own range-diff, as text and as data."""

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reviewtool.archive.types import Patch
from reviewtool.errors import InputError
from reviewtool.tree.apply import apply
from reviewtool.tree.base import find_base
from reviewtool.tree.rangediff import range_diff

MakePatch = Callable[..., Patch]
FILE = "virt/kvm/guest_memfd.c"


def series(make_patch: MakePatch, sources: dict[str, str], words: list[str]) -> list[Patch]:
    patches = []
    for number, (path, word) in enumerate(
        zip((FILE, "mm/memory.c", "Kbuild"), words, strict=False)
    ):
        before = sources[path]
        after = before + f"first new line\nsecond new line\nthird new line {word}\n"
        patches.append(make_patch({path: (before, after)}, index=number + 1, subject=f"do {path}"))
    return patches


def test_pairs_are_those_of_git_with_the_diff_of_diffs(
    kernel: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    base = find_base(kernel)
    a = apply(base, series(make_patch, sources, ["one", "two"]), name="s/v1")
    b = apply(base, series(make_patch, sources, ["one", "TWO", "three"]), name="s/v2")
    found = range_diff(a, b)
    assert [(p.a, p.b, p.state) for p in found.pairs] == [
        (1, 1, "same"),
        (2, 2, "changed"),
        (None, 3, "added"),
    ]
    same, changed, added = found.pairs
    assert same.diff == ""
    assert "-+third new line two" in changed.diff
    assert "++third new line TWO" in changed.diff
    assert added.old_commit is None
    assert b.commit.startswith(added.new_commit or "-")


def test_the_command_it_names_prints_the_same(
    kernel: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    base = find_base(kernel)
    a = apply(base, series(make_patch, sources, ["one"]), name="s/v1")
    b = apply(base, series(make_patch, sources, ["ONE"]), name="s/v2")
    found = range_diff(a, b)
    printed = subprocess.run(shlex.split(found.command), capture_output=True, check=True)
    assert printed.stdout.decode() == found.text


def test_revisions_on_different_trees_are_not_compared(
    kernel: Path,
    clone: Path,
    tmp_path: Path,
    cache: Path,
    make_patch: MakePatch,
    sources: dict[str, str],
) -> None:
    patches = series(make_patch, sources, ["one"])
    on_clone = apply(find_base(clone), patches, name="s/v1")
    bare = tmp_path / "plain"
    for path, text in sources.items():
        (bare / path).parent.mkdir(parents=True, exist_ok=True)
        (bare / path).write_text(text)
    on_folder = apply(find_base(bare), patches, name="s/v1")
    with pytest.raises(InputError, match="are applied to different trees"):
        range_diff(on_clone, on_folder)


def test_a_revision_that_does_not_apply_is_not_compared(
    kernel: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    good = apply(find_base(kernel), series(make_patch, sources, ["one"]), name="s/v1")
    bad = apply(find_base(kernel), [make_patch({"no.c": ("a\n", "b\n")})], name="s/v2")
    with pytest.raises(InputError, match="s/v2: patch 1"):
        range_diff(good, bad)
