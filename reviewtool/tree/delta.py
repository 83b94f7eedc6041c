# SPDX-License-Identifier: GPL-2.0-or-later
"""What a revision's commits change in the base, as files."""

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reviewtool import cache
from reviewtool.errors import InputError
from reviewtool.progress import SILENT, Progress
from reviewtool.tree.base import Base
from reviewtool.tree.objects import Entry, differing, find_files
from reviewtool.tree.outcome import Applied, require_complete
from reviewtool.tree.store import (
    ReadObject,
    git_env,
    read_object,
    reading,
    repository,
    run_git,
)
from reviewtool.tree.unpack import atomic_folder, require_space


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file as the commits leave it: ``mode`` is 0o100644 or 0o100755; ``content`` is None for a
    file that is removed (its ``mode`` is then 0)."""

    path: str
    mode: int
    content: bytes | None


def delta(
    applied: Applied, *, since: str | None = None, to: str | None = None
) -> tuple[FileChange, ...]:
    """Every file that differs between ``since`` (default: the base) and ``to`` (default: the last
    commit, overlay included), sorted by path.

    Raises :class:`InputError` if a patch did not apply.
    """
    require_complete(applied)
    return changes_between(applied.store, since or applied.base_commit, to or applied.tip)


def changes_between(store: Path, before: str, after: str) -> tuple[FileChange, ...]:
    """Every file that differs between two commits of a store, sorted by path; no renames."""
    with _whole(store) as read:
        return tuple(
            FileChange(path, 0, None)
            if entry is None
            else FileChange(path, entry.mode, read(entry.blob)[1])
            for path, entry in _differing(read, before, after)
        )


def touched_paths(applied: Applied) -> tuple[str, ...]:
    """The files the revision's own patches change (no prerequisites, no overlay)."""
    store = applied.store
    with _whole(store) as read:
        return tuple(path for path, _ in _differing(read, applied.start, applied.commit))


@contextmanager
def _whole(store: Path) -> Iterator[ReadObject]:
    """:func:`reading` where an object that is absent or damaged is told of."""
    try:
        with reading(store) as read:
            yield read
    except KeyError as error:
        raise InputError(f"lacks object {error}", str(store), "remove it and try again") from error


def _differing(read: ReadObject, before: str, after: str) -> list[tuple[str, Entry | None]]:
    trees = [read(commit)[1][5:45].decode() for commit in (before, after)]
    found = [(path, entry) for path, _, entry in differing(read, *trees)]
    return sorted(found, key=lambda one: one[0])


def source_file(applied: Applied, path: str, *, at: str | None = None) -> bytes:
    """The bytes of ``path`` at commit ``at`` (default: the revision's last, without the overlay).

    On a base that is a plain folder only the files some patch touches are in the store; use
    :func:`read_source` for any file. Raises KeyError if it is not there.
    """
    with repository(applied.store) as repo:
        _, content = read_object(repo, at or applied.commit)
        files = find_files(repo, content[5:45].decode(), [path])
        return read_object(repo, files[path].blob)[1]


def files_at(applied: Applied, paths: Iterable[str], commit: str) -> dict[str, bytes | None]:
    """The bytes of each of ``paths`` at ``commit`` of the store, None for a file not there."""
    wanted = list(paths)
    with repository(applied.store) as repo:
        _, content = read_object(repo, commit)
        found = find_files(repo, content[5:45].decode(), wanted)
        return {
            path: read_object(repo, found[path].blob)[1] if path in found else None
            for path in wanted
        }


def read_source(base: Base, applied: Applied, path: str) -> bytes:
    """The bytes of any file of the revision's tree, touched or not. Raises KeyError if absent."""
    try:
        return source_file(applied, path)
    except KeyError:
        removed = path in touched_paths(applied)
        place = base.path / path
        inside = place.resolve().is_relative_to(base.path.resolve())
        if removed or base.kind == "git" or not inside or not place.is_file():
            raise
        return place.read_bytes()


def base_folder(base: Base, applied: Applied, progress: Progress = SILENT) -> Path:
    """A folder with the whole base as files, to build from: the base itself, or an export of the
    base commit from the user's clone, made once. Never write into it."""
    if base.kind == "directory":
        return base.path
    target = cache.folder("exports") / applied.base_commit
    if not target.is_dir():
        require_space(target.parent, 2_000_000_000, "an export of the base")
        with (
            atomic_folder(target) as fresh,
            progress.task(f"exporting {applied.base_commit[:12]}"),
        ):
            _export(applied, fresh)
    return target


def part_of_base(base: Base, applied: Applied, parts: tuple[str, ...]) -> Path:
    """A folder with ``parts`` (folders) of the base in it, as far as the base has them; never write
    into it."""
    if base.kind == "directory":
        return base.path
    target = cache.folder("exports") / f"{applied.base_commit}-{cache.digest(*parts)[:12]}"
    if not target.is_dir():
        with atomic_folder(target) as fresh:
            listed = run_git(applied.store, "ls-tree", "--name-only", applied.base_commit, *parts)
            present = tuple(part for part in parts if part in listed.stdout.decode().split("\n"))
            if present:
                _export(applied, fresh, present)
    return target


def files_holding(applied: Applied, words: Iterable[str]) -> dict[str, bytes]:
    """The C files of the base commit that have one of ``words``; for a base that is a clone."""
    wanted = [option for word in words for option in ("-e", word)]
    argv = ["grep", "-l", "-z", "-F", *wanted, applied.base_commit, "--", "*.c", "*.h"]
    listed = run_git(applied.store, *argv)
    if listed.returncode > 1:
        raise InputError(f"git grep: {listed.complaint}", str(applied.store), "apply it again")
    cut = len(applied.base_commit) + 1
    names = [name[cut:] for name in listed.stdout.decode("utf-8", "surrogateescape").split("\0")]
    held = files_at(applied, [name for name in names if name], applied.base_commit)
    return {path: content for path, content in held.items() if content is not None}


def _export(applied: Applied, folder: Path, parts: tuple[str, ...] = ()) -> None:
    argv = ["git", f"--git-dir={applied.store}", "archive", "--format=tar", applied.base_commit]
    argv += parts
    with subprocess.Popen(
        argv,
        env=git_env(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as archive:
        tar = subprocess.run(
            ["tar", "-x", "--no-same-owner", "-C", str(folder)],
            stdin=archive.stdout,
            capture_output=True,
            check=False,
        )
        assert archive.stderr is not None  # noqa: S101 - a pipe
        words = archive.stderr.read().decode("utf-8", "replace").strip()
    if archive.returncode or tar.returncode:
        complaint = words or tar.stderr.decode("utf-8", "replace").strip()
        raise InputError(
            f"cannot be exported: {complaint.splitlines()[-1] if complaint else 'tar failed'}",
            f"commit {applied.base_commit[:12]}",
            "check that the clone is complete (git fsck) and the disk is not full",
        )
