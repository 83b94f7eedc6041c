# SPDX-License-Identifier: GPL-2.0-or-later
"""What a revision changes, as files."""

from collections.abc import Callable
from hashlib import sha1
from pathlib import Path
from shutil import rmtree

import pytest

from reviewtool.archive.types import Patch
from reviewtool.errors import InputError
from reviewtool.tree.apply import apply
from reviewtool.tree.base import find_base
from reviewtool.tree.delta import (
    FileChange,
    base_folder,
    changes_between,
    delta,
    files_holding,
    part_of_base,
    read_source,
    source_file,
    touched_paths,
)

Git = Callable[..., str]
MakePatch = Callable[..., Patch]


@pytest.fixture
def patches(make_patch: MakePatch, sources: dict[str, str]) -> list[Patch]:
    return [
        make_patch({"mm/new.c": (None, "int x;\n")}, index=1),
        make_patch({"Kbuild": ("obj-y += kernel/\n", None)}, index=2),
        make_patch({"MAINTAINERS": ("KVM\n", "KVM\nMM\n")}, index=3),
    ]


def test_the_delta_is_made_removed_and_changed_files(
    kernel: Path, cache: Path, patches: list[Patch]
) -> None:
    applied = apply(find_base(kernel), patches, name="s/v1")
    assert delta(applied) == (
        FileChange("Kbuild", 0, None),
        FileChange("MAINTAINERS", 0o100644, b"KVM\nMM\n"),
        FileChange("mm/new.c", 0o100644, b"int x;\n"),
    )
    assert touched_paths(applied) == ("Kbuild", "MAINTAINERS", "mm/new.c")


def test_a_damaged_object_is_told_and_removing_the_store_mends_it(
    kernel: Path, cache: Path, patches: list[Patch]
) -> None:
    applied = apply(find_base(kernel), patches, name="s/v1")
    whole = delta(applied)
    name = sha1(b"blob 7\0int x;\n", usedforsecurity=False).hexdigest()
    (applied.store / "objects" / name[:2] / name[2:]).write_bytes(b"torn")
    with pytest.raises(InputError, match=f"lacks object .*{name}.*remove it and try again"):
        delta(applied)
    rmtree(applied.store)
    assert delta(apply(find_base(kernel), patches, name="s/v1")) == whole


def test_it_holds_prerequisites_and_overlay_but_they_can_be_left_out(
    kernel: Path, cache: Path, patches: list[Patch]
) -> None:
    applied = apply(
        find_base(kernel),
        [patches[1]],
        name="s/v1",
        prerequisites=[patches[0]],
        overlay=[patches[2]],
    )
    assert [c.path for c in delta(applied)] == ["Kbuild", "MAINTAINERS", "mm/new.c"]
    own = delta(applied, since=applied.start, to=applied.commit)
    assert [c.path for c in own] == ["Kbuild"]
    assert touched_paths(applied) == ("Kbuild",)


def test_the_delta_laid_over_the_base_is_the_revisions_tree(
    clone: Path, cache: Path, patches: list[Patch], tmp_path: Path, git: Git
) -> None:
    applied = apply(find_base(clone), patches, name="s/v1")
    for change in delta(applied):
        if change.content is None:
            (clone / change.path).unlink()
        else:
            (clone / change.path).write_bytes(change.content)
    git(clone, "add", "-A")
    tree = git(applied.store, "rev-parse", f"{applied.commit}^{{tree}}")
    assert git(clone, "write-tree") == tree


def test_a_revision_that_does_not_apply_has_no_delta(
    kernel: Path, cache: Path, make_patch: MakePatch
) -> None:
    applied = apply(find_base(kernel), [make_patch({"no.c": ("a\n", "b\n")})], name="s/v1")
    with pytest.raises(InputError, match=r"does not apply: no\.c: no such file"):
        delta(applied)


def test_files_are_read_at_a_commit_and_beyond_what_was_imported(
    kernel: Path, cache: Path, patches: list[Patch], sources: dict[str, str]
) -> None:
    base = find_base(kernel)
    applied = apply(base, patches, name="s/v1")
    assert source_file(applied, "MAINTAINERS") == b"KVM\nMM\n"
    assert source_file(applied, "MAINTAINERS", at=applied.base_commit) == b"KVM\n"
    assert read_source(base, applied, "mm/memory.c") == sources["mm/memory.c"].encode()
    for path in ("Kbuild", "nowhere.c", "../outside", "mm"):
        with pytest.raises(KeyError):
            read_source(base, applied, path)


def test_changes_between_two_revisions(
    kernel: Path, cache: Path, patches: list[Patch], make_patch: MakePatch
) -> None:
    base = find_base(kernel)
    one = apply(base, patches, name="s/v1")
    other = make_patch({"MAINTAINERS": ("KVM\n", "KVM\nMM\nUFFD\n")}, index=3)
    two = apply(base, [*patches[:2], other], name="s/v2")
    (change,) = changes_between(one.store, one.commit, two.commit)
    assert (change.path, change.content) == ("MAINTAINERS", b"KVM\nMM\nUFFD\n")


def test_a_folder_is_its_own_build_folder_and_a_clone_is_exported_once(
    clone: Path, tmp_path: Path, cache: Path, patches: list[Patch], git: Git
) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(clone), "bare.git")
    base = find_base(tmp_path / "bare.git")
    applied = apply(base, patches, name="s/v1")
    folder = base_folder(base, applied)
    assert (folder / "Kbuild").read_text() == "obj-y += kernel/\n"
    assert (folder / "scripts/run.sh").stat().st_mode & 0o100
    assert base_folder(base, applied) == folder
    assert find_base(folder).kind == "directory"
    plain = find_base(folder)
    assert base_folder(plain, apply(plain, patches, name="s/v1")) == folder


def test_c_files_with_a_word_are_read_from_a_clone(
    clone: Path, cache: Path, make_patch: MakePatch, git: Git
) -> None:
    """What a whole-tree question reads where the base is no folder; the revision is left out."""
    (clone / "mm/odd name.c").write_text("int wanted;\n")
    (clone / "mm/notes.txt").write_text("wanted\n")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "odd")
    applied = apply(find_base(clone), [make_patch({"mm/n.c": (None, "wanted\n")})], name="s/v1")
    assert files_holding(applied, ["wanted", "else"]) == {"mm/odd name.c": b"int wanted;\n"}
    assert files_holding(applied, ["no such word"]) == {}


def test_parts_of_a_clone_are_taken_out_as_far_as_they_are_there(
    clone: Path, cache: Path, make_patch: MakePatch
) -> None:
    base = find_base(clone)
    applied = apply(base, [make_patch({"mm/n.c": (None, "x\n")})], name="s/v1")
    folder = part_of_base(base, applied, ("mm", "arch/none/include"))
    assert (folder / "mm/memory.c").is_file()
    assert not (folder / "Makefile").exists()
    assert not (folder / "mm/n.c").exists()
    assert list(part_of_base(base, applied, ("arch/none",)).iterdir()) == []
