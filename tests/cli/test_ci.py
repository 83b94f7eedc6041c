# SPDX-License-Identifier: GPL-2.0-or-later
"""One line checks a mailbox or a branch, and its exit status is what a job needs."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from reviewtool.cli.main import main
from reviewtool.paths import reference_impl

PORTS = reference_impl() / "study" / "guest_memfd"


@pytest.fixture(autouse=True)
def _own_cache(warm: Path) -> None:
    """A cache and studies of its own."""


def ci(capsys: pytest.CaptureFixture[str], *words: str, status: int) -> str:
    assert main(["ci", "--quiet", *words]) == status
    printed = capsys.readouterr()
    return printed.err if status == 2 else printed.out


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits on a base; the second exports a function."""
    folder = tmp_path / "tree"
    (folder / "mm").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "mm/a.c", "int one(void)\n{\n\treturn 1;\n}\n", "mm: base")
    git(folder, "tag", "base")
    commit(folder, "mm/a.c", "int one(void)\n{\n\treturn 2;\n}\n", "mm: return two")
    text = "int one(void)\n{\n\treturn 2;\n}\nEXPORT_SYMBOL_GPL(one);\n"
    commit(folder, "mm/a.c", text, "mm: export it")
    return folder


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def commit(folder: Path, path: str, text: str, subject: str) -> None:
    (folder / path).write_text(text)
    git(folder, "add", path)
    git(folder, "commit", "-q", "-m", subject)


def test_a_branch_is_told_of_against_its_base(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--branch", "base..main", "--repository", str(repository))
    text = ci(capsys, *words, status=0)
    assert "commits base..main" in text, "and no placeholder of git's"
    assert "A wrote:" in text, "who wrote the commits, whoever runs the job"
    assert "[2/2] Export one is new." in text
    assert "> +EXPORT_SYMBOL_GPL(one);" in text


def test_how_grave_a_finding_must_be_is_for_the_job_to_say(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--branch", "base..main", "--repository", str(repository))
    ci(capsys, *words, "--fail-on", "info", status=1)
    ci(capsys, *words, "--fail-on", "warn", status=0)


def test_a_branch_is_held_against_an_earlier_one(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--branch", "base..main", "--against", "base..main~1")
    document = json.loads(ci(capsys, *words, "--repository", str(repository), "--json", status=0))
    states = {(one["b"], one["state"]) for one in document["diff"]["patches"]}
    assert (2, "added") in states


def test_two_mailboxes_are_two_revisions(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--mbox", str(PORTS / "v3.mbox"), "--against", str(PORTS / "rfc.mbox"))
    text = ci(capsys, *words, "--format", "markdown", status=0)
    assert "get\\_folio\\_noalloc" in text


def test_a_clone_of_a_forge_without_its_blobs_is_enough(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(repository, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    git(
        tmp_path,
        "clone",
        "-q",
        "--no-checkout",
        "--filter=blob:none",
        f"file://{repository}",
        "clone",
    )
    git(clone, "update-ref", "refs/remotes/origin/base", "base")
    git(clone, "checkout", "-q", "--detach", "origin/main")
    text = ci(capsys, "--branch", "origin/base..HEAD", "--repository", str(clone), status=0)
    assert "[2/2] Export one is new." in text


def test_a_shallow_clone_is_refused_where_its_end_would_be_taken_for_a_patch(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clone = tmp_path / "clone"
    address = f"file://{repository}"
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", address, "clone")
    git(clone, "fetch", "-q", "--depth=1", address, "+base:refs/remotes/origin/base")
    words = ("--repository", str(clone), "--branch")
    assert "fetch-depth: 0" in ci(capsys, *words, "origin/base..HEAD", status=2)
    assert "this clone is shallow" in ci(capsys, *words, "nosuch..HEAD", status=2)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--branch", "base..base"), "no commits"),
        (("--branch", "nosuch..main"), "nosuch"),
        (("--branch", "main"), "BASE..HEAD"),
        (("--branch", "--output=x..y"), "BASE..HEAD"),
        (("--mbox", "/nonexistent.mbox"), "/nonexistent.mbox"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_status_2(
    words: tuple[str, ...], told: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [f"{words[0]}={words[1]}"]
    (line,) = ci(capsys, *given, "--repository", str(repository), status=2).splitlines()
    assert told in line


@pytest.mark.parametrize(
    ("recipe", "given"),
    [
        ("# .github/", {"GITHUB_BASE_REF": "base"}),
        ("# .gitlab-ci.yml", {"CI_MERGE_REQUEST_DIFF_BASE_SHA": "origin/base"}),
    ],
)
def test_the_recipes_of_the_readme_run_as_they_stand(
    repository: Path, tmp_path: Path, recipe: str, given: dict[str, str]
) -> None:
    """On the detached HEAD of a merge, as a forge's runner leaves the branch."""
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    (block,) = (part for part in readme.split("```yaml\n")[1:] if part.startswith(recipe))
    (line,) = re.findall(r"- (?:run: )?(reviewtool ci .*)", block.partition("```")[0])
    git(repository, "checkout", "-q", "--detach", "base")
    git(repository, "merge", "-q", "--no-ff", "-m", "Merge it", "main")
    git(repository, "update-ref", "refs/remotes/origin/base", "base")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    home = {"HOME": str(tmp_path / "home"), "PATH": path}
    done = subprocess.run(
        ["sh", "-c", line], cwd=repository, env={**home, **given}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "[2/2] Export one is new." in done.stdout
