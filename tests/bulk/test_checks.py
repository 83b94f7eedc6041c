# SPDX-License-Identifier: GPL-2.0-or-later
"""The second reading of the bulk run finds what is wrong; else its silence would say nothing."""

from dataclasses import replace
from pathlib import Path

from reviewtool.archive.mail import parse_mail
from reviewtool.archive.postings import Posting, Sorted, sort_mails
from reviewtool.archive.raw import read_raw
from reviewtool.archive.types import Revision, Trailer
from reviewtool.lineage.discover import sketch
from tests.archive.mails import Series, diff, mail
from tests.bulk.__main__ import examine
from tests.bulk.checks import check_revision, check_sorting
from tests.bulk.lineages import check_links
from tests.bulk.witness import Witness

COVER = (
    "Why.\n\nAda Author (2):\n  mm: do a thing, step 1\n  mm: do a thing, step 2\n\n a.c | 2 +-\n"
)
ONE = Series(cover=COVER)
REPLY = mail("Re: x", "Fine.\n", message_id="r@x", reply_to=ONE.id_of(1), author="Rita <r@x>")


def read(*raws: bytes) -> tuple[Revision, Posting, dict[str, Witness]]:
    (posting,) = sort_mails(map(parse_mail, raws)).postings
    thread = {parse_mail(raw).message_id: Witness(raw) for raw in raws}
    return sketch(posting), posting, thread


def kinds(revision: Revision, posting: Posting, thread: dict[str, Witness]) -> list[str]:
    return [kind for kind, _ in check_revision(revision, posting, thread)]


def test_a_sound_series_is_found_sound() -> None:
    assert kinds(*read(*ONE.mails(), REPLY)) == []


def test_a_patch_too_few_is_found() -> None:
    revision, posting, thread = read(*ONE.mails())
    less = replace(revision, patches=revision.patches[:1])
    assert "complete, but the numbers say otherwise" in kinds(less, posting, thread)
    assert "not the patches its cover lists" in kinds(less, posting, thread)


def test_a_patch_of_another_is_found() -> None:
    revision, posting, thread = read(*ONE.mails())
    stranger = Series("two", author="Bob <bob@example.org>", prefix="PATCH v2", day=9)
    raw = stranger.mail_of(2)
    mixed = replace(posting, patches=(posting.patches[0], parse_mail(raw)))
    found = kinds(revision, mixed, {**thread, stranger.id_of(2): Witness(raw)})
    assert {"mixed: more than one sender", "mixed: more than one version"} <= set(found)
    assert "mixed: neither its thread nor its day" in found


def test_a_diff_that_is_not_the_mails_is_found() -> None:
    revision, posting, thread = read(*ONE.mails())
    wrong = replace(revision.patches[0], diff=diff("other.c"), author="Eve <eve@x>", subject="no")
    found = kinds(replace(revision, patches=(wrong, *revision.patches[1:])), posting, thread)
    assert "not the diff git reads" in found
    assert "not the author git reads" in found
    assert "not the title git reads" in found


def test_a_trailer_nobody_gave_is_found() -> None:
    revision, posting, thread = read(*ONE.mails(), REPLY)
    given = Trailer("Acked-by", "Eve <eve@x>", "r@x")
    patches = (replace(revision.patches[0], trailers=(given,)), *revision.patches[1:])
    found = kinds(replace(revision, patches=patches), posting, thread)
    assert found == ["trailer not in the reply", "trailer of another person"]


def test_a_mail_lost_or_a_patch_taken_for_a_reply_is_found() -> None:
    _, posting, thread = read(*ONE.mails())
    less = replace(posting, patches=posting.patches[:1], replies=())
    found = [kind for kind, _ in check_sorting(Sorted((less,), (), ()), thread)]
    assert found == ["mail lost", "patch not taken for one"]


def test_a_link_nothing_bears_out_is_found() -> None:
    from reviewtool.lineage.links import Link

    other = Series("two", title="net: elsewhere", author="Bob <bob@example.org>", day=9)
    found = sort_mails(map(parse_mail, [*ONE.mails(), *other.mails()])).postings
    postings = {posting.first.message_id: posting for posting in found}
    link = Link(ONE.id_of(0), other.id_of(0), "a guess")
    assert list(check_links([link], postings)) == [link]


def test_a_real_thread_passes_whole(lore: Path, warm: Path) -> None:
    found = examine(read_raw(lore / "kalyazin-uffd-v3.mbox"))
    assert (found["findings"], found["crash"]) == ([], "")
    assert found["counts"]["series complete"] == 1
    assert found["counts"]["patches"] == 6
