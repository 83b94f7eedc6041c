# SPDX-License-Identifier: GPL-2.0-or-later
"""Patches in files of our own making."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reviewtool.errors import InputError
from reviewtool.tree.apply import apply
from reviewtool.tree.base import find_base
from reviewtool.tree.mailed import read_patches

Git = Callable[..., str]


@pytest.fixture
def mbox(clone: Path, tmp_path: Path, git: Git) -> Path:
    """Two commits as git format-patch mails them, with a cover letter."""
    (clone / "Kbuild").write_text("obj-y += kernel/\nobj-y += mm/\n")
    git(clone, "commit", "-q", "-am", "build: add mm\n\nBecause.\n---\nnot part of it")
    (clone / "MAINTAINERS").write_text("KVM\nMM – ünïcödé\n")
    git(clone, "commit", "-q", "-am", "MAINTAINERS: name mm – naïvely")
    text = git(clone, "format-patch", "--stdout", "--cover-letter", "--thread", "v6.12..HEAD")
    git(clone, "reset", "-q", "--hard", "v6.12")
    (tmp_path / "series.mbox").write_text(text + "\n")
    return tmp_path / "series.mbox"


def test_what_format_patch_wrote_comes_back(mbox: Path) -> None:
    one, two = read_patches(mbox)
    assert [(p.index, p.total, p.subject) for p in (one, two)] == [
        (1, 2, "build: add mm"),
        (2, 2, "MAINTAINERS: name mm – naïvely"),
    ]
    assert one.message == "Because."
    assert (one.author, one.date) == ("A <a@example.org>", "2025-01-01T00:00:00Z")
    assert one.message_id.endswith("@example.org")
    assert one.diff.startswith("diff --git a/Kbuild b/Kbuild\n")


def test_it_applies_to_the_tree_git_had(clone: Path, mbox: Path, cache: Path, git: Git) -> None:
    applied = apply(find_base(clone), read_patches(mbox), name="s/v1")
    assert [o.state for o in applied.outcomes] == ["clean", "clean"]
    git(clone, "am", "-q", "--empty=drop", str(mbox))
    assert git(applied.store, "rev-parse", f"{applied.commit}^{{tree}}") == git(
        clone, "rev-parse", "HEAD^{tree}"
    )


@pytest.mark.parametrize(
    "text", ["", "no mail\n", "From a@b Thu Jan  1 00:00:00 2025\nX: y\n\nz\n"]
)
def test_a_file_without_a_patch_is_one_line(tmp_path: Path, cache: Path, text: str) -> None:
    (tmp_path / "f").write_text(text)
    with pytest.raises(InputError, match=r"/f: .*; write it with git format-patch"):
        read_patches(tmp_path / "f")
