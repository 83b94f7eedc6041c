# SPDX-License-Identifier: GPL-2.0-or-later
"""The commit a revision starts from: a sparse import of a folder, or a commit of a clone."""

import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import git

from reviewtool.errors import InputError
from reviewtool.tree.base import Base
from reviewtool.tree.nearest import choose
from reviewtool.tree.objects import Entry, Files, edit_tree, find_files
from reviewtool.tree.ready import NO_DATE, Ready
from reviewtool.tree.store import read_object, write_commit, write_object


@dataclass(frozen=True, slots=True)
class Start:
    """A base commit, its tree, the files of it the patches touch, and why it was chosen."""

    commit: str
    tree: str
    files: Files
    note: str


def start_from(
    repo: git.Repo,
    base: Base,
    paths: Sequence[str],
    patches: Sequence[Ready],
    wanted: str | None,
) -> Start:
    """The starting point for ``patches``, which touch ``paths``; ``wanted`` is the base mailed."""
    if base.kind == "directory":
        start = _import(repo, base, paths)
        if wanted:
            note = f"{start.note}; the mail names {wanted[:12]}, which a plain folder cannot have"
            return Start(start.commit, start.tree, start.files, note)
        return start
    commit, note = choose(repo, base.path, patches, wanted)
    _, content = read_object(repo, commit)
    tree = content[5:45].decode()
    try:
        files = find_files(repo, tree, paths)
        for entry in files.values():
            repo.odb.info(bytes.fromhex(entry.blob))
    except (KeyError, ValueError, git.BadName, git.BadObject) as error:
        raise InputError(
            f"lacks objects of commit {commit[:12]} (a partial clone?)",
            str(base.path),
            f"run git -C {base.path} fetch --refetch --no-filter, or check that commit out there",
        ) from error
    return Start(commit, tree, files, note)


def _import(repo: git.Repo, base: Base, paths: Sequence[str]) -> Start:
    """Only what is touched becomes objects: a whole import takes a minute and 325 MB."""
    files: Files = {}
    root = base.path.resolve()
    for path in dict.fromkeys(("Makefile", *paths)):
        entry = _import_file(repo, root, path)
        if entry is not None:
            files[path] = entry
    tree = edit_tree(repo, None, files)
    message = (
        f"Linux {base.version}\n\nOnly the files that the patches on top touch; "
        "the rest of the tree was not imported.\n"
    )
    author = "reviewtool <reviewtool@reviewtool.invalid>"
    commit = write_commit(repo, tree, [], author, NO_DATE, message.encode())
    return Start(commit, tree, files, base.describe)


def _import_file(repo: git.Repo, root: Path, path: str) -> Entry | None:
    place = root / path
    try:
        state = place.lstat()
        # A link anywhere on the way could lead out of the tree.
        if not stat.S_ISREG(state.st_mode) or place.parent.resolve() != place.parent:
            return None
        content = place.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InputError(error.strerror or str(error), str(place), "make it readable") from error
    mode = 0o100755 if state.st_mode & 0o100 else 0o100644
    return Entry(mode, write_object(repo, "blob", content))
