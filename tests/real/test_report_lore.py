# SPDX-License-Identifier: GPL-2.0-or-later
"""Reports, changelogs and requests of the real series, against tables written by hand.

The tables were written by reading the mail and the diffs between revisions. Where the tool says
otherwise the row says so, as a miss or a false alarm, and the counts of both are asserted: they
may be bettered, never by accident.
"""

from pathlib import Path

import pytest

from reviewtool.archive.read import read_file
from reviewtool.archive.types import Revision
from reviewtool.lineage.fetch import fetch_files
from reviewtool.report.mail import WIDTH, mail_text
from reviewtool.review.asked import asked
from reviewtool.review.claims import Claims, claims
from reviewtool.review.session import open_session
from reviewtool.review.told import Told, told

NOVEMBER = ("rppt-rfc", "rppt-v1", "rppt-v2", "rppt-v3")
UFFD = ("kalyazin-uffd-rfc", "kalyazin-uffd-v2", "kalyazin-uffd-v3")
WRITE = ("kalyazin-write-rfcv2", *(f"kalyazin-write-v{number}" for number in range(3, 8)))


pytestmark = pytest.mark.usefixtures("warm_module")


@pytest.fixture(scope="module")
def november(lore: Path) -> Told:
    study = fetch_files([str(lore / f"{name}.mbox") for name in NOVEMBER], "november")
    return told(open_session(str(study.path), None), "v2", "v3")


def test_v3_of_november_against_v2_fits_a_screen_and_a_mail(november: Told) -> None:
    lines = mail_text(november).splitlines()
    assert len(lines) <= 60
    assert max(len(line) for line in lines if not line.startswith(">")) <= WIDTH


def test_it_tells_the_rename_with_the_declaration_and_the_evidence(november: Told) -> None:
    text = mail_text(november)
    assert "> +\tstruct folio *(*get_folio_noalloc)(struct inode *inode, pgoff_t pgoff);" in text
    assert "[2/5] vm_operations_struct::get_folio is now get_folio_noalloc" in text
    assert "same position" in text


def test_it_tells_that_minor_no_longer_fires_on_an_absent_page(november: Told) -> None:
    text = mail_text(november)
    assert "[4/5] No minor event any more on a page absent from the cache: event in" in text
    assert "* read u0 p0       blocked; event minor p0 read   value zero" in text


def test_it_tells_what_continue_then_returns(november: Told) -> None:
    text = mail_text(november)
    assert "[4/5] CONTINUE on an absent page: ok in v2, EFAULT in v3." in text
    assert "* continue p0      ok   EFAULT" in text


def posted(lore: Path, name: str) -> Revision:
    return read_file(lore / f"{name}.mbox")[0]


def held(lore: Path, name: str) -> Claims:
    chain = next(each for each in (NOVEMBER, UFFD, WRITE) if name in each)
    before = chain[chain.index(name) - 1]
    return claims(posted(lore, before), posted(lore, name))


# Per series: (words of the item, what reading says, what the tool says).  "not verifiable" is what
# a reader cannot check from two diffs either: then "cannot tell" is the right answer.
SAID: dict[str, list[tuple[str, str, str]]] = {
    "kalyazin-uffd-v2": [
        ("full minor trap", "seen", "seen"),  # the title came to say minor
        ("make it generic", "seen", "seen"),
    ],
    "kalyazin-uffd-v3": [
        ("sgp type", "seen", "seen"),
        ("error handling", "seen", "seen"),
        ("can_userfault()", "seen", "seen"),
        ("UFFD_FEATURE_MINOR_GUEST_MEMFD", "seen", "seen"),
        ("checks in the test", "seen", "seen"),
    ],
    "kalyazin-write-v3": [("CONFIG_KVM_GMEM_SHARED_MEM", "seen", "seen")],
    "kalyazin-write-v4": [
        ("write_iter", "seen", "seen"),
        ("conditional compilation", "seen", "seen"),
        ("Rebase", "seen", "seen"),
    ],
    "kalyazin-write-v5": [
        ("filemap_remove_folio", "seen", "seen"),
        ("checkpatch", "seen", "seen"),  # one line is wrapped, nothing else
    ],
    "kalyazin-write-v6": [
        ("conditional on mmap", "seen", "seen"),
        ("folio_test_large", "seen", "seen"),
        ("alignment restriction", "seen", "seen"),
        ("Formatting fixes", "not verifiable", "cannot tell"),
    ],
    "kalyazin-write-v7": [],  # it has no changelog
    "rppt-v1": [
        ("VM_FAULF_UFFD_MINOR", "seen", "seen"),
        ("Simplify vma_can_mfill_atomic()", "seen", "seen"),
        ("get_shared_folio()", "seen", "seen"),
    ],
    "rppt-v2": [("->get_folio()", "seen", "seen"), ("hardwire", "seen", "seen")],
    "rppt-v3": [
        ("->get_folio_noalloc()", "seen", "seen"),
        ("build errors", "seen", "cannot tell"),  # the clash of two kvm_gmem_get_folio() is gone
        ("hotpath", "seen", "seen"),
        ("same semantics", "seen", "seen"),
        ("s/MISSING/MINOR/g", "seen", "seen"),
        ("review tags", "seen", "seen"),
    ],
}
# The first posting of each lineage at hand has nothing to be held against.
FIRST = ("kalyazin-uffd-rfc", "kalyazin-write-rfcv2", "rppt-rfc")


@pytest.mark.parametrize("name", SAID)
def test_every_item_of_a_changelog_is_judged_as_the_table_says(lore: Path, name: str) -> None:
    found = held(lore, name)
    assert found.written == bool(SAID[name])
    assert len(found.items) == len(SAID[name])
    for one, (words, _, state) in zip(found.items, SAID[name], strict=True):
        assert words in one.text
        assert one.state == state


def test_the_table_has_all_series_and_its_misses_are_one_of_28() -> None:
    assert {*SAID, *FIRST} == {*NOVEMBER, *UFFD, *WRITE}
    every = [row for rows in SAID.values() for row in rows]
    right = {"seen": "seen", "not seen": "not seen", "not verifiable": "cannot tell"}
    assert len(every) == 28
    assert sum(right[truth] != state for _, truth, state in every) == 1
    # No item is called unseen that is there: no author is accused wrongly.
    assert not [row for row in every if row[2] == "not seen"]


# What changed and is not said: (patch before, patch after), and whether a reader agrees that the
# changelog does not say it.
UNSAID: dict[str, list[tuple[int | None, int | None, bool]]] = {
    "kalyazin-uffd-v2": [(4, None, False)],  # part of the "full minor trap"
    "kalyazin-uffd-v3": [
        (2, None, True),  # kvm_gmem_vma_is_gmem() is dropped without a word
        (4, 4, True),  # FAULT_FLAG_NO_USERFAULT_MINOR became FAULT_FLAG_USERFAULT_CONTINUE
    ],
    "kalyazin-write-v3": [],
    "kalyazin-write-v4": [(2, 2, True)],  # the test expects EFAULT where it expected EINVAL
    "kalyazin-write-v5": [],
    "kalyazin-write-v6": [(2, 2, True)],
    "kalyazin-write-v7": [(1, 1, True), (2, 2, True)],
    "rppt-v1": [],
    "rppt-v2": [],
    "rppt-v3": [(5, 5, True)],  # .features is dropped from the test
}


@pytest.mark.parametrize("name", UNSAID)
def test_what_changed_without_a_word_is_as_the_table_says(lore: Path, name: str) -> None:
    found = held(lore, name)
    assert {(one.a, one.b) for one in found.unsaid} == {(a, b) for a, b, _ in UNSAID[name]}


def test_one_of_the_eight_unsaid_changes_is_a_false_alarm() -> None:
    every = [agreed for rows in UNSAID.values() for _, _, agreed in rows]
    assert (len(every), every.count(False)) == (8, 1)


# Requests: message-id, words of the request, what became of it by reading, and what the tool says.
ASKED: dict[str, list[tuple[str, str, str, str]]] = {
    "kalyazin-uffd-v2": [
        ("Z8YfOVYvbwlZST0J@x1.local", "full MINOR", "done", "done"),
        ("CADrL8HXOQ=RuhjTEmMBJrWYkcBaGrqtXmhzPDAo1BE3EWaBk4g", "fs-generic MINOR", "done", "done"),
    ],
    "kalyazin-uffd-v3": [
        ("CADrL8HW2bFsFqifTytY8+Fy1nH-arFZ2JqAKi44_4nMtkPksDA", "SGP_NOALLOC", "done", "not done"),
        ("CADrL8HW2bFsFqifTytY8+Fy1nH-arFZ2JqAKi44_4nMtkPksDA", "VM_FAULT_RETRY", "done", "done"),
        ("CADrL8HXm_UDKvrsNe6Guvo_pPvCN9ZJBKe=p0HM-iYZWufbEfA", "volatile", "done", "done"),
        ("CADrL8HXm_UDKvrsNe6Guvo_pPvCN9ZJBKe=p0HM-iYZWufbEfA", "test_uffd_minor?", "done", "done"),
        ("CADrL8HXm_UDKvrsNe6Guvo_pPvCN9ZJBKe=p0HM-iYZWufbEfA", "MINOR_SHMEM", "done", "done"),
    ],
    "kalyazin-write-v5": [
        ("d58425d4-8e4f-4b70-915f-322658e9878e@redhat.com", "unsigned", "not done", "not done"),
    ],
    "kalyazin-write-v6": [
        ("CADrL8HV8+dh4xPv6Da5CR+CwGJwg5uHyNmiVmHhWFJSwy8ChRw", "tabs with spaces", "done", "done"),
        ("CADrL8HV8+dh4xPv6Da5CR+CwGJwg5uHyNmiVmHhWFJSwy8ChRw", "page-aligned", "done", "done"),
        ("CADrL8HV8+dh4xPv6Da5CR+CwGJwg5uHyNmiVmHhWFJSwy8ChRw", "uptodate", "done", "done"),
    ],
    "kalyazin-write-v7": [
        ("aPpS2aqdobVTk_ed@google.com", "Checking for MMAP", "done", "done"),
        ("aPpS2aqdobVTk_ed@google.com", "EFAULT", "done", "done"),
        ("aPpS2aqdobVTk_ed@google.com", 'local "folio"', "done", "done"),
        ("aQPakDuteQkg0hTu@google.com", "exclude read()", "done", "done"),
    ],
    "rppt-v1": [
        ("94fcc32f-574a-4934-b7a9-1ed8bd32a97f@kernel.org", "VMA + pgoff", "done", "done"),
        ("94fcc32f-574a-4934-b7a9-1ed8bd32a97f@kernel.org", "refcount", "not done", "not done"),
        ("007c08e4-ce70-4c30-b3b1-e25e02dfe29d@kernel.org", "NEEDDSYNC", "done", "not done"),
    ],
    "rppt-v3": [
        ("aSYBrH_xfMfs6yDW@x1.local", "s/MISSING/MINOR/", "done", "done"),
        ("aSYBrH_xfMfs6yDW@x1.local", "simple as possible", "not done", "not done"),
        ("6e93a9b7-f731-4609-a034-2b78423e22e5@amazon.com", "comma-less", "done", "done"),
        ("bafb0c9e-9ce6-4294-b1d6-e32c41635add@amazon.com", "name it differently", "done", "done"),
        ("18b4cddb-3e04-4272-9f04-6857cea70ff5@amazon.com", "MINOR_SHMEM", "done", "done"),
        ("aShb8J18BaRrsA-u@x1.local", "unlikely", "not done", "not done"),
    ],
}


@pytest.mark.parametrize("name", ASKED)
def test_what_was_asked_is_done_or_not_as_the_table_says(lore: Path, name: str) -> None:
    chain = next(each for each in (NOVEMBER, UFFD, WRITE) if name in each)
    before = posted(lore, chain[chain.index(name) - 1])
    found = asked(before, posted(lore, name))
    for message_id, words, _, outcome in ASKED[name]:
        hits = [
            one
            for one in found
            if one.remark.message_id.startswith(message_id) and words in one.words
        ]
        assert [one.outcome for one in hits[:1]] == [outcome], words


def test_two_of_the_24_requests_read_by_hand_are_judged_wrongly() -> None:
    every = [(truth, says) for rows in ASKED.values() for _, _, truth, says in rows]
    assert len(every) == 24
    assert sum(truth != says for truth, says in every) == 2
