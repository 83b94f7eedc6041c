# SPDX-License-Identifier: GPL-2.0-or-later
"""What of a reply is a request: told by its words, and by nothing else in the mail."""

import pytest

from reviewtool.review.asked import request_in

ATTACHED = """From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001
From: A <a@example.org>
Subject: [PATCH] Fix a bug

Callers must hold the lock. Why not drop it?
"""
PASTED = """diff --git a/mm/a.c b/mm/a.c
index 1..2 100644
--- a/mm/a.c
+++ b/mm/a.c
@@ -1,2 +1,2 @@ must_fix(a)

-	please_remove(me); /* bug? */
+	return a ? b : c;
"""


@pytest.mark.parametrize(
    "answer",
    [
        "?",
        "???",
        "LGTM",
        "LGTM, nice fix!",
        "Same nit as David, but the rest looks good.",
        "Thanks for the fix, looks good to me.",
        "Good catch of the race.",
        "Sounds good! Please see attached patch.",
        "It is here: https://example.org/log/?h=preview",
        "Reviewed-by: R <r@example.org>",
        "\treturn mpol ? mpol : get_task_policy(current);",
        ATTACHED,
        PASTED,
    ],
)
def test_praise_a_bare_mark_and_a_patch_ask_for_nothing(answer: str) -> None:
    assert request_in(answer) == ""


@pytest.mark.parametrize(
    "answer",
    [
        "Why?",
        "Would this be better\nin its own file? :)",
        "LGTM, but please wrap the line.",
        "Looks good, one nit: a blank too many.",
        "LGTM with the typo fixed.",
        "s/OLD/NEW/",
        "Should it not be removed (or is it used?)",
        "This is wrong.",
        "??? Aren't we under the lock?",
        "the_minor_one?",
        "This one...?",
    ],
)
def test_a_question_a_request_and_a_defect_ask(answer: str) -> None:
    assert request_in(answer) == " ".join(answer.split())


def test_the_paragraph_that_asks_is_shown_not_the_patch_below_it() -> None:
    answer = f"Looks good.\n\nHow about this?\n\n{PASTED}\nOr drop it.\n\n{ATTACHED}"
    assert request_in(answer) == "How about this?"
    assert request_in(f"{PASTED}\nOr drop it.\n\n{ATTACHED}") == "Or drop it."


def test_a_mark_alone_asks_what_stands_above_it() -> None:
    assert request_in("put_thing(a);\n\n?") == "put_thing(a); ?"
