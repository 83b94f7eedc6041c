# SPDX-License-Identifier: GPL-2.0-or-later
"""A revision's mails as commits on a base, in a private store.

No work tree, no lock in the user's clone: each patch goes through ``git apply --cached`` on a
temporary index that holds only the files the series touches, and its tree is the one before with
those files put in.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import git
import msgspec

from reviewtool import cache
from reviewtool.archive.types import Patch
from reviewtool.errors import InputError
from reviewtool.progress import SILENT, Progress, Task
from reviewtool.text import visible_line
from reviewtool.tree.attempt import ALREADY, Attempt, attempt
from reviewtool.tree.base import Base
from reviewtool.tree.objects import Files, edit_tree
from reviewtool.tree.outcome import APPLIED, Applied, PatchOutcome
from reviewtool.tree.patchfile import parse
from reviewtool.tree.ready import Ready, commit_date, commit_message, make_ready, touched
from reviewtool.tree.resolution import Resolution, resolve
from reviewtool.tree.start import Start, start_from
from reviewtool.tree.store import (
    blobs_named,
    carry,
    open_store,
    repository,
    run_git,
    scratch_index,
    set_refs,
    write_commit,
)

# Part of every cache key: raise it when the same input may give another result.
_RULES = "3"
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*$")


def apply(
    base: Base,
    patches: Sequence[Patch],
    *,
    name: str,
    overlay: Sequence[Patch] = (),
    prerequisites: Sequence[Patch] = (),
    bridge: Sequence[Patch] = (),
    resolutions: Sequence[Resolution] = (),
    wanted_base: str | None = None,
    progress: Progress = SILENT,
) -> Applied:
    """Apply prerequisites, bridge, ``patches`` and overlay, in that order, to ``base``.

    ``resolutions`` say how hunks of prerequisites and ``patches`` that do not fit read on this
    base; they are used only where a patch does not apply as mailed. ``name`` is ``study/revision``:
    refs/reviewtool/NAME will hold the result, NAME.base and NAME.tip the base and the last commit
    of all. ``wanted_base`` is the base-commit of the mail.
    A patch that does not apply is an outcome, not an error; the patches after it are still tried
    on what did fit, and get no commits. The same patches on the same files are looked up.

    Raises :class:`InputError` if the base cannot be read.
    """
    if not _NAME.match(name) or ".." in name or name.endswith((".lock", ".base", ".tip")):
        raise InputError("is no name for a revision", name, "use letters, digits, - _ . and /")
    series = (
        *make_ready(prerequisites, "prerequisite", resolutions),
        *make_ready(bridge, "bridge"),
        *make_ready(patches, "patch", resolutions),
        *make_ready(overlay, "overlay"),
    )
    store = open_store(base.path if base.kind == "git" else None)
    with repository(store) as repo:
        start = start_from(repo, base, touched(series), series, wanted_base)
        key = cache.digest(_RULES, str(store), start.commit, start.note, *_parts(series))
        found = _look_up(store, key, name)
        if found is None:
            with progress.task(f"applying {name}", len(series)) as task:
                found = _apply(repo, start, series, name, task)
            _file(key, found)
    refs = {"": found.commit, ".base": found.base_commit, ".tip": found.tip}
    set_refs(store, {f"{found.ref}{suffix}": commit for suffix, commit in refs.items()})
    return found


def _apply(repo: git.Repo, start: Start, series: Sequence[Ready], name: str, task: Task) -> Applied:
    # git refreshes the time stamp of an object it would write and finds in a borrowed store, that
    # is, in the user's clone. So patches are applied in a store that borrows from nobody.
    with repository(open_store(None)) as work:
        known = _known_blobs(repo, series)
        blobs = {entry.blob for entry in start.files.values()} | set(known.values())
        carry(repo, work, blobs)
        return _apply_on(repo, work, start, series, name, known, task)


def _apply_on(
    repo: git.Repo,
    work: git.Repo,
    start: Start,
    series: Sequence[Ready],
    name: str,
    known: dict[str, str],
    task: Task,
) -> Applied:
    files: Files = dict(start.files)
    commit, tree = start.commit, start.tree
    marks = {"start": commit, "commit": commit}
    whole = True
    outcomes: list[PatchOutcome] = []
    with scratch_index() as index:
        for number, ready in enumerate(series):
            task.update(number, ready.patch.subject)
            tried = _try(work, index, files, ready, known)
            whole = whole and tried.state in APPLIED
            if whole:
                changes = {
                    path: tried.files.get(path)
                    for path in {*files, *tried.files}
                    if files.get(path) != tried.files.get(path)
                }
                carry(work, repo, (entry.blob for entry in changes.values() if entry))
                tree = edit_tree(repo, tree, changes)
                patch = ready.patch
                commit = write_commit(
                    repo,
                    tree,
                    [commit],
                    patch.author,
                    commit_date(patch),
                    commit_message(patch),
                )
                if ready.role in ("prerequisite", "bridge"):
                    marks["start"] = commit
                if ready.role != "overlay":
                    marks["commit"] = commit
            files = tried.files
            if not whole and tried.state in APPLIED:
                # Textual success on top of a failure: what it builds on is not there.
                failed = [o for o in outcomes if o.state not in APPLIED]
                words = f"applies, though {_patches(failed)} before it did not"
                tried = replace(tried, suspicions=(words, *tried.suspicions))
            outcomes.append(_outcome(ready, tried, commit if whole else None))
    return Applied(
        name,
        start.commit,
        marks["start"],
        marks["commit"],
        commit,
        tuple(o for o in outcomes if o.role == "patch"),
        tuple(o for o in outcomes if o.role != "patch"),
        Path(repo.git_dir),
        start.note,
    )


def _try(repo: git.Repo, index: Path, files: Files, ready: Ready, known: dict[str, str]) -> Attempt:
    if ready.problem:
        return Attempt(files, "not-applicable", ready.problem)
    mailed = attempt(repo, index, files, ready.diff, ready.files, known)
    fits = mailed.state in ("clean", "offset", "three-way") or mailed.detail == ALREADY
    if not ready.resolutions or fits:
        return mailed
    notes = "; ".join(resolution.note for resolution in ready.resolutions)
    diff = resolve(ready.diff, ready.files, ready.resolutions)
    here = parse(diff)
    if not here:
        return Attempt(files, "bridged", notes, mailed.rejected)
    tried = attempt(repo, index, files, diff, here, {})
    if tried.state in ("clean", "offset"):
        # What did not fit as mailed stays on record beside the reason it does now.
        return replace(tried, state="bridged", detail=notes, rejected=mailed.rejected)
    detail = f"its recorded resolution does not fit either: {tried.detail}"
    return replace(tried, state="conflict", detail=detail)


def _outcome(ready: Ready, tried: Attempt, commit: str | None) -> PatchOutcome:
    return PatchOutcome(
        ready.patch.index,
        ready.patch.subject,
        tried.state,
        visible_line(tried.detail),
        commit,
        ready.role,
        ready.hunks,
        tried.rejected,
        tried.suspicions,
    )


def _patches(outcomes: Sequence[PatchOutcome]) -> str:
    names = [f"patch {o.index}" if o.role == "patch" else f"{o.role} {o.index}" for o in outcomes]
    return ", ".join(names)


def _known_blobs(repo: git.Repo, series: Sequence[Ready]) -> dict[str, str]:
    """Which of the blobs the patches were made from the store has, by their abbreviated ids."""
    names = sorted({f.old_blob for r in series for f in r.files if f.old_blob.strip("0")})
    return blobs_named(repo, names) if names else {}


def _parts(series: Sequence[Ready]) -> list[bytes]:
    parts = []
    for ready in series:
        patch = ready.patch
        head = f"{ready.role}\0{patch.index}\0{patch.author}\0{patch.date}\0"
        parts += [head.encode("utf-8", "surrogateescape"), commit_message(patch), ready.diff]
        parts += [repr(resolution).encode() for resolution in ready.resolutions]
    return parts


def _look_up(store: Path, key: str, name: str) -> Applied | None:
    path = cache.folder("applied") / key[:2] / f"{key}.json"
    try:
        filed = msgspec.json.decode(path.read_bytes(), type=Applied, dec_hook=_path)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    # The user's clone may have been pruned since, or the store removed.
    names = "".join(f"{commit}\n" for commit in (filed.base_commit, filed.commit, filed.tip))
    check = run_git(store, "cat-file", "--batch-check=%(objecttype)", stdin=names.encode())
    if check.stdout.split() != [b"commit"] * 3:
        return None
    return replace(filed, name=name, cached=True)


def _path(kind: type, value: object) -> object:
    return Path(str(value)) if kind is Path else value


def _file(key: str, applied: Applied) -> None:
    path = cache.folder("applied") / key[:2] / f"{key}.json"
    cache.write_atomic(path, msgspec.json.encode(applied, enc_hook=str))
