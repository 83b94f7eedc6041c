# SPDX-License-Identifier: GPL-2.0-or-later
"""Which condition holds at which line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewtool.interface.guards import condition, joined, negated
from reviewtool.interface.mask import mask
from reviewtool.interface.types import UNSEEN


def _guards(text: str) -> dict[str, str]:
    """The condition at each line that is a name."""
    guards = mask(text.encode()).guards
    return {
        line.strip(): guards.at(row)
        for row, line in enumerate(text.split("\n"))
        if line.strip().isidentifier()
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("defined(CONFIG_A)", "CONFIG_A"),
        ("defined CONFIG_A && !defined(CONFIG_B)", "CONFIG_A && !CONFIG_B"),
        ("IS_ENABLED(CONFIG_KVM)", "CONFIG_KVM"),
        ("IS_REACHABLE(CONFIG_KVM)", "IS_REACHABLE(CONFIG_KVM)"),
        ("!(CONFIG_A)", "!CONFIG_A"),
        ("CONFIG_PGTABLE_LEVELS  >  3", "CONFIG_PGTABLE_LEVELS > 3"),
    ],
)
def test_conditions_are_told_in_the_words_of_reviewers(text: str, said: str) -> None:
    assert condition(text) == said


def test_branches_and_nesting() -> None:
    assert _guards(
        """\
free
#ifdef CONFIG_NUMA
numa
#ifndef CONFIG_B
both
#endif
#elif defined(CONFIG_C)
third
#else
neither
#endif
after
"""
    ) == {
        "free": "",
        "numa": "CONFIG_NUMA",
        "both": "CONFIG_NUMA && !CONFIG_B",
        "third": "!CONFIG_NUMA && CONFIG_C",
        "neither": "!CONFIG_NUMA && !CONFIG_C",
        "after": "",
    }


def test_include_guards_and_kernel_only_are_no_conditions() -> None:
    text = "#ifndef _LINUX_X_H\n#define _LINUX_X_H\na\n#ifdef __KERNEL__\nb\n#endif\n#endif\n"
    assert _guards(text) == {"a": "", "b": ""}


def test_an_alternative_of_its_own_is_bracketed_in_a_conjunction() -> None:
    text = "#if defined(A) || defined(B)\n#ifdef C\nx\n#endif\n#endif\n"
    assert _guards(text) == {"x": "(A || B) && C"}


def test_a_condition_continued_on_the_next_line() -> None:
    assert _guards("#if defined(A) && \\\n\tdefined(B)\nx\n#endif\n") == {"x": "A && B"}


def test_directives_in_comments_do_not_count() -> None:
    assert _guards("/*\n#ifdef CONFIG_A\n*/\nx\n") == {"x": ""}


def test_what_no_build_compiles_has_no_place_in_the_text() -> None:
    masked = mask(b"a;\n#if 0\nb;\n#else\nc;\n#endif\n#if 1\nd;\n#endif\n")
    assert b"b" not in masked.text
    assert [masked.guards.at(row) for row in (0, 2, 4, 7)] == ["", "0", "", ""]


class TestFragments:
    """A hunk closes conditions it does not open."""

    def test_the_comment_of_the_endif_names_the_condition(self) -> None:
        assert _guards("x\n#endif /* CONFIG_USERFAULTFD */\ny\n") == {
            "x": "CONFIG_USERFAULTFD",
            "y": "",
        }

    def test_without_a_comment_the_condition_is_unseen(self) -> None:
        assert _guards("x\n#endif\ny\n") == {"x": UNSEEN, "y": ""}

    def test_an_else_turns_what_its_comment_names(self) -> None:
        assert _guards("x\n#else /* CONFIG_A */\ny\n#endif\nz\n") == {
            "x": "CONFIG_A",
            "y": "!CONFIG_A",
            "z": "",
        }

    def test_an_else_named_only_at_its_end(self) -> None:
        assert _guards("x\n#else\ny\n#endif /* CONFIG_A */\n") == {
            "x": "CONFIG_A",
            "y": "!CONFIG_A",
        }

    def test_a_condition_never_closed_holds_to_the_end(self) -> None:
        assert _guards("x\n#ifdef CONFIG_A\ny\n") == {"x": "", "y": "CONFIG_A"}

    def test_two_conditions_closed_one_after_the_other(self) -> None:
        text = "a\n#endif /* CONFIG_IN */\nb\n#endif /* CONFIG_OUT */\nc\n"
        assert _guards(text) == {"a": "CONFIG_OUT && CONFIG_IN", "b": "CONFIG_OUT", "c": ""}


@given(
    st.lists(
        st.sampled_from(
            ["#if A", "#ifdef B", "#ifndef C", "#else", "#elif D", "#endif", "x", "#endif /* E */"]
        ),
        max_size=25,
    )
)
def test_any_order_of_directives_gives_every_line_a_condition(lines: list[str]) -> None:
    guards = mask("\n".join(lines).encode()).guards
    assert all(isinstance(guards.at(row), str) for row in range(len(lines) + 1))


@given(st.sampled_from(["CONFIG_A", "!CONFIG_A", "A && B", "0", "1"]))
def test_twice_negated_is_the_condition_itself(text: str) -> None:
    assert negated(negated(text)) in (text, f"!(!({text}))")


def test_a_condition_is_said_once() -> None:
    assert joined(["A", "B", "A", ""]) == "A && B"
