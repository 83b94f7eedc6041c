# SPDX-License-Identifier: GPL-2.0-or-later
"""What this machine has is tried, not only looked for."""

from pathlib import Path

import pytest

from reviewtool.kernel.probe import Check, checks


def disk(folder: Path) -> Check:
    (found,) = [one for one in checks(folder) if one.name == "disk"]
    return found


def test_a_cache_that_can_be_written_to_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    assert "cannot be written to" not in disk(tmp_path).detail
    assert "cannot be written to" not in disk(tmp_path / "made" / "later").detail
    assert [*tmp_path.rglob("*")] == [tmp_path / "kernel"]


@pytest.mark.parametrize("place", ["/proc/self", "/proc/reviewtool"])
def test_a_cache_that_nobody_can_write_to_is_missing(place: str) -> None:
    found = disk(Path(place))
    assert not found.ok
    assert "/proc" in found.detail
    assert "cannot be written to" in found.detail
    assert "REVIEWTOOL_CACHE" in found.remedy


def test_a_cache_that_is_a_file_or_below_one_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file / "cache", file):
        found = disk(folder)
        assert not found.ok
        assert f"{file} cannot be written to" in found.detail


def test_a_folder_of_the_cache_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "kernel").symlink_to("/proc/self")
    found = disk(tmp_path)
    assert not found.ok
    assert f"{tmp_path / 'kernel'} cannot be written to" in found.detail
