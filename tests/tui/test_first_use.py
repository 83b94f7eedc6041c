# SPDX-License-Identifier: GPL-2.0-or-later
"""What a reviewer wants on the first day, each within six keys of the start, at both sizes."""

import random

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from reviewtool.review.session import Session
from reviewtool.tui.reading import Pages
from reviewtool.tui.stepper import StepperScreen
from reviewtool.tui.tables import Rows
from tests.tui.conftest import drive, press, settled

SIZES = [(80, 24), (200, 50)]
sizes = pytest.mark.parametrize("size", SIZES, ids=["80x24", "200x50"])


def page(pilot: Pilot[None]) -> str:
    return pilot.app.screen.query(Pages).first().plain


@sizes
def test_which_revision_brought_the_hook_and_what_it_was_called_before(
    november: Session, size: tuple[int, int]
) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "tab", "enter")
        text = page(pilot).partition("\nheld to be one element")[0]
        names = ["get_pagecache_folio", "get_shared_folio", "get_folio", "get_folio_noalloc"]
        lines = [
            line for line in text.splitlines() if line[:3].strip() in ("rfc", "v1", "v2", "v3")
        ]
        assert [line.rpartition(" ")[2] for line in lines] == names

    drive(november, use, size)


@sizes
def test_what_reviewers_said_of_it(november: Session, size: tuple[int, int]) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "tab", "enter", "f")
        assert "Nikita Kalyazin, 2025-12-01" in page(pilot)
        pages = pilot.app.screen.query_one(Pages)
        assert pages.scroll_offset.y > 0

    drive(november, use, size)


@sizes
def test_how_the_rfc_and_v3_differ_when_a_page_is_absent(
    from_mail: Session, size: tuple[int, int]
) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "d")
        rows = pilot.app.screen.query_one("#differences", Rows)
        causes = [rows.get_row_at(at)[1].plain for at in range(rows.row_count)]
        wanted = next(at for at, cause in enumerate(causes) if "absent from the cache" in cause)
        keys = ["j"] * wanted + ["enter"]
        await press(pilot, *keys)
        assert len(keys) + 1 <= 6
        stepper = pilot.app.screen
        assert isinstance(stepper, StepperScreen)
        await press(pilot, "G")
        left, right = (
            str(stepper.query_one(f"#{at}", Static).render()) for at in ("left", "right")
        )
        assert "blocked; event missing p0 read" in left
        assert "value zero" in right

    drive(from_mail, use, size)


def test_remarks_stand_below_the_lines_they_quote(november: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "enter", *["right_square_bracket"] * 4)
        lines = page(pilot).splitlines()
        at = next(n for n, line in enumerate(lines) if line.startswith("  | I realised"))
        assert any("ret = VM_FAULT_UFFD_MINOR" in line for line in lines[at - 8 : at])

    drive(november, use)


def test_a_reply_is_copied_with_the_quote(november: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "enter", *["right_square_bracket"] * 4, "r")
        assert "> " in pilot.app.clipboard
        assert "Nikita Kalyazin wrote:" in pilot.app.clipboard

    drive(november, use)


def test_five_hundred_keys_at_random_are_no_crash(from_mail: Session) -> None:
    """All keys but those that leave, start a kernel or open an editor."""
    keys = [*"jkgGdmfnyo123", "enter", "escape", "tab", "space", "backspace"]
    keys += ["right_square_bracket", "left_square_bracket", "full_stop", "comma"]
    keys += ["right_curly_bracket", "question_mark", "slash", "x", "left", "right"]
    chance = random.Random(20251130)

    async def use(pilot: Pilot[None]) -> None:
        for _ in range(25):
            await pilot.press(*chance.choices(keys, k=20))
            assert pilot.app.is_running
        await settled(pilot)

    drive(from_mail, use)
