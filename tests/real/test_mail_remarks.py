# SPDX-License-Identifier: GPL-2.0-or-later
"""Remarks of the real threads are attached to what they are about."""

import json
import re
from pathlib import Path

import pytest

from reviewtool.archive.read import read_file
from reviewtool.archive.remarks import Remark, about, remarks_of
from reviewtool.archive.types import Reply, Revision
from reviewtool.cli.main import main


def revision(lore: Path, name: str) -> Revision:
    return read_file(lore / f"{name}.mbox")[0]


def find(remarks: tuple[Remark, ...], message_id: str, words: str) -> Remark:
    (found,) = [
        r for r in remarks if r.message_id == message_id and words in " ".join(r.answer.split())
    ]
    return found


def test_the_reversal_on_noalloc_is_attached_to_fault_handler_and_hook(
    lore: Path, warm: Path
) -> None:
    remarks = remarks_of(revision(lore, "rppt-v3"))
    remark = find(
        remarks, "652578cc-eeff-4996-8c80-e26682a57e6d@amazon.com", "might have been wrong"
    )
    assert remark.patch == 4
    assert remark.path == "virt/kvm/guest_memfd.c"
    assert remark.functions[0] == "kvm_gmem_fault_user_mapping"
    assert "get_folio_noalloc" in remark.hooks
    assert remark in about(remarks, "get_folio_noalloc")
    assert not remark.by_author


def test_the_partial_page_question_is_attached_to_the_statement_it_quotes(
    lore: Path, warm: Path
) -> None:
    remarks = remarks_of(revision(lore, "kalyazin-uffd-rfc"), revision(lore, "kalyazin-uffd-v2"))
    remark = find(remarks, "Z8YfOVYvbwlZST0J@x1.local", "protects a thread fault concurrently")
    assert remark.patch == 0
    assert "write` syscall + `UFFDIO_CONTINUE`?" in " ".join(remark.quote.split())
    assert remark.lines
    assert remark.state == "answered"
    symbol = find(remarks, "Z8YfOVYvbwlZST0J@x1.local", "reference a kvm symbol from core mm")
    assert "vma_is_gmem" in symbol.quote


def test_what_the_next_revision_took_in_and_what_it_left(lore: Path, warm: Path) -> None:
    remarks = remarks_of(revision(lore, "rppt-v2"), revision(lore, "rppt-v3"))
    clash = find(remarks, "bafb0c9e-9ce6-4294-b1d6-e32c41635add@amazon.com", "name it differently")
    assert (clash.patch, clash.state) == (4, "answered")
    assert "kvm_gmem_get_folio" in clash.functions
    comma = find(remarks, "6e93a9b7-f731-4609-a034-2b78423e22e5@amazon.com", "comma-less")
    assert (comma.patch, comma.state) == (3, "answered")
    liked = find(remarks, "dgtxmr3oidq2uoehy4kg5wbcxwghnnbk2w4ilbd3imyqzmvtue@xoggdhie3ncf", "like")
    assert (liked.patch, liked.state) == (2, "standing")
    assert "mfill_atomic_pte_continue" in liked.functions


def test_the_load_acquire_remark_is_attached_to_its_function(lore: Path) -> None:
    """The patch itself is not at hand: the quote alone has to tell."""
    seed = lore.parent / "seeds" / "004_65da6be4fa180a34.txt"
    if not seed.exists():
        pytest.skip(f"the mail is not at hand: no {seed}")
    body = re.split(r"\n\n\n", seed.read_text(), maxsplit=1)[1]
    cover = revision_of_nothing(Reply("r@x", "p@x", "O <o@x>", "", "Re: x", body))
    remark = next(r for r in remarks_of(cover) if "load-acquire" in r.answer)
    assert remark.functions[0] == "kvm_do_userfault"


def revision_of_nothing(reply: Reply) -> Revision:
    """A revision of which no more is known than that ``reply`` answers its first patch."""
    from tests.archive.test_remarks import PATCH
    from tests.archive.test_remarks import revision as small

    assert reply.in_reply_to == PATCH.message_id
    return small(reply, diff="")


def test_the_log_says_who_replied_what_became_of_it_and_why_they_are_one_work(
    lore: Path, warm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes = [str(lore / f"{name}.mbox") for name in ("kalyazin-uffd-rfc", "kalyazin-uffd-v2")]
    assert main(["fetch", "--quiet", "--from", *boxes]) == 0
    capsys.readouterr()
    assert main(["log", "--quiet", "--json"]) == 0
    rfc, v2 = json.loads(capsys.readouterr().out)["revisions"]
    assert rfc["replied"] == {"Peter Xu": 9, "Nikita Kalyazin": 6, "James Houghton": 1}
    assert set(rfc["remarks"]) == {"answered"}
    assert set(v2["remarks"]) == {"standing"}
    assert main(["log", "--quiet", "--why"]) == 0
    told = capsys.readouterr().out
    people = "Peter Xu 9, Nikita Kalyazin 6, James Houghton 1"
    assert re.search(rf"^rfc +\d+ answered +{people}$", told, re.MULTILINE)
    assert "20250303133011.44095-1-kalyazin@amazon.com: named as an earlier version" in told
