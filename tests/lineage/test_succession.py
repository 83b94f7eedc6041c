# SPDX-License-Identifier: GPL-2.0-or-later
"""Which revision answers the remarks on which, and which is compared with which."""

from pathlib import Path

from reviewtool.lineage.fetch import fetch_files
from reviewtool.lineage.study import Study, embedded, parse
from reviewtool.lineage.succession import lineages, predecessors, successors
from reviewtool.review.difference import BASE, neighbours


def written(*revisions: tuple[str, str, str, str]) -> Study:
    """Revisions as (series, id, date, the posting its evidence names)."""
    text = 'name = "s"\n'
    for series in dict.fromkeys(one[0] for one in revisions):
        text += f'[[series]]\nid = "{series}"\n'
        for _, name, date, earlier in (one for one in revisions if one[0] == series):
            text += f'[[series.revision]]\nid = "{name}"\ndate = {date}\noriginal = "{name}@x"\n'
            text += f'evidence = ["{earlier}: same subject"]\n' if earlier else ""
    return parse(text, Path("s.toml"))


def study(*revisions: tuple[str, str, str, str]) -> dict[str, str | None]:
    return successors(written(*revisions))


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


def test_unrelated_series_are_no_neighbours() -> None:
    found = written(
        ("mm", "mm-v1", "2025-01-01", ""),
        ("mm", "mm-v2", "2025-01-03", "mm-v1@x"),
        ("kvm", "kvm-v1", "2025-01-02", ""),
    )
    assert lineages(found) == (("mm-v1", "mm-v2"), ("kvm-v1",))
    assert neighbours(found) == (("mm-v1", "mm-v2"), (BASE, "kvm-v1"))


def test_proposals_carry_on_what_they_name_not_each_other() -> None:
    found = written(
        ("mm", "v3", "2025-01-01", ""),
        ("ideas", "one", "2025-01-02", "v3@x"),
        ("ideas", "other", "2025-01-03", "v3@x"),
        ("mm-2026", "v4", "2025-01-04", "v3@x"),
    )
    assert predecessors(found) == {"v3": None, "one": "v3", "other": "v3", "v4": "v3"}


def test_the_embedded_study_is_the_userfaultfd_work_and_kvm_userfault_beside_it() -> None:
    (uffd, exits) = lineages(embedded())
    assert uffd == ("rfc", "v3-april", "v3", "minor-all", "missing-nocopy", "v2-2026")
    assert exits == ("kvm-userfault", "kvm-userfault-acquire")
    assert ("v3", "v2-2026") in neighbours(embedded())


def test_thirteen_postings_are_one_lineage_across_authors_and_the_write_series(
    lore: Path, cache: Path
) -> None:
    found = fetch_files(sorted(map(str, lore.glob("*.mbox"))), "all")
    write, uffd = lineages(found)
    assert [len(write), len(uffd)] == [6, 7]
    assert ("uffd-v3", "rppt-rfc") in neighbours(found)
    assert not any((a in write) != (b in write) for a, b in neighbours(found))
