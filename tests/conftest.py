# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests share: real mail, a cache of their own, the kernel source, built kernels.

Kernels and the source they are built from come from the user's own cache: a developer builds them
once, a fresh machine builds them in the run.
"""

import os
from collections.abc import Callable, Iterator
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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Among several processes, begin with what takes long: a file is run by one process whole, and
    at the end short ones are wanted, so that none is alone at work."""
    if hasattr(config, "workerinput"):
        long = [ROOT / "tests" / name for name in ("real", "behaviour", "tui")]
        items.sort(key=lambda item: not any(item.path.is_relative_to(each) for each in long))


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
    return keep_in(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def worked_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What b4 makes of a posting and what a model fails, worked out once in a run of the tests,
    whoever asks and in whichever of pytest-xdist's processes: both are filed by content."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "worked-out"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def warm(tmp_path: Path, worked_out: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache for one test, empty but for what was worked out in this run; a data folder."""
    return keep_in(tmp_path, monkeypatch, worked_out)


@pytest.fixture(scope="module")
def warm_module(tmp_path_factory: pytest.TempPathFactory, worked_out: Path) -> Iterator[Path]:
    """The same for all tests of a module together."""
    with pytest.MonkeyPatch.context() as patch:
        yield keep_in(tmp_path_factory.mktemp("own"), patch, worked_out)


def keep_in(folder: Path, patch: pytest.MonkeyPatch, worked_out: Path | None = None) -> Path:
    """Have mail and results kept below ``folder``; the cache folder there."""
    cache = folder / "cache"
    patch.setenv("REVIEWTOOL_CACHE", str(cache))
    patch.setenv("REVIEWTOOL_DATA", str(folder / "data"))
    patch.delenv("REVIEWTOOL_STUDY", raising=False)
    if worked_out is not None:
        cache.mkdir()
        for kind in ("am", "revisions", "failures"):
            (worked_out / kind).mkdir(exist_ok=True)
            (cache / kind).symlink_to(worked_out / kind)
    return cache


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
