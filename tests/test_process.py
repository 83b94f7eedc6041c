# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs run without a shell, without a terminal and without the user's configuration."""

import os
from pathlib import Path

import pytest

from reviewtool.errors import InputError, Unavailable
from reviewtool.process import run, sealed_env


def test_output_and_status_come_back() -> None:
    done = run(["sh", "-c", "cat; echo wrong >&2; exit 3"], stdin=b"in")
    assert (done.returncode, done.stdout, done.complaint) == (3, b"in", "wrong")


def test_a_program_that_is_not_installed_is_named() -> None:
    with pytest.raises(Unavailable, match="no-such-program is not installed"):
        run(["no-such-program"])


def test_a_program_that_never_ends_is_ended() -> None:
    with pytest.raises(InputError, match=r"longer than 0\.1 s"):
        run(["sleep", "60"], timeout=0.1)


def test_git_sees_no_configuration_of_the_user(tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Somebody\n")
    done = run(["git", "config", "--list"], env=sealed_env(tmp_path), cwd=tmp_path)
    assert b"Somebody" not in done.stdout
    assert sealed_env(tmp_path)["PATH"] == os.environ["PATH"]
