# SPDX-License-Identifier: GPL-2.0-or-later
"""Mails are sorted into postings by what ties them, and never mixed."""

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from reviewtool.archive.mail import parse_mail
from reviewtool.archive.postings import Posting, Sorted, sort_mails
from tests.archive.mails import Series, diff, mail


def sort(*raws: bytes) -> Sorted:
    return sort_mails(parse_mail(raw) for raw in raws)


def shape(posting: Posting) -> tuple[str, list[int], tuple[int, ...]]:
    return posting.first.message_id, [m.subject.index for m in posting.patches], posting.missing


def test_rfc_v1_and_resend_of_one_subject_are_three_postings() -> None:
    rfc, v1 = Series("rfc", "RFC PATCH"), Series("v1", day=4)
    resend = Series("again", "RESEND PATCH", day=5)
    postings = sort(*rfc.mails(), *v1.mails(), *resend.mails()).postings
    assert [p.first.message_id for p in postings] == [
        "rfc-0@example.org",
        "v1-0@example.org",
        "again-0@example.org",
    ]
    assert all(p.missing == () for p in postings)


def test_a_version_sent_in_reply_to_the_last_is_its_own_posting() -> None:
    v1 = Series("v1")
    v2 = Series("v2", "PATCH v2", day=4, reply_to=v1.id_of(0))
    assert [shape(p) for p in sort(*v1.mails(), *v2.mails()).postings] == [
        (v1.id_of(0), [1, 2], ()),
        (v2.id_of(0), [1, 2], ()),
    ]


def test_replies_of_replies_stay_with_their_posting_and_others_are_strays() -> None:
    one = Series()
    reply = mail("Re: x", "hm", message_id="r1@x", reply_to=one.id_of(2))
    deeper = mail("Re: x", "ho", message_id="r2@x", reply_to="r1@x")
    alone = mail("hello list", "hi", message_id="r3@x", reply_to="elsewhere@x")
    found = sort(*one.mails(), reply, deeper, alone)
    assert [m.message_id for m in found.postings[0].replies] == ["r1@x", "r2@x"]
    assert [m.message_id for m in found.strays] == ["r3@x"]


def test_a_missing_patch_is_named_and_a_missing_cover_harms_nothing() -> None:
    assert [shape(p) for p in sort(*Series(total=5).mails(without=(3,))).postings] == [
        ("one-0@example.org", [1, 2, 4, 5], (3,))
    ]
    assert [shape(p) for p in sort(*Series(total=3).mails(without=(0,))).postings] == [
        ("one-1@example.org", [1, 2, 3], ())
    ]


def test_a_patch_sent_anew_in_the_thread_is_a_posting_of_its_own() -> None:
    one = Series(total=3)
    anew = mail("[PATCH v2 2/3] x", f"y\n---\n{diff()}", message_id="anew@x", reply_to=one.id_of(2))
    assert shape(sort(*one.mails(), anew).postings[0]) == (
        "one-0@example.org",
        [1, 2, 3],
        (),
    )
    assert len(sort(*one.mails(), anew).postings) == 2


def unthreaded(name: str, minute: int, total: int = 3) -> list[bytes]:
    return [
        mail(
            f"[PATCH {n}/{total}] {name} {n}",
            f"m\n---\n{diff()}",
            message_id=f"{name}{n}@x",
            date=f"Mon, 03 Mar 2025 13:{minute:02}:{n:02} +0000",
        )
        for n in range(1, total + 1)
    ]


def test_unthreaded_patches_are_joined_by_sender_prefix_and_date() -> None:
    (posting,) = sort(*unthreaded("a", 1)).postings
    assert shape(posting) == ("a1@x", [1, 2, 3], ())
    assert "not threaded" in posting.evidence[0]
    assert [shape(p)[1] for p in sort(*unthreaded("a", 1), *unthreaded("b", 9)).postings] == [
        [1, 2, 3]
    ] * 2


def test_unthreaded_series_that_cannot_be_told_apart_are_left_apart() -> None:
    mixed = sort(*unthreaded("a", 1)[:2], *unthreaded("b", 2)[:2])
    assert all(len(p.patches) == 1 for p in mixed.postings)
    assert "cannot be told" in mixed.warnings[0]


def test_mails_without_message_id_keep_their_place() -> None:
    raws = [mail(f"[PATCH {n}/2] x {n}", f"m\n---\n{diff()}") for n in (1, 2)]
    (posting,) = sort(*raws).postings
    assert shape(posting)[1:] == ([1, 2], ())


def test_two_mails_of_one_id_are_told_and_the_first_is_used() -> None:
    one = Series()
    other = mail(
        "[PATCH 1/2] fake",
        f"m\n---\n{diff(new='evil')}",
        message_id=one.id_of(1),
        reply_to=one.id_of(0),
    )
    found = sort(*one.mails(), other)
    assert "two different mails" in found.warnings[0]
    assert found.postings[0].patches[0].raw == one.mail_of(1)


@settings(max_examples=30)
@given(st.integers(1, 6), st.integers(0, 2**32))
def test_the_order_of_mails_does_not_matter(total: int, seed: int) -> None:
    series = [
        Series("a", total=total),
        Series("b", "PATCH v2", total=total, day=4, reply_to="a-0@example.org"),
    ]
    raws = [raw for one in series for raw in one.mails()]
    random.Random(seed).shuffle(raws)
    assert [shape(p) for p in sort(*raws).postings] == [
        (s.id_of(0), list(range(1, total + 1)), ()) for s in series
    ]


def test_a_loop_of_references_ends() -> None:
    a = mail("Re: x", "a", message_id="a@x", reply_to="b@x")
    b = mail("Re: x", "b", message_id="b@x", reply_to="a@x")
    self_made = mail("[PATCH 1/2] x", f"m\n---\n{diff()}", message_id="c@x", reply_to="c@x")
    assert len(sort(a, b, self_made).strays) == 2


def test_ten_thousand_mails_in_one_thread_are_quick() -> None:
    one = Series()
    chain = [one.id_of(0), *(f"r{n}@x" for n in range(10_000))]
    replies = [mail("Re: x", "y", message_id=new, reply_to=old) for old, new in pairwise(chain)]
    assert len(sort(*one.mails(), *reversed(replies)).postings[0].replies) == 10_000


def test_a_posting_whose_threading_broke_is_mended_if_that_makes_it_whole() -> None:
    one = Series(total=3)
    strayed = [
        raw.replace(b"<one-0@example.org>", b"<renewed@example.com>") for raw in one.mails()[1:]
    ]
    (posting,) = sort(one.mail_of(0), *strayed).postings
    assert shape(posting) == (one.id_of(0), [1, 2, 3], ())
    assert "not threaded" in posting.evidence[0]


def test_broken_threads_that_fit_in_two_ways_stay_apart() -> None:
    one, two = Series("one"), Series("two")
    strayed = [
        raw.replace(b"-0@example.org>", b"-renewed@example.com>")
        for series in (one, two)
        for raw in series.mails()[1:]
    ]
    found = sort(one.mail_of(0), two.mail_of(0), *strayed).postings
    assert sorted(len(p.members) for p in found) == [1, 1, 2, 2]


def test_a_patch_sent_under_a_wrong_number_and_again_under_its_own_is_left_out() -> None:
    """Ada sends 1 and 2, then 3 as 2's number by mistake, and at last all as they should be."""
    one = Series("one", total=3)
    wrong = mail(
        "[PATCH 2/3] mm: do a thing, step 3",
        one.mail_of(3).decode().partition("\n\n")[2],
        message_id="wrong@x",
        reply_to=one.id_of(0),
        date="Mon, 03 Mar 2025 13:30:01 +0000",
    )
    sorted_mails = sort_mails(parse_mail(raw) for raw in [*one.mails(), wrong])
    (posting,) = sorted_mails.postings
    assert [m.message_id for m in posting.patches] == [one.id_of(n) for n in (1, 2, 3)]
    (warning,) = sorted_mails.warnings
    assert warning.startswith(f"{one.id_of(2)}: wrong@x bears number 2 too")


def test_a_patch_sent_twice_under_one_number_is_a_second_sending() -> None:
    one = Series("one")
    again = one.mail_of(2).replace(b"one-2@", b"again-2@").replace(b"13:30:02", b"15:30:02")
    sorted_mails = sort_mails(parse_mail(raw) for raw in [*one.mails(), again])
    assert [len(p.patches) for p in sorted_mails.postings] == [2, 1]
    assert sorted_mails.warnings == ()


def test_a_cover_alone_marked_rfc_has_its_patches() -> None:
    one = Series("one")
    letter, *patches = one.mails()
    (posting,) = sort(letter.replace(b"[PATCH", b"[RFC PATCH"), *patches).postings
    assert shape(posting) == ("one-0@example.org", [1, 2], ())
    assert posting.first.subject.rfc


def test_an_rfc_in_the_thread_of_a_posting_stays_another() -> None:
    one = Series("one")
    rfc = Series("rfc", "RFC PATCH", reply_to=one.id_of(0), day=4)
    found = sort(*one.mails(), *rfc.mails()).postings
    assert [shape(p)[:2] for p in found] == [
        ("one-0@example.org", [1, 2]),
        ("rfc-0@example.org", [1, 2]),
    ]
