# SPDX-License-Identifier: GPL-2.0-or-later
"""Running other programs: no shell, no terminal, and nothing of the user's configuration."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewtool.errors import InputError, Unavailable


@dataclass(frozen=True, slots=True)
class Completed:
    """What a program left behind."""

    argv: tuple[str, ...]
    returncode: int
    stdout: bytes
    stderr: bytes

    @property
    def complaint(self) -> str:
        """The last line of standard error, where programs say what was wrong."""
        lines = self.stderr.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"exit status {self.returncode}"


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    timeout: float | None = None,
) -> Completed:
    """Run ``argv`` to its end with ``stdin`` on standard input.

    Raises :class:`Unavailable` if the program is not installed, :class:`InputError` if it takes
    longer than ``timeout`` seconds. The exit status is the caller's to judge.
    """
    words = tuple(str(word) for word in argv)
    try:
        done = subprocess.run(
            words, cwd=cwd, env=env, input=stdin, capture_output=True, timeout=timeout, check=False
        )
    except FileNotFoundError as error:
        raise Unavailable(f"{words[0]} is not installed", "", f"install {words[0]}") from error
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{words[0]} took longer than {timeout:g} s", " ".join(words)) from error
    return Completed(words, done.returncode, done.stdout, done.stderr)


def sealed_env(home: Path) -> dict[str, str]:
    """An environment in which git and b4 see ``home`` and no configuration of the user's."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "reviewtool",
        "GIT_AUTHOR_EMAIL": "reviewtool@localhost",
        "GIT_COMMITTER_NAME": "reviewtool",
        "GIT_COMMITTER_EMAIL": "reviewtool@localhost",
        "GIT_COMMITTER_DATE": "2000-01-01T00:00:00Z",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
