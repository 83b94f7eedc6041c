# SPDX-License-Identifier: GPL-2.0-or-later
"""One line checks a mailbox or a branch, and its exit status is what a job needs."""

import json
import subprocess
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
