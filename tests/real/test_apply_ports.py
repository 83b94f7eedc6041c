# SPDX-License-Identifier: GPL-2.0-or-later
"""The embedded revisions on kernels they were not written for: each patch ends as patch(1) says.

``git apply``, else ``patch -F2``, one patch after the other on what the one before it left. Only
kernels that $REVIEWTOOL_TEST_TREES names are tried; on the default one every port applies clean.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from reviewtool.archive.types import Patch
from reviewtool.lineage import study
from reviewtool.tree.apply import apply
from reviewtool.tree.base import Base, find_base
from reviewtool.tree.outcome import PatchOutcome
from reviewtool.tree.patchfile import parse

TREES = [name for name in os.environ.get("REVIEWTOOL_TEST_TREES", "").split(":") if name]
FAILED = re.compile(r"^(\d+) out of \d+ hunks? (?:FAILED|ignored)", re.MULTILINE)
Outcome = str | tuple[int, int]


@pytest.fixture(params=TREES or ["newer"])
def kernel(request: pytest.FixtureRequest) -> Base:
    if request.param not in TREES:
        pytest.skip("no newer kernel at hand: name unpacked trees in REVIEWTOOL_TEST_TREES")
    return find_base(Path(request.param))


def ours(outcome: PatchOutcome) -> Outcome:
    if outcome.state not in ("conflict", "not-applicable"):
        return outcome.state
    refused = sum(one.of if one.hunk == 0 else 1 for one in outcome.rejected)
    return refused, outcome.hunks


def theirs(folder: Path, source: Path, patches: Sequence[Patch]) -> list[Outcome]:
    """What git apply and patch(1) say, patch by patch."""
    files = {
        name for patch in patches for one in parse(_diff(patch)) for name in (one.old, one.new)
    }
    for name in filter(None, files):
        if (source / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / name, folder / name)
    _run(folder, b"", "git", "init", "-q")
    return [_theirs(folder, _diff(patch)) for patch in patches]


def _theirs(folder: Path, diff: bytes) -> Outcome:
    done = _run(folder, diff, "git", "apply", "--whitespace=nowarn", "-v", "-")
    if done.returncode == 0:
        return "offset" if "(offset" in done.stderr else "clean"
    done = _run(folder, diff, "patch", "-p1", "-N", "-F2", "--no-backup-if-mismatch", "-f")
    refused = sum(int(count) for count in FAILED.findall(done.stdout))
    return (refused, sum(max(1, len(one.hunks)) for one in parse(diff))) if refused else "fuzz"


def _diff(patch: Patch) -> bytes:
    return patch.diff.encode("utf-8", "surrogateescape")


def _run(folder: Path, diff: bytes, *argv: str) -> subprocess.CompletedProcess[str]:
    text = diff.decode()
    return subprocess.run(argv, cwd=folder, input=text, capture_output=True, text=True, check=False)


def test_every_patch_ends_as_patch_says(kernel: Base, cache: Path, tmp_path: Path) -> None:
    """Only of what is there already we think otherwise: patch puts it in a second time."""
    if shutil.which("patch") is None:
        pytest.skip("no patch(1)")
    embedded = study.embedded()
    compared = 0
    for revision in embedded.revisions:
        before = study.prerequisites_mail(embedded, revision.id)
        mail = study.revision_mail(embedded, revision.id)
        first = [patch for series in before for patch in series.patches]
        applied = apply(kernel, mail.patches, name=f"e/{revision.id}", prerequisites=first)
        folder = tmp_path / revision.id
        folder.mkdir()
        expected = theirs(folder, kernel.path, [*first, *mail.patches])
        for outcome, said in zip((*applied.others, *applied.outcomes), expected, strict=True):
            told = ours(outcome)
            where = f"{revision.id}: {outcome.role} {outcome.index}"
            if any("already" in str(one) for one in outcome.rejected):
                assert isinstance(told, tuple), where
                assert isinstance(said, str) or said[0] <= told[0], where
            else:
                assert told == said, where
            compared += 1
    assert compared > 20
