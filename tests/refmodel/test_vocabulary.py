# SPDX-License-Identifier: GPL-2.0-or-later
"""The words of a sequence: one spelling each, and errors that say what to write instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refmodel.model import alphabet
from refmodel.vocabulary import (
    Input,
    VocabularyError,
    allows,
    observation,
    parse,
    parse_observation,
    spell,
)
from refmodel.world import World

EVERYTHING = alphabet(World(pages=2, threads=2, past_eof=True, userfault=True))


@given(st.lists(st.sampled_from(EVERYTHING), max_size=8))
def test_every_sequence_reads_back_as_it_was_written(inputs: list[Input]) -> None:
    assert parse(spell(inputs)) == tuple(inputs)


def test_spacing_does_not_matter_but_spelling_is_canonical() -> None:
    assert spell(parse("register  missing ;read u0 p0")) == "register missing; read u0 p0"


def test_no_text_is_the_empty_sequence() -> None:
    assert parse("  ") == ()


@pytest.mark.parametrize(
    ("text", "what", "remedy"),
    [
        ("frobnicate p0", "unknown operation 'frobnicate'", "use one of"),
        ("register wp", "'wp' is no mode", "missing, minor, missing+minor"),
        ("read u0", "'read' takes 2 operands, not 1", "read <thread> <page>"),
        ("read p0 u0", "'p0' is no thread", "a user thread, u0 or u1"),
        ("read u0 p01", "'p01' is no page", "a page, p0 or p1"),
        ("copy p0 a", "'a' is no value", "one capital letter"),
        ("copy p0 A @alias", "'@alias' does not go with 'copy'", "only read and write"),
        ("read u0 p0 @other", "'@other' does not go with 'read'", "the second mapping"),
        ("continue p0;; wake p0", "an empty input", "remove the extra ';'"),
        ("writeprotect p0 maybe", "'maybe' is no switch", "on or off"),
        ("read u٣ p0", "is no thread", "u0 or u1"),
    ],
)
def test_what_does_not_parse_says_what_to_write(text: str, what: str, remedy: str) -> None:
    with pytest.raises(VocabularyError) as caught:
        parse(text)
    assert what in caught.value.what
    assert remedy in caught.value.remedy


def test_an_error_names_the_input_it_is_in() -> None:
    with pytest.raises(VocabularyError, match=r"input 2 \('red u0 p0'\)"):
        parse("register missing; red u0 p0")


def test_observations_keep_their_effects_sorted_and_read_back() -> None:
    seen = observation("ok", "resumed u1 ok", "event missing p0 read")
    assert str(seen) == "ok; event missing p0 read; resumed u1 ok"
    assert parse_observation(str(seen)) == seen


def test_memory_nobody_wrote_may_hold_anything_and_nothing_else_may() -> None:
    assert allows(observation("value stale"), observation("value zero"))
    assert allows(
        observation("ok", "resumed u0 value stale"), observation("ok", "resumed u0 value A")
    )
    assert not allows(observation("value zero"), observation("value stale"))
    assert not allows(observation("value stale"), observation("sigbus"))
    assert not allows(observation("ok", "resumed u0 ok"), observation("ok"))
