# SPDX-License-Identifier: GPL-2.0-or-later
"""Which commit of a clone a series fits best."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import git

from reviewtool.errors import InputError
from reviewtool.tree.objects import find_files
from reviewtool.tree.ready import Ready, commit_date
from reviewtool.tree.store import git_dir, read_object, run_git

# Reading the touched folders of one candidate costs about 3 ms.
_CANDIDATES = 96


@dataclass(frozen=True, slots=True)
class _Candidate:
    commit: str
    name: str
    date: int


def choose(
    repo: git.Repo, clone: Path, patches: Sequence[Ready], wanted: str | None
) -> tuple[str, str]:
    """The commit to start from and why: the one the mail names if the clone has it, else the
    branch or tag whose files are most often exactly those the patches were made from, else HEAD."""
    if wanted:
        found = _commit(repo, wanted)
        if found:
            return found, f"{found[:12]}, the base the mail names"
    blobs = first_blobs(patches)
    date = max((commit_date(r.patch) for r in patches), default=0)
    best: tuple[int, int, _Candidate] | None = None
    for order, candidate in enumerate(_candidates(repo, clone, date)):
        score = _score(repo, candidate.commit, blobs)
        if best is None or score > best[0]:
            best = (score, order, candidate)
        if score == len(blobs):
            break
    if best is None:
        raise InputError("has no commit", str(clone), "check out a kernel there")
    score, _, candidate = best
    note = f"{candidate.commit[:12]} ({candidate.name})"
    if wanted:
        note += f", for the clone lacks {wanted[:12]}, the base the mail names"
    return candidate.commit, f"{note}; {score} of {len(blobs)} files are as the author had them"


def first_blobs(patches: Sequence[Ready]) -> dict[str, str]:
    """For each path, the abbreviated blob id the first patch to touch it starts from."""
    blobs: dict[str, str] = {}
    seen: set[str] = set()
    for ready in patches:
        for file in ready.files if not ready.problem else ():
            if file.old is not None and file.old not in seen and len(file.old_blob) >= 7:
                blobs[file.old] = file.old_blob
            seen.update(file.paths)
    return blobs


def _commit(repo: git.Repo, name: str) -> str:
    """The full id of commit ``name`` if the store and the clone behind it have it whole."""
    if not 7 <= len(name) <= 40 or name.strip("0123456789abcdef"):
        return ""
    gitdir = Path(repo.git_dir)
    done = run_git(gitdir, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    return done.stdout.decode().strip() if done.returncode == 0 else ""


def _score(repo: git.Repo, commit: str, blobs: dict[str, str]) -> int:
    try:
        _, content = read_object(repo, commit)
        files = find_files(repo, content[5:45].decode(), blobs)
    except KeyError:
        return -1
    return sum(path in files and files[path].blob.startswith(b) for path, b in blobs.items())


def _candidates(repo: git.Repo, clone: Path, date: int) -> list[_Candidate]:
    """HEAD first, then branches and tags, nearest in time to ``date`` first."""
    gitdir = git_dir(clone)
    head = run_git(gitdir, "rev-parse", "--verify", "--quiet", "HEAD").stdout.decode().strip()
    form = "%(objectname) %(*objectname) %(committerdate:unix) %(*committerdate:unix) %(refname)"
    listed = run_git(
        gitdir, "for-each-ref", f"--format={form}", "refs/heads", "refs/remotes", "refs/tags"
    )
    candidates = {head: _Candidate(head, "HEAD", 0)} if _commit(repo, head) else {}
    refs: list[_Candidate] = []
    for line in listed.stdout.decode("utf-8", "replace").splitlines():
        own, peeled, own_date, peeled_date, ref = line.split(" ", 4)
        stamp = peeled_date or own_date
        if stamp.isdigit():
            refs.append(_Candidate(peeled or own, ref.split("/", 2)[2], int(stamp)))
    # What was there when the mail was written is likelier than what came later.
    refs.sort(key=lambda c: (c.date > date, abs(c.date - date)))
    for candidate in refs:
        if len(candidates) >= _CANDIDATES:
            break
        if candidate.commit not in candidates:
            candidates[candidate.commit] = candidate
    return list(candidates.values())
