# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests share: real mail, a cache of their own, the kernel source, built kernels."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


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
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("REVIEWTOOL_STUDY", raising=False)
    return folder
