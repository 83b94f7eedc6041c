# SPDX-License-Identifier: GPL-2.0-or-later
"""Which revision answers the remarks on which."""

from pathlib import Path

from reviewtool.lineage.study import parse
from reviewtool.lineage.succession import successors


def study(*revisions: tuple[str, str, str, str]) -> dict[str, str | None]:
    """Revisions as (series, id, date, the posting its evidence names)."""
    text = 'name = "s"\n'
    for series in dict.fromkeys(one[0] for one in revisions):
        text += f'[[series]]\nid = "{series}"\n'
        for _, name, date, earlier in (one for one in revisions if one[0] == series):
            text += f'[[series.revision]]\nid = "{name}"\ndate = {date}\noriginal = "{name}@x"\n'
            text += f'evidence = ["{earlier}: same subject"]\n' if earlier else ""
    return successors(parse(text, Path("s.toml")))


def test_the_next_of_the_same_series_whatever_was_posted_between() -> None:
    found = study(
        ("mm", "mm-v1", "2025-01-01", ""),
        ("kvm", "kvm-v1", "2025-01-02", ""),
        ("mm", "mm-v2", "2025-01-03", "mm-v1@x"),
        ("kvm", "kvm-v2", "2025-01-04", "kvm-v1@x"),
    )
    assert found == {"mm-v1": "mm-v2", "kvm-v1": "kvm-v2", "mm-v2": None, "kvm-v2": None}


def test_a_series_that_carries_the_work_on_answers_the_last_of_the_one_before() -> None:
    found = study(
        ("ada", "ada-v1", "2025-01-01", ""),
        ("bob", "bob-v2", "2025-01-05", "ada-v1@x"),
        ("eve", "other", "2025-01-03", ""),
    )
    assert found == {"ada-v1": "bob-v2", "bob-v2": None, "other": None}


def test_a_study_without_evidence_is_one_work() -> None:
    found = study(("a", "rfc", "2025-01-01", ""), ("b", "v3", "2025-01-02", ""))
    assert found == {"rfc": "v3", "v3": None}
