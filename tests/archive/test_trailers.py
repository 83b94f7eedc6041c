# SPDX-License-Identifier: GPL-2.0-or-later
"""Who gave which trailer: a reply's own words count, a pasted patch's do not."""

import pytest

from reviewtool.archive.trailers import given_trailers, posted_trailers, same_person
from reviewtool.archive.types import Trailer
from tests.archive.mails import diff

RITA = "Rita Reviewer <rita@example.org>"
TAG = f"Reviewed-by: {RITA}"
PASTED = (
    f"From {'0' * 40} Mon Sep 17 00:00:00 2001\nFrom: {RITA}\n"
    "Subject: [PATCH] mine\n\nBetter so.\n\n"
)
SIGNED = f"Signed-off-by: {RITA}\n---\n a.c | 2 +-\n\n{diff()}"


@pytest.mark.parametrize(
    "body",
    [
        f"> some text\n\n{TAG}\n",
        f"Looks good.\n\n{TAG} # mm bits\n",
        f"  {TAG}\n",
        "Reviewed-by: Rita Reviewer\n <rita@example.org>\n",
        f"Nit below, otherwise\n{TAG}\n\n> diff --git a/x b/x\n> +foo\n\nspell it out\n",
        f"Maybe rather:\n\n{diff()}\n\nWith that,\n{TAG}\n",
        f"{TAG}\n\n{PASTED}{SIGNED}",
    ],
)
def test_own_unquoted_tag_is_given(body: str) -> None:
    (trailer,) = given_trailers(RITA, body, "m@x")
    assert trailer == Trailer("Reviewed-by", RITA, "m@x")


@pytest.mark.parametrize(
    "body",
    [
        f"> {TAG}\n",
        f"| {TAG}\n",
        "Reviewed-by: Other Person <other@example.org>\n",
        f"{PASTED}{SIGNED}",
        f"===8<===\n{PASTED}{SIGNED}",
        f"How about this?\n\n{SIGNED}-- \n2.47\n",
        f"Two patches:\n\n{PASTED}{SIGNED}-- \n2.47\n\n{PASTED}{SIGNED}",
        f"Thanks\n-- \n{TAG}\n",
        "Cc: Rita Reviewer <rita@example.org>\n",
        "Nearby: Rita Reviewer <rita@example.org>\n",
    ],
)
def test_quoted_pasted_and_foreign_tags_are_not(body: str) -> None:
    assert given_trailers(RITA, body, "m@x") == ()


def test_what_a_robot_says_to_add_later_is_not_given_now() -> None:
    robot = "syzbot ci <syzbot+ci1@syzkaller.appspotmail.com>"
    tag = "Tested-by: syzbot@syzkaller.appspotmail.com"
    advice = f"If you send a fix, please add the\nfollowing tag to it:\n  {tag}\n"
    assert given_trailers(robot, advice, "m@x") == ()
    (trailer,) = given_trailers(robot, f"It did not trigger any issue:\n\n{tag}\n", "m@x")
    assert trailer.name == "Tested-by"
    human = advice.replace(tag, TAG)
    assert len(given_trailers(RITA, human, "m@x")) == 1, "a person who says so means it"


def test_a_tag_twice_in_one_mail_is_given_once() -> None:
    assert len(given_trailers(RITA, f"{TAG}\n\n{TAG}\n", "m@x")) == 1


def test_posted_trailers_are_the_last_paragraphs() -> None:
    message = (
        f"Do it.\n\nNote: this is prose\nover two lines\n\nLink: https://x/\n\n{TAG}\nCc: a@b\n"
    )
    assert [t.name for t in posted_trailers(message)] == ["Link", "Reviewed-by", "Cc"]
    assert posted_trailers("Do it.\n") == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('"Author, Ada" <ada@example.com>', "Ada Author <ada@example.org>", True),
        ("Ada Author (ACME) <a@b>", "Ada Author <c@d>", True),
        ("Ada <ada+linux@example.org>", "A. Author <ada@example.org>", True),
        ("Ada Author <a@b>", "Bob <c@d>", False),
        ("a@b", "c@d", False),
    ],
)
def test_same_person(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) is same
