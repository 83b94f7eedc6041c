# SPDX-License-Identifier: GPL-2.0-or-later
"""A series as a job has it: a mailbox or a branch, in a study that lasts as long as the run."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from reviewtool.archive.read import read_file
from reviewtool.archive.types import Revision
from reviewtool.errors import InputError
from reviewtool.lineage import study as studies
from reviewtool.lineage.study import Study
from reviewtool.lineage.studytext import quoted

MAILBOX = "branch.mbox"
_DEEPEN = "fetch the whole history (fetch-depth: 0, GIT_DEPTH: 0, git fetch --unshallow)"


def of_branch(commits: str, repository: Path, folder: Path) -> Path:
    """The commits ``commits`` (``A..B``) as a mailbox in ``folder``, as they would be sent."""
    if commits.startswith("-"):
        raise InputError("names no commits", commits, "say --branch BASE..HEAD")
    found = _git(repository, "rev-list", "--no-merges", commits, "--").decode().split()
    if not found:
        raise InputError("no commits", commits, "name a range with commits, as BASE..HEAD")
    if {*found} & _cut_off(repository):
        raise InputError("goes beyond what this shallow clone has", commits, _DEEPEN)
    cover = [] if len(found) == 1 else ["--cover-letter"]
    mail = _git(
        repository, "format-patch", "--stdout", "--thread", "--no-signature", "--no-color",
        "--no-attach", "--no-base", "--no-ext-diff", "--src-prefix=a/", "--dst-prefix=b/",
        "--subject-prefix=PATCH", *cover, commits, "--",
        author=_author(repository, found[0]),
    )  # fmt: skip
    path = folder / MAILBOX
    path.write_bytes(_titled(mail, commits))
    return path


def _titled(mail: bytes, commits: str) -> bytes:
    """The cover letter git leaves to be written, saying what it is of."""
    title = re.sub(r"[0-9a-f]{40}", lambda found: found[0][:12], commits)
    cover, first, rest = mail.partition(b"\nFrom ")
    cover = cover.replace(b"*** SUBJECT HERE ***", f"commits {title}".encode(), 1)
    return cover.replace(b"*** BLURB HERE ***\n\n", b"", 1) + first + rest


def _author(repository: Path, commit: str) -> tuple[str, str]:
    told = _git(repository, "log", "-1", "--format=%an%x00%ae", commit, "--")
    name, _, address = told.decode("utf-8", "replace").strip().partition("\0")
    return name, address


def _git(repository: Path, *words: str, author: tuple[str, str] | None = None) -> bytes:
    # A job has no identity of its own; the cover letter is written by who wrote the branch.
    name, address = author or ("reviewtool", "reviewtool@localhost")
    who = {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": address}
    command = ["git", "-C", str(repository), *words]
    done = subprocess.run(command, capture_output=True, env={**os.environ, **who}, check=False)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["git failed"]
        remedy = "check range and repository"
        if words[0] == "rev-list" and _cut_off(repository):
            remedy = f"this clone is shallow: {_DEEPEN}"
        raise InputError(said[-1], f"git -C {repository} {words[0]}", remedy)
    return done.stdout


def _cut_off(repository: Path) -> set[str]:
    """The commits of a shallow clone that seem to have no parent: a branch must not reach them."""
    asked = ["git", "-C", str(repository), "rev-parse", "--git-path", "shallow"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    path = repository / done.stdout.strip()
    return set(path.read_text().split()) if done.returncode == 0 and path.is_file() else set()


def study_of(boxes: Sequence[Path], folder: Path, acknowledged: Study | None = None) -> Study:
    """A study of the series in ``boxes``, oldest first, written to ``folder``.

    Findings ``acknowledged`` in another study are acknowledged in it.
    """
    lines = ['name = "ci"', 'title = "what the job was given"']
    for key, reason in acknowledged.acknowledged if acknowledged else ():
        lines += ["[[acknowledged]]", f"id = {quoted(key)}", f"reason = {quoted(reason)}"]
    lines += ["[[series]]", 'id = "ci"', 'title = ""']
    used: set[str] = set()
    for box in boxes:
        for one in read_file(box):
            lines += _revision(one, box, _unused(one.id, used))
    path = folder / "ci.toml"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return studies.load(path)


def _revision(one: Revision, box: Path, name: str) -> list[str]:
    return [
        "[[series.revision]]",
        f"id = {quoted(name)}",
        f"title = {quoted(one.title)}",
        f"original = {quoted(one.root)}",
        f"mail = {quoted(str(box.resolve()))}",
    ]


def _unused(name: str, used: set[str]) -> str:
    fresh, number = name, 2
    while fresh in used:
        fresh, number = f"{name}-{number}", number + 1
    used.add(fresh)
    return fresh
