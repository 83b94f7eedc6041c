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


def changed(name: str, what: str, patch: int, *details: str) -> Finding:
    return Finding(
        name,
        "interface",
        "warn",
        patch,
        f"{name}: {what}",
        details,
        name,
        names=(name.split()[-1],),
    )


def test_the_same_change_to_several_in_one_patch_is_told_once() -> None:
    told = list(
        together(
            [
                changed("export one", "OLD -> NEW", 3, UNSAID),
                changed("export two [CONFIG_A]", "OLD -> NEW", 3, UNSAID),
                changed("export three", "OLD -> NEW", 4),
                changed("A_B", "revalued", 4, "value: 1 -> 2"),
                changed("A_C", "revalued", 4, "value: 1 -> 2", UNSAID),
                changed("A_D", "revalued", 4, "value: 2 -> 4"),
            ]
        )
    )
    assert [(one.title, one.details) for one in told] == [
        ("2 exports: OLD -> NEW: one, two", ("the changelog mentions none of them",)),
        ("export three: OLD -> NEW", ()),
        ("A_B, A_C: revalued", ("value: 1 -> 2", "the changelog does not mention A_C")),
        ("A_D: revalued", ("value: 2 -> 4",)),
    ]
    assert [one.alike for one in told] == [True, False, True, False]


def test_one_line_of_each_is_quoted_under_the_head_of_its_hunk() -> None:
    quotes = [("@@ one", "+a", "+b"), ("@@ one", "+b", "+c"), ("@@ two", "+d")]
    assert quoted_together(quotes, 9) == ("@@ one", "+a", "+b", "@@ two", "+d")
    assert quoted_together(quotes, 3) == ("@@ one", "+a", "[...]")
