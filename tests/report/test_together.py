# SPDX-License-Identifier: GPL-2.0-or-later
"""Thirteen new flags are one thing to tell, not thirteen."""

from reviewtool.report.together import quoted_together, together
from reviewtool.review.findings import Finding
from reviewtool.review.told import UNSAID


def found(title: str, patch: int | None, *details: str) -> Finding:
    name = title.split()[1]
    return Finding(title, "interface", "info", patch, title, details, name, names=(name,))


def test_names_of_one_kind_that_a_patch_brings_are_told_together() -> None:
    told = list(
        together(
            [
                found("flag A_B is new", 1, "value: 1", UNSAID),
                found("flag A_C [CONFIG_X] is new", 1),
                found("flag A_D is new", 2),
                found("flag A_E is gone", 2),
                found("hook ops::one is new", 2),
                found("hook ops::two is new", 2),
            ]
        )
    )
    assert [one.title for one in told] == [
        "flags A_B, A_C are new",
        "flag A_D is new",
        "flag A_E is gone",
        "hook ops::one is new",  # hooks are told one by one, with who sets them
        "hook ops::two is new",
    ]
    assert told[0].unsaid == "the changelog does not mention A_B"


def test_one_line_of_each_is_quoted_under_the_head_of_its_hunk() -> None:
    quotes = [("@@ one", "+a", "+b"), ("@@ one", "+b", "+c"), ("@@ two", "+d")]
    assert quoted_together(quotes, 9) == ("@@ one", "+a", "+b", "@@ two", "+d")
    assert quoted_together(quotes, 3) == ("@@ one", "+a", "[...]")
