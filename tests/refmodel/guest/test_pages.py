# SPDX-License-Identifier: GPL-2.0-or-later
"""A page's content in the words of the vocabulary."""

import pytest

from refmodel.guest.pages import Sources, describe


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"A" * 4096, "A"),
        (b"Z" * 4096, "Z"),
        (bytes(4096), "zero"),
        (b"\xaa" * 4096, "stale"),  # PAGE_POISON: freed, and handed out uncleared
        (b"a" * 4096, "stale"),  # not a value: values are capitals
        (b"A" * 2048 + bytes(2048), "mixed"),
        (b"A" + b"B" * 4095, "mixed"),
        (b"A" * 4095 + b"\xaa", "mixed"),
        (bytes(2048) + b"A" * 512 + bytes(1536), "mixed"),
        (bytes(range(256)) * 16, "stale"),  # letters, but nobody wrote them
    ],
)
def test_describe(content: bytes, word: str) -> None:
    assert describe(content) == word


def test_sources_hold_their_value_at_their_address() -> None:
    sources = Sources()
    assert sources.page("B")[:] == b"B" * 4096
    assert sources.address("B") % 4096 == 0
    assert sources.address("B") == sources.address("B") != sources.address("C")
