# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel small enough to make in a test, as a folder and as a clone, and patches against it."""

import difflib
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reviewtool.archive.types import Patch

SOURCES = {
    "Makefile": "# SPDX-License-Identifier: GPL-2.0\nVERSION = 6\nPATCHLEVEL = 12\n"
    "SUBLEVEL = 9\nEXTRAVERSION =\nNAME = Test\n",
    "Kbuild": "obj-y += kernel/\n",
    "MAINTAINERS": "KVM\n",
    "include/linux/kernel.h": "#define KERNEL 1\n",
    "kernel/fork.c": "int fork(void)\n{\n\treturn 0;\n}\n",
    "mm/memory.c": "".join(
        f"int fault_{n}(int a)\n{{\n\treturn a + {n};\n}}\n\n" for n in range(40)
    ),
    "virt/kvm/guest_memfd.c": "".join(f"line {n}\n" for n in range(1, 61)),
    "scripts/run.sh": "#!/bin/sh\nexit 0\n",
}

GIT_ENV = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "C",
    "GIT_COMMITTER_EMAIL": "c@example.org",
    "GIT_AUTHOR_DATE": "2025-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2025-01-01T00:00:00Z",
    "LC_ALL": "C.UTF-8",
}

Git = Callable[..., str]
MakePatch = Callable[..., Patch]


@pytest.fixture
def git() -> Git:
    """Run git in a folder and return what it printed; fails the test if git fails."""

    def run(folder: Path, *words: str, stdin: bytes = b"", **env: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            env=GIT_ENV | env,
            input=stdin,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    return run


def write_sources(folder: Path, sources: Mapping[str, str]) -> None:
    for name, text in sources.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def sources() -> dict[str, str]:
    """The small kernel's files, to edit."""
    return dict(SOURCES)


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    """A folder that passes for an unpacked Linux 6.12.9."""
    folder = tmp_path / "linux"
    write_sources(folder, SOURCES)
    (folder / "scripts/run.sh").chmod(0o755)
    return folder


@pytest.fixture
def clone(kernel: Path, git: Git) -> Path:
    """The same folder as a git clone with one commit, tagged v6.12."""
    git(kernel, "init", "-q", "-b", "master")
    git(kernel, "add", "-A")
    git(kernel, "commit", "-q", "-m", "Linux 6.12.9")
    git(kernel, "tag", "v6.12")
    return kernel


@pytest.fixture
def make_patch() -> MakePatch:
    """Build a patch from the texts before and after of each file (None: no such file)."""

    def make(
        files: Mapping[str, tuple[str | None, str | None]],
        *,
        index: int = 1,
        total: int = 1,
        subject: str = "mm: change a thing",
        message: str = "Because.\n\nSigned-off-by: A <a@example.org>",
        blobs: bool = False,
    ) -> Patch:
        return wrap(
            "".join(diff_of(p, *texts, blobs) for p, texts in files.items()),
            index=index,
            total=total,
            subject=subject,
            message=message,
        )

    return make


@pytest.fixture
def wrap_diff() -> MakePatch:
    """Build a patch around the text of a diff."""
    return wrap


def wrap(
    diff: str,
    *,
    index: int = 1,
    total: int = 1,
    subject: str = "mm: change a thing",
    message: str = "Because.\n\nSigned-off-by: A <a@example.org>",
    author: str = "A Uthor <a@example.org>",
    date: str = "2025-03-03T13:30:11Z",
) -> Patch:
    return Patch(
        index, total, subject, f"{index}@example.org", author, date, message, diff, (), b""
    )


def diff_of(path: str, before: str | None, after: str | None, blobs: bool) -> str:
    """What ``git diff`` prints for one file."""
    head = f"diff --git a/{path} b/{path}\n"
    if before is None:
        head += "new file mode 100644\n"
    if after is None:
        head += "deleted file mode 100644\n"
    if blobs:
        head += f"index {blob_id(before)[:12]}..{blob_id(after)[:12]}"
        head += " 100644\n" if before is not None and after is not None else "\n"
    old = (before or "").splitlines(keepends=True)
    new = (after or "").splitlines(keepends=True)
    names = (
        f"a/{path}" if before is not None else "/dev/null",
        f"b/{path}" if after is not None else "/dev/null",
    )
    return head + "".join(difflib.unified_diff(old, new, *names))


def blob_id(text: str | None) -> str:
    if text is None:
        return "0" * 40
    done = subprocess.run(
        ["git", "hash-object", "--stdin"], input=text.encode(), capture_output=True, check=True
    )
    return done.stdout.decode().strip()
