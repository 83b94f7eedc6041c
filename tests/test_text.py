# SPDX-License-Identifier: GPL-2.0-or-later
"""Text from strangers is printed so that nothing in it acts or hides."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewtool.text import name_of, visible, visible_line


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2Jgone", "<U+001B>[2Jgone"),
        ("\u202egnp.exe", "<U+202E>gnp.exe"),
        ("zero\u200bwidth", "zero<U+200B>width"),
        ("bell\x07 c1\x9b31m", "bell<U+0007> c1<U+009B>31m"),
        (b"caf\xe9".decode("utf-8", "surrogateescape"), "caf<E9>"),
        ("over\rwritten", "over<U+000D>written"),
        ("tag\U000e0041", "tag<U+E0041>"),
    ],
)
def test_control_and_direction_characters_are_spelled_out(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


def test_ordinary_text_in_any_script_stays_as_it_is() -> None:
    text = "\tfolio = kvm_gmem_get_folio(inode, index); /* Größe, 大きさ, גודל */\n"
    assert visible(text) == text


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_acts_on_a_terminal_is_left(text: str) -> None:
    left = visible(text)
    left.encode("utf-8")
    assert not [c for c in left if unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n"]


@given(st.text(st.characters(exclude_categories=())))
def test_one_line_stays_one_line(text: str) -> None:
    assert len(visible_line(text).splitlines()) <= 1


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Jane Doe <jane@example.org>", "Jane Doe"),
        ('"Jane Doe (Arm)" <jane@example.org>', "Jane Doe (Arm)"),
        ("jane@example.org", "jane@example.org"),
    ],
)
def test_a_name_is_what_stands_before_the_address(author: str, name: str) -> None:
    assert name_of(author) == name
