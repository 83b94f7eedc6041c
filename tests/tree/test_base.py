# SPDX-License-Identifier: GPL-2.0-or-later
"""Finding the kernel source, and telling what is none."""

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from reviewtool.errors import InputError, Unavailable
from reviewtool.progress import SILENT
from reviewtool.tree import unpack
from reviewtool.tree.base import find_base

Git = Callable[..., str]


def test_an_unpacked_tree_is_a_base(kernel: Path, cache: Path) -> None:
    base = find_base(kernel)
    assert (base.kind, base.path, base.version) == ("directory", kernel, "6.12.9")


def test_the_environment_names_the_tree(
    kernel: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVIEWTOOL_TREE", str(kernel))
    assert find_base().path == kernel


def test_a_folder_that_changed_has_another_identity(kernel: Path, cache: Path) -> None:
    before = find_base(kernel).identity
    makefile = kernel / "Makefile"
    makefile.write_text(makefile.read_text().replace("SUBLEVEL = 9", "SUBLEVEL = 10"))
    assert find_base(kernel).identity != before


@pytest.mark.parametrize("missing", ["Kbuild", "mm/memory.c", "kernel/fork.c"])
def test_a_makefile_alone_makes_no_kernel(kernel: Path, cache: Path, missing: str) -> None:
    (kernel / missing).unlink()
    with pytest.raises(InputError, match=rf"is no kernel source \(no {missing}\)"):
        find_base(kernel)


def test_a_makefile_without_version_makes_no_kernel(kernel: Path, cache: Path) -> None:
    (kernel / "Makefile").write_text("all:\n")
    with pytest.raises(InputError, match="states no version"):
        find_base(kernel)


def test_a_path_that_is_not_there_is_named(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: no such file or folder; give --tree"):
        find_base(tmp_path / "nowhere")


def test_a_clone_is_a_base_with_the_version_at_head(clone: Path, cache: Path, git: Git) -> None:
    base = find_base(clone)
    assert (base.kind, base.version) == ("git", "6.12.9")
    assert base.identity == f"git:{git(clone, 'rev-parse', 'HEAD')}"


def test_edits_in_the_work_tree_do_not_count(clone: Path, cache: Path) -> None:
    (clone / "Makefile").write_text("VERSION = 9\nPATCHLEVEL = 9\n")
    assert find_base(clone).version == "6.12.9"


def test_a_bare_clone_and_a_linked_work_tree_are_bases(
    clone: Path, tmp_path: Path, cache: Path, git: Git
) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(clone), "bare.git")
    git(clone, "worktree", "add", "-q", str(tmp_path / "linked"))
    assert find_base(tmp_path / "bare.git").version == "6.12.9"
    assert find_base(tmp_path / "linked").kind == "git"


def test_a_clone_of_something_else_is_refused(tmp_path: Path, cache: Path, git: Git) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "Makefile").write_text("all:\n")
    git(other, "init", "-q")
    git(other, "add", "-A")
    git(other, "commit", "-q", "-m", "x")
    with pytest.raises(InputError, match="is a git clone, but not of a kernel"):
        find_base(other)


def test_a_clone_without_a_commit_is_refused(tmp_path: Path, cache: Path, git: Git) -> None:
    git(tmp_path, "init", "-q", "empty")
    with pytest.raises(InputError, match="has no commit at HEAD"):
        find_base(tmp_path / "empty")


def test_a_work_tree_whose_repository_is_gone_is_refused(
    clone: Path, tmp_path: Path, cache: Path, git: Git
) -> None:
    linked = tmp_path / "linked"
    git(clone, "worktree", "add", "-q", str(linked))
    shutil.rmtree(clone)
    with pytest.raises(InputError, match="which is gone; run git worktree repair"):
        find_base(linked)


def test_sha256_repositories_are_refused(kernel: Path, cache: Path, git: Git) -> None:
    git(kernel, "init", "-q", "--object-format=sha256")
    git(kernel, "add", "-A")
    git(kernel, "commit", "-q", "-m", "x")
    with pytest.raises(InputError, match="SHA-256"):
        find_base(kernel)


def pack(kernel: Path, archive: Path) -> Path:
    subprocess.run(["tar", "-caf", str(archive), "-C", str(kernel.parent), kernel.name], check=True)
    return archive


@pytest.mark.parametrize("suffix", [".tar", ".tar.xz", ".tar.gz"])
def test_a_tarball_is_unpacked_once(kernel: Path, tmp_path: Path, cache: Path, suffix: str) -> None:
    archive = pack(kernel, tmp_path / f"linux-6.12.9{suffix}")
    base = find_base(archive)
    assert base.kind == "directory"
    assert base.version == "6.12.9"
    assert base.identity.startswith("tarball:")
    stamp = (base.path / "Makefile").stat().st_ino
    assert (find_base(archive).path / "Makefile").stat().st_ino == stamp
    assert [p.name for p in (cache / "bases").iterdir()] == [base.path.parent.name]


def test_a_damaged_tarball_leaves_nothing_behind(kernel: Path, tmp_path: Path, cache: Path) -> None:
    archive = pack(kernel, tmp_path / "linux.tar.xz")
    archive.write_bytes(archive.read_bytes()[:-40])
    with pytest.raises(InputError, match=r"linux\.tar\.xz: cannot be unpacked"):
        find_base(archive)
    assert list((cache / "bases").iterdir()) == []


def test_a_file_that_is_no_tarball_is_refused(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "vmlinux").write_bytes(b"\x7fELF")
    with pytest.raises(InputError, match="neither a folder nor a tarball"):
        find_base(tmp_path / "vmlinux")


def test_a_full_disk_is_told_before_it_is_full(
    kernel: Path, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = pack(kernel, tmp_path / "linux.tar.xz")
    usage = shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(Unavailable, match=r"needs .* GB, 0\.0 GB are free"):
        find_base(archive)
    assert list((cache / "bases").iterdir()) == []


def test_a_disk_that_fills_up_while_unpacking_is_one_line(
    kernel: Path, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # tar itself cannot be made to meet a full disk without root: one that says so stands in.
    fake = tmp_path / "bin"
    fake.mkdir()
    archive = pack(kernel, tmp_path / "linux.tar")
    (fake / "tar").write_text("#!/bin/sh\necho 'tar: x: No space left on device' >&2\nexit 2\n")
    (fake / "tar").chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake}:/usr/bin:/bin")
    with pytest.raises(Unavailable, match="no space left on the disk; free 2 GB"):
        find_base(archive)
    assert list((cache / "bases").iterdir()) == []


def test_an_interrupt_while_unpacking_leaves_nothing_behind(
    kernel: Path, tmp_path: Path, cache: Path
) -> None:
    archive = pack(kernel, tmp_path / "linux.tar.xz")

    unpack.sha256(archive, SILENT)  # so that the only task left is the unpacking
    task = SimpleNamespace(update=Mock(side_effect=KeyboardInterrupt))
    progress = SimpleNamespace(task=lambda *_: nullcontext(task))
    with pytest.raises(KeyboardInterrupt):
        find_base(archive, progress)
    assert list((cache / "bases").iterdir()) == []
    assert unpack.tarball(archive)[0].is_dir()


def test_a_clone_without_any_trees_is_one_line(
    clone: Path, tmp_path: Path, cache: Path, git: Git
) -> None:
    git(clone, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=tree:0", "--no-checkout", clone.as_uri(), "treeless")
    with pytest.raises(InputError, match=r"lacks the objects of its own HEAD .*; run git -C"):
        find_base(tmp_path / "treeless")


def test_a_clone_without_any_files_is_one_line(
    clone: Path, tmp_path: Path, cache: Path, git: Git
) -> None:
    git(clone, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", clone.as_uri(), "partial")
    with pytest.raises(InputError, match=r"lacks HEAD:Makefile; check out HEAD there"):
        find_base(tmp_path / "partial")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_a_clone_that_belongs_to_somebody_else_can_be_read(clone: Path, cache: Path) -> None:
    for path in [clone, *clone.rglob("*")]:
        os.lchown(path, 65534, 65534)
    assert find_base(clone).version == "6.12.9"
