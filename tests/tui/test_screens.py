# SPDX-License-Identifier: GPL-2.0-or-later
"""Every screen, reached and read with keys as a reviewer would."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from reviewtool.review.session import Session
from reviewtool.tui.comparison import ComparisonScreen
from reviewtool.tui.element import ElementScreen
from reviewtool.tui.help import HelpScreen
from reviewtool.tui.lineage import LineageScreen
from reviewtool.tui.model import ModelScreen
from reviewtool.tui.reading import Pages
from reviewtool.tui.revision import RevisionScreen
from reviewtool.tui.stepper import StepperScreen
from reviewtool.tui.tables import Rows
from reviewtool.tui.tests import TestsScreen
from tests.tui.conftest import drive, settled

SIZES = [(80, 24), (200, 50)]


def shown(pilot: Pilot[None]) -> type[object]:
    return type(pilot.app.screen)


def page(pilot: Pilot[None]) -> str:
    return pilot.app.screen.query(Pages).first().plain


@pytest.mark.parametrize("size", SIZES)
def test_it_opens_on_the_lineage_with_the_matrix_below(
    from_mail: Session, size: tuple[int, int]
) -> None:
    async def use(pilot: Pilot[None]) -> None:
        screen = pilot.app.screen
        assert isinstance(screen, LineageScreen)
        assert screen.query_one("#revisions", Rows).row_count == len(from_mail.study.revisions)
        cells = screen.query_one("#matrix", Rows)
        shown = [str(cell) for at in range(cells.row_count) for cell in cells.get_row_at(at)]
        assert any("get_folio_noalloc" in cell for cell in shown)

    drive(from_mail, use, size)


def test_enter_reads_a_revision_and_brackets_go_through_its_patches(from_mail: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        await settled(pilot)
        assert shown(pilot) is RevisionScreen
        seen = []
        for _ in range(3):
            await pilot.press("right_square_bracket")
            await settled(pilot)
            seen.append(page(pilot))
        assert len(set(seen)) == 3
        assert "diff --git" in seen[1]
        await pilot.press("escape")
        assert shown(pilot) is LineageScreen

    drive(from_mail, use)


def test_d_then_enter_steps_through_a_difference_forwards_and_backwards(
    from_mail: Session,
) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await pilot.press("d")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ComparisonScreen)
        assert pilot.app.screen.query_one("#differences", Rows).row_count > 3
        await pilot.press("enter")
        await settled(pilot)
        stepper = pilot.app.screen
        assert isinstance(stepper, StepperScreen)
        before = str(stepper.query_one("#left", Static).render())
        await pilot.press("j")
        await settled(pilot)
        assert "saw" in str(stepper.query_one("#left", Static).render())
        await pilot.press("k")
        await settled(pilot)
        assert str(stepper.query_one("#left", Static).render()) == before

    drive(from_mail, use)


def test_the_panes_of_a_comparison_have_numbers(from_mail: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await pilot.press("d")
        await settled(pilot)
        await pilot.press("2")
        await settled(pilot)
        assert "get_folio_noalloc" in pilot.app.screen.query_one("#changes", Pages).plain
        await pilot.press("3")
        await settled(pilot)
        assert "added" in pilot.app.screen.query_one("#pairs", Pages).plain

    drive(from_mail, use)


def test_the_life_of_a_hook_is_one_tab_and_one_enter_away(from_mail: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await pilot.press("tab", "enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ElementScreen)
        assert "rfc      not there" in page(pilot)
        assert "v3       added by patch 2: get_folio_noalloc" in page(pilot)

    drive(from_mail, use)


def test_m_reads_the_model_with_the_source_of_each_rule(from_mail: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await pilot.press("m")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ModelScreen)
        assert "20251130111812.699259" in page(pilot)

    drive(from_mail, use)


def test_search_finds_and_finds_again(from_mail: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await pilot.press("m", "slash", *"continue", "enter")
        await settled(pilot)
        pages = pilot.app.screen.query_one(Pages)
        first = pages.scroll_offset.y
        await pilot.press("n")
        await settled(pilot)
        assert pages.scroll_offset.y != first

    drive(from_mail, use)


def test_help_fits_eighty_by_twenty_four(from_mail: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        await settled(pilot)
        assert isinstance(pilot.app.screen, HelpScreen)
        pages = pilot.app.screen.query_one(Pages)
        assert pages.max_scroll_y == 0
        assert pages.max_scroll_x == 0

    drive(from_mail, use)


def test_the_tests_screen_waits_to_be_told(from_mail: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await pilot.press("c")
        await settled(pilot)
        assert isinstance(pilot.app.screen, TestsScreen)
        assert pilot.app.screen.held is None

    drive(from_mail, use)


def test_capital_q_quits(from_mail: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await pilot.press("Q")
        assert not pilot.app.is_running or pilot.app._exit

    drive(from_mail, use)


def test_a_tiny_terminal_is_no_crash(from_mail: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        for key in ("enter", "escape", "d", "enter", "j", "escape", "escape", "tab", "enter"):
            await pilot.press(key)
            await settled(pilot)

    drive(from_mail, use, (20, 5))
