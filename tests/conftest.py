# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests share: real mail, a cache of their own, the kernel source, built kernels.

Kernels and the source they are built from come from the user's own cache: a developer builds them
once, a fresh machine builds them in the run.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from reviewtool.errors import Unavailable
from reviewtool.kernel.build import Kernel
from reviewtool.review.kernels import kernel
from reviewtool.review.session import Session, open_session, with_base
from reviewtool.tree.base import Base, find_base

ROOT = Path(__file__).resolve().parent.parent


def lacking(reason: str) -> NoReturn:
    """Skip where a developer's machine lacks something; continuous integration may lack nothing."""
    if os.environ.get("CI"):
        pytest.fail(f"continuous integration must have it: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def lore() -> Path:
    """The folder of real list mail, one mbox a revision; it lies beside the checkout."""
    folder = ROOT.parent / "shared" / "lore"
    if not folder.is_dir():
        pytest.skip(f"real list mail is not at hand: no folder {folder}")
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache and data folder for one test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("REVIEWTOOL_CACHE", str(folder))
    monkeypatch.setenv("REVIEWTOOL_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("REVIEWTOOL_STUDY", raising=False)
    return folder


@pytest.fixture(scope="session")
def base() -> Base:
    """The kernel source: ``$REVIEWTOOL_TREE``, else Debian's, downloaded once."""
    try:
        return find_base()
    except Unavailable as error:
        lacking(str(error))


@pytest.fixture(scope="session")
def session(base: Base) -> Session:
    """The embedded study on the kernel source."""
    del base  # had, so that opening it cannot fail for the want of it
    return with_base(open_session("embedded", None))


@pytest.fixture(scope="session")
def built_kernel(session: Session) -> Callable[[str], Kernel]:
    """The kernel of a revision of the embedded study, built at most once."""

    def build(revision: str) -> Kernel:
        try:
            return kernel(session, revision)
        except Unavailable as error:
            lacking(str(error))

    return build
