# SPDX-License-Identifier: GPL-2.0-or-later
"""A result is computed once, filed whole, and found again."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewtool import cache as results
from reviewtool.errors import InputError, Unavailable


def test_a_result_is_computed_once(cache: Path) -> None:
    calls: list[int] = []

    def compute() -> dict[str, int]:
        calls.append(1)
        return {"answer": 42}

    for _ in range(2):
        assert results.cached_json("kind", results.digest("question"), compute) == {"answer": 42}
    assert len(calls) == 1
    assert cache.is_dir()


def test_a_torn_file_counts_as_absent(cache: Path) -> None:
    key = results.digest("question")
    results.cached_json("kind", key, lambda: 1)
    (cache / "kind" / key[:2] / f"{key}.json").write_bytes(b'{"ans')
    assert results.cached_json("kind", key, lambda: 2) == 2


def test_a_failed_write_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        results.write_atomic(tmp_path / "file", b"content")
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_made_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    monkeypatch.setenv("REVIEWTOOL_CACHE", str(blocked))
    with pytest.raises(Unavailable) as raised:
        results.folder("kind")
    assert str(blocked) in str(raised.value)
    assert "REVIEWTOOL_CACHE" in str(raised.value)


@given(st.lists(st.text()), st.lists(st.text()))
def test_different_questions_have_different_keys(one: list[str], other: list[str]) -> None:
    assert (results.digest(*one) == results.digest(*other)) == (one == other)


def test_clearing_drops_the_results_and_only_a_folder_that_is_a_cache(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results.cached_json("kind", results.digest("question"), lambda: 1)
    results.clear()
    assert [entry.name for entry in cache.iterdir()] == ["CACHEDIR.TAG"]
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis").write_text("years of work")
    monkeypatch.setenv("REVIEWTOOL_CACHE", str(home))
    with pytest.raises(InputError, match="not a cache"):
        results.clear()
    assert (home / "thesis").read_text() == "years of work"
