# SPDX-License-Identifier: GPL-2.0-or-later
"""Trees edited in memory are the trees git writes."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import git as gitpython
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewtool.tree.objects import (
    Entry,
    Files,
    differing,
    edit_tree,
    find_files,
    read_index,
    read_tree,
    write_index,
)
from reviewtool.tree.store import (
    blobs_named,
    open_store,
    read_object,
    reading,
    repository,
    run_git,
    write_commit,
    write_object,
)

Git = Callable[..., str]

# "a-b" sorts before "a/" and "a.c" between them: the order of names is git's own trap.
PART = st.sampled_from(["a", "a-b", "a.c", "a0", "b", "Z", "é"])
PATHS = st.lists(PART, min_size=1, max_size=4).map("/".join)


def free_of_clashes(paths: set[str]) -> bool:
    return not any(one != other and other.startswith(one + "/") for one in paths for other in paths)


FILE_SETS = st.sets(PATHS, max_size=12).filter(free_of_clashes)


@pytest.fixture
def repo(cache: Path) -> Iterator[gitpython.Repo]:
    with repository(open_store(None)) as opened:
        yield opened


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=FILE_SETS, after=FILE_SETS)
def test_an_edited_tree_is_the_tree_git_writes_from_an_index(
    repo: gitpython.Repo, tmp_path: Path, before: set[str], after: set[str]
) -> None:
    def files(paths: set[str], salt: bytes) -> Files:
        return {
            path: Entry(0o100644, write_object(repo, "blob", salt + path.encode()))
            for path in paths
        }

    old, new = files(before, b"1"), files(after, b"2")
    first = edit_tree(repo, None, old)
    tree = edit_tree(repo, first, {**dict.fromkeys(old), **new})
    index = tmp_path / "index"
    write_index(index, new)
    store = Path(repo.git_dir)
    expected = run_git(store, "write-tree", GIT_INDEX_FILE=str(index)).stdout.decode().strip()
    assert tree == expected
    assert find_files(repo, tree, before | after) == new
    changed = {
        path: (one, two) for path, one, two in differing(partial(read_object, repo), first, tree)
    }
    assert changed == {path: (old.get(path), new.get(path)) for path in before | after}


def test_an_index_reads_back_as_it_was_written(repo: gitpython.Repo, tmp_path: Path) -> None:
    blob = write_object(repo, "blob", b"x\n")
    files = {"b/c": Entry(0o100755, blob), "a": Entry(0o100644, blob)}
    write_index(tmp_path / "index", files)
    assert read_index(tmp_path / "index") == (files, ())


def test_objects_have_the_ids_git_gives_them(repo: gitpython.Repo) -> None:
    store = Path(repo.git_dir)
    content = b"int x;\n" * 1000
    expected = run_git(store, "hash-object", "--stdin", stdin=content).stdout.decode().strip()
    assert write_object(repo, "blob", content) == expected
    assert run_git(store, "cat-file", "blob", expected).stdout == content


def test_objects_are_found_and_read_wherever_they_lie(repo: gitpython.Repo) -> None:
    store = Path(repo.git_dir)
    blob = write_object(repo, "blob", b"x\n")
    tree = edit_tree(repo, None, {"a": Entry(0o100644, blob)})
    asked = {blob[:12], blob, tree[:12], "0123456789"}
    loose = blobs_named(repo, asked)
    assert loose == {blob[:12]: blob, blob: blob}
    packs = str(store / "objects/pack/pack")
    assert run_git(store, "pack-objects", packs, stdin=f"{blob}\n{tree}\n".encode()).returncode == 0
    run_git(store, "prune-packed")
    assert not (store / "objects" / blob[:2] / blob[2:]).exists()
    assert blobs_named(repo, asked) == loose
    with reading(store) as read:
        assert read(blob) == ("blob", b"x\n")
        with pytest.raises(KeyError):
            read("1" * 40)


def test_an_object_that_is_damaged_is_absent(repo: gitpython.Repo) -> None:
    blob = write_object(repo, "blob", b"x\n")
    path = Path(repo.git_dir) / "objects" / blob[:2] / blob[2:]
    path.write_bytes(path.read_bytes()[:8])
    with pytest.raises(KeyError):
        read_object(repo, blob)


def test_a_missing_tree_is_a_key_error(repo: gitpython.Repo) -> None:
    with pytest.raises(KeyError):
        read_tree(repo, "1" * 40)


@pytest.mark.parametrize(
    "author",
    ["Ünï Cödé <u@example.org>", "broken\nname <a@example.org>", "", "<>", "no address at all"],
)
def test_commits_are_well_formed_whatever_the_author_is_called(
    repo: gitpython.Repo, author: str
) -> None:
    tree = edit_tree(repo, None, {"a": Entry(0o100644, write_object(repo, "blob", b""))})
    commit = write_commit(repo, tree, [], author, 1741008611, b"subject\n\nlatin \xe9\n")
    checked = run_git(Path(repo.git_dir), "fsck", "--strict", "--no-dangling", commit)
    assert checked.returncode == 0, checked.stderr.decode() + checked.stdout.decode()
    shown = run_git(Path(repo.git_dir), "log", "-1", "--format=%B%ad", "--date=iso-strict", commit)
    assert "latin é" in shown.stdout.decode()
    assert "2025-03-03T13:30:11+00:00" in shown.stdout.decode()
