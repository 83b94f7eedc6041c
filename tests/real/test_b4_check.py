# SPDX-License-Identifier: GPL-2.0-or-later
"""b4's own check runner shows our results, each on the patch that causes it."""

import email
import email.policy
import json
import mailbox
import re
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from reviewtool.lineage.fetch import fetch_files
from reviewtool.review.b4check import find_revision, patch_checks, read_mail
from reviewtool.review.session import Session, open_session

SERIES = {
    "uffd": ("kalyazin-uffd-rfc", "kalyazin-uffd-v2", "kalyazin-uffd-v3"),
    "write": ("kalyazin-write-rfcv2", *(f"kalyazin-write-v{number}" for number in range(3, 8))),
    "november": ("rppt-rfc", "rppt-v1", "rppt-v2", "rppt-v3"),
}
ALL = [name for names in SERIES.values() for name in names]

# (series, patch, tool, words of the finding), each read up in the patch itself.
PINNED = [
    ("kalyazin-uffd-rfc", 3, "rt-interface", "names kvm_gmem_vma_is_gmem"),
    ("kalyazin-uffd-rfc", 4, "rt-behaviour", "does not hold: the kernel survives"),
    ("kalyazin-uffd-rfc", 4, "rt-behaviour", "no uninitialised memory is seen"),
    ("kalyazin-uffd-rfc", 4, "rt-behaviour", "a missing event is resolved by COPY"),
    # Patch 2 lets the lost write wait and its fault only shows the loss: 4 maps the unfilled page.
    ("kalyazin-uffd-rfc", 4, "rt-behaviour", "stage-2 and user mappings agree"),
    ("kalyazin-uffd-v2", 1, "rt-interface", "FAULT_FLAG_NO_USERFAULT_MINOR is new"),
    ("kalyazin-uffd-v2", 3, "rt-behaviour", "registration of MINOR: EINVAL in rfc, ok in v2"),
    ("kalyazin-uffd-v2", 4, "rt-behaviour", "no missing event any more on a page absent"),
    ("kalyazin-uffd-v3", 1, "rt-interface", "FAULT_FLAG_USERFAULT_CONTINUE"),
    ("kalyazin-uffd-v3", 2, "rt-interface", "can_userfault is new"),
    ("kalyazin-uffd-v3", 3, "rt-behaviour", "registration of MISSING: ok in v2, EINVAL in v3"),
    ("kalyazin-uffd-v3", 4, "rt-changelog", "the changelog does not say so"),
    ("kalyazin-uffd-v3", 5, "rt-interface", "UFFD_FEATURE_MINOR_GUEST_MEMFD is new"),
    ("kalyazin-write-rfcv2", 1, "rt-interface", "kvm_gmem_fops.write"),
    ("kalyazin-write-v3", 1, "rt-interface", "kvm_gmem_fops.write [CONFIG_KVM_GMEM_SHARED_MEM]"),
    ("kalyazin-write-v4", 1, "rt-interface", "kvm_gmem_fops.write_iter is new"),
    ("kalyazin-write-v4", 1, "rt-interface", "kvm_gmem_aops.write_begin is new"),
    ("kalyazin-write-v4", 2, "rt-changelog", "the changelog does not say so"),
    ("kalyazin-write-v6", 1, "rt-behaviour", "write() to a mapped page: ENOSPC in v5, ok in v6"),
    ("kalyazin-write-v7", 1, "rt-interface", "GUEST_MEMFD_FLAG_WRITE is new"),
    ("kalyazin-write-v7", 1, "rt-behaviour", "zeros in v6, what was written in v7"),
    ("rppt-rfc", 2, "rt-interface", "vm_operations_struct::get_pagecache_folio"),
    ("rppt-rfc", 3, "rt-interface", "UFFD_FEATURE_MINOR_GENERIC is new"),
    ("rppt-rfc", 3, "rt-interface", "export handle_userfault is new"),
    ("rppt-v1", 2, "rt-interface", "is now get_shared_folio [CONFIG_USERFAULTFD], retyped"),
    ("rppt-v1", 3, "rt-interface", "VM_FAULT_UFFD_MINOR is new"),
    ("rppt-v2", 2, "rt-interface", "get_shared_folio is now get_folio"),
    ("rppt-v2", 3, "rt-interface", "VM_FAULT_UFFD_MINOR: revalued"),
    ("rppt-v3", 2, "rt-interface", "get_folio is now get_folio_noalloc"),
    ("rppt-v3", 4, "rt-behaviour", "no minor event any more on a page absent"),
    ("rppt-v3", 4, "rt-behaviour", "CONTINUE on an absent page: ok in v2, EFAULT in v3"),
    ("rppt-v3", 5, "rt-changelog", "the changelog does not say so"),
]


@pytest.fixture(scope="module", autouse=True)
def _fetched(lore: Path, warm_module: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("B4_TRACKING_FILE", raising=False)
        for study, names in SERIES.items():
            fetch_files([str(lore / f"{name}.mbox") for name in names], study)
        yield


def mails(lore: Path, name: str) -> dict[int, bytes]:
    """The cover letter and the patches of a series by number, as they are in the mailbox."""
    found: dict[int, bytes] = {}
    for raw in mailbox.mbox(lore / f"{name}.mbox"):
        subject = " ".join(str(raw["Subject"]).split())
        numbered = re.match(r"\[[^]]*\b0*(\d+)/\d+\]", subject)
        if numbered and not subject.lower().startswith("re:"):
            found.setdefault(int(numbered[1]), raw.as_bytes())
    return found


def checked(raw: bytes) -> dict[str, dict[str, str]]:
    """The results for one patch by tool, as b4 would file them."""
    asking = read_mail(raw, None)
    found = find_revision(asking, None)
    assert found is not None
    study, revision = found
    results = patch_checks(open_session(str(study.path), None), revision.id, asking.message_id)
    by_tool = {one["tool"]: one for one in results}
    assert len(by_tool) == len(results)  # b4 keeps one result a tool and mail
    return by_tool


def lines(result: dict[str, str]) -> list[str]:
    return [one["description"] for one in json.loads(result["details"] or "[]")]


@pytest.mark.parametrize("name", ALL)
def test_findings_are_on_the_patch_that_causes_them(lore: Path, name: str) -> None:
    patches = {number: checked(raw) for number, raw in mails(lore, name).items() if number}
    for series, number, tool, words in PINNED:
        if series != name:
            continue
        for other, results in patches.items():
            told = [line for line in lines(results.get(tool, {"details": ""})) if words in line]
            # What the changelog is silent about may be more than one patch.
            assert bool(told) == (other == number) or tool == "rt-changelog", (other, words)
        assert any(words in line for line in lines(patches[number][tool]))


def test_the_table_has_32_and_all_series() -> None:
    assert len(PINNED) == 32
    assert {series for series, *_ in PINNED} == {*ALL} - {"kalyazin-write-v5"}  # nothing to tell


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """b4's check module, with a home of its own."""
    for variable in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    import b4.review.checks as checks

    return checks


def message(raw: bytes) -> tuple[str, EmailMessage]:
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return str(parsed["Message-ID"]).strip("<> "), parsed


COMMAND = f"{sys.executable} -m reviewtool b4-check"


@pytest.mark.parametrize("name", ALL)
def test_b4_shows_a_result_for_the_series_and_for_the_newest_for_a_patch(
    lore: Path, runner: Any, tmp_path: Path, name: str
) -> None:
    found = mails(lore, name)
    series = runner.run_series_checks(message(found[0]), [f"{COMMAND} --series"], str(tmp_path))
    assert "rt-series" in {one["tool"] for one in series}
    assert {one["status"] for one in series} <= {"pass", "warn", "fail"}
    assert all(one["summary"] for one in series)
    if name not in (names[-1] for names in SERIES.values()):
        return  # a process a patch is dear: the newest of each work stands for the others
    number = next((n for one, n, *_ in PINNED if one == name), 1)
    patch = message(found[number])
    (results,) = runner.run_perpatch_checks([patch], [COMMAND], str(tmp_path)).values()
    assert "rt-interface" in {one["tool"] for one in results}
    assert all(one["summary"] for one in results)
    wanted = [words for one, n, _, words in PINNED if (one, n) == (name, number)]
    told = " ".join(one["summary"] + one["details"] for one in results)
    assert all(words in told for words in wanted)


def test_a_series_nobody_fetched_says_how_to_fetch_it(runner: Any, tmp_path: Path) -> None:
    raw = b"From: a@x\nSubject: [PATCH 1/2] x\nMessage-ID: <new-1@x>\nReferences: <new-0@x>\n\nhi\n"
    (results,) = runner.run_perpatch_checks([message(raw)], [COMMAND], str(tmp_path)).values()
    assert [(one["tool"], one["status"]) for one in results] == [("reviewtool", "warn")]
    assert "reviewtool fetch new-0@x" in results[0]["summary"]


def test_b4s_tracking_file_names_the_series_too(lore: Path, tmp_path: Path) -> None:
    tracking = tmp_path / "tracking.json"
    tracking.write_text(
        json.dumps({"series": {"message-id": "20251130111812.699259-1-rppt@kernel.org"}})
    )
    asking = read_mail(b"Message-ID: <no-such@x>\n\n", tracking)
    found = find_revision(asking, None)
    assert found is not None
    assert found[1].id == "v3"


def test_a_second_asking_works_nothing_out(lore: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = mails(lore, "rppt-v3")[4]
    first = checked(raw)
    monkeypatch.setattr("reviewtool.review.b4check.told", _not_again)
    assert checked(raw) == first


def _not_again(session: Session, a: str, b: str) -> None:
    raise AssertionError(f"worked out again: {a}, {b}")


def test_what_is_no_mail_is_refused_in_one_line(
    runner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    from reviewtool.cli.main import main

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"no mail at all\n")))
    assert main(["b4-check"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
