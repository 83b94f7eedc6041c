# SPDX-License-Identifier: GPL-2.0-or-later
"""Every screen and every key, as a reviewer would use them."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Label, Static

from reviewtool.lineage.fetch import fetch_files
from reviewtool.review.session import Session
from reviewtool.tui.comparison import ComparisonScreen
from reviewtool.tui.element import ElementScreen
from reviewtool.tui.everywhere import SearchScreen
from reviewtool.tui.help import HelpScreen
from reviewtool.tui.lineage import LineageScreen
from reviewtool.tui.lines import Lines
from reviewtool.tui.model import ModelScreen
from reviewtool.tui.reading import Pages
from reviewtool.tui.revision import RevisionScreen
from reviewtool.tui.rows import Rows
from reviewtool.tui.stepper import StepperScreen
from reviewtool.tui.tests import TestsScreen
from tests.archive.mails import diff, mail
from tests.tui import pretended
from tests.tui.conftest import drive, press, settled, sizes
from tests.tui.study import NAMES


def shown(pilot: Pilot[None]) -> type[object]:
    return type(pilot.app.screen)


def pages(pilot: Pilot[None]) -> Pages:
    return pilot.app.screen.query(Pages).first()


def top(pilot: Pilot[None]) -> str:
    return pages(pilot).plain.split("\n")[int(pages(pilot).scroll_offset.y)]


def sight(pilot: Pilot[None]) -> str:
    first = int(pages(pilot).scroll_offset.y)
    return "\n".join(pages(pilot).plain.split("\n")[first : first + pages(pilot).size.height])


def rows(pilot: Pilot[None], name: str = "list") -> Rows:
    return pilot.app.screen.query_one(f"#{name}", Rows)


def heading(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#heading", Label).content)


# The lineage


@sizes
def test_it_opens_on_the_lineage_with_the_matrix_below(
    renamed: Session, size: tuple[int, int]
) -> None:
    async def use(pilot: Pilot[None]) -> None:
        assert shown(pilot) is LineageScreen
        listed = rows(pilot, "revisions")
        assert [listed.cells(at)[:2] for at in range(listed.count)] == [
            (str(number), name) for number, name in enumerate(NAMES, 1)
        ]
        assert listed.at == len(NAMES) - 1
        assert listed.cells(0)[5:7] == ("6", "2, 0 stand")
        cells = rows(pilot, "matrix").cells(0)
        assert cells[0] == "hook"
        assert cells[1].startswith("get_folio_noalloc (vm_operations_struct)")
        assert cells[2:] == ("get_pagecache_folio", "get_shared_folio", "get_folio", "added")

    drive(renamed, use, size)


def test_d_compares_with_the_revision_before_and_again_from_one_earlier(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "d")
        assert heading(pilot).startswith("v2 -> v3")
        await press(pilot, "d")
        assert heading(pilot).startswith("v1 -> v3")
        await press(pilot, "D")
        assert heading(pilot).startswith("rfc -> v3")
        await press(pilot, "escape", "k", "d")
        assert heading(pilot).startswith("v1 -> v2")

    drive(renamed, use)


@pytest.mark.parametrize(
    "way",
    [(), ("tab", "enter"), ("enter",), ("m",), ("c",)],
    ids=lambda keys: "-".join(keys) or "start",
)
def test_d_and_c_and_m_work_from_everywhere(renamed: Session, way: tuple[str, ...]) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, *way, "d")
        assert heading(pilot).startswith("v2 -> v3")
        await press(pilot, "escape", "c")
        assert shown(pilot) is TestsScreen
        await press(pilot, "escape", "m")
        assert shown(pilot) is ModelScreen

    drive(renamed, use)


def test_the_first_revision_is_compared_with_its_base(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "g", "d")
        assert heading(pilot).startswith("base -> rfc")
        assert isinstance(pilot.app.screen, ComparisonScreen)
        assert pilot.app.screen.pane == "interface"
        await press(pilot, "1")
        assert pages(pilot).plain.startswith("unknown: a base has no reference model")

    drive(renamed, use)


def test_d_stays_within_the_work_a_revision_is_of(embedded: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "4", "D")
        assert heading(pilot).startswith("kvm-userfault -> kvm-userfault-acquire")
        await press(pilot, "d")  # there is none before
        assert heading(pilot).startswith("kvm-userfault -> kvm-userfault-acquire")
        await press(pilot, "escape", "5", "d")
        assert heading(pilot).startswith("v3-april -> v3")
        await press(pilot, "d")
        assert heading(pilot).startswith("rfc -> v3")

    drive(embedded, use)


# An element of the interface


def test_enter_on_an_element_goes_to_its_code(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "tab", "enter")
        assert shown(pilot) is ElementScreen
        await press(pilot, "k", "enter")
        assert shown(pilot) is RevisionScreen
        assert heading(pilot).startswith("v2:")
        assert "(*get_folio)(struct inode" in sight(pilot)
        assert rows(pilot).cells(rows(pilot).at)[0] == "1"

    drive(renamed, use)


def test_f_and_the_dots_go_from_remark_to_remark(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "tab", "enter", "f")
        assert top(pilot) == "remarks"
        await press(pilot, "full_stop")
        assert top(pilot).startswith("  | * ")
        first = pages(pilot).at
        await press(pilot, "full_stop")
        assert pages(pilot).at > first
        await press(pilot, "comma")
        assert pages(pilot).at == first

    drive(renamed, use)


# A revision


def test_brackets_go_through_the_mails_and_braces_through_the_hunks(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "enter", "right_square_bracket")
        assert "diff --git a/include/linux/mm.h" in pages(pilot).plain
        await press(pilot, "right_curly_bracket")
        assert "@@ -700,6" in pages(pilot).plain
        await press(pilot, "right_square_bracket")
        assert "guest_memfd.c" in pages(pilot).plain
        await press(pilot, "left_square_bracket", "left_square_bracket")
        assert pages(pilot).plain.startswith("A hook, get_folio_noalloc")
        await press(pilot, "escape")
        assert shown(pilot) is LineageScreen

    drive(renamed, use)


def test_remarks_stand_below_the_lines_they_quote(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "enter", "right_square_bracket", "full_stop")
        lines = pages(pilot).plain.splitlines()
        at = next(n for n, line in enumerate(lines) if line.startswith("  | * Rhea Viewer"))
        assert "get_folio_noalloc)(struct inode" in lines[at - 1]

    drive(renamed, use)


def test_trailers_given_in_reply_stand_at_the_head_of_the_patch(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "enter", *["right_square_bracket"] * 2, "t")
        text = pages(pilot).plain
        assert "Trailers: 1 as posted, 1 given in reply" in text
        assert "Reviewed-by: Rhea Viewer <rhea@example.org>   (in reply)" in text

    drive(renamed, use)


def test_f_goes_to_the_replies_each_below_what_it_answers(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "enter", "f")
        listed = rows(pilot)
        titles = [listed.cells(at)[1] for at in range(listed.count) if listed.cells(at)[0] == "re"]
        assert listed.cells(listed.at)[0] == "re"
        answer = next(title for title in titles if "Ada Author" in title)
        assert answer.startswith("  ")

    drive(renamed, use)


def test_a_reply_is_a_draft_a_mailer_takes(renamed: Session, apart: Path) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "enter", "r")
        cover = pilot.app.clipboard
        assert cover.startswith("To: Ada Author <ada@example.org>\nCc: linux-mm@example.org, ")
        assert "\nSubject: Re: [PATCH v3 0/2] mm: let backing memory answer minor faults\n" in cover
        assert "\nIn-Reply-To: <v3-0@example.org>\n" in cover
        assert cover.count("ada@example.org") == 1
        assert "\nOn 2025-11-24, Ada Author wrote:\n" in cover
        await press(pilot, "right_square_bracket", "right_curly_bracket", "r")
        quoted = pilot.app.clipboard.split("wrote:\n")[1]
        assert quoted.startswith("> @@ -700,6 +700,13 @@ struct vm_operations_struct {\n")
        assert "(*get_folio_noalloc)" in quoted
        assert all(line.startswith(">") for line in quoted.strip().split("\n"))
        assert (apart / "data/drafts/v3-1.eml").read_text() == pilot.app.clipboard

    drive(renamed, use)


def test_o_copies_the_address_at_lore(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "enter", "o")
        assert pilot.app.clipboard == "https://lore.kernel.org/all/v3-0@example.org/"

    drive(renamed, use)


def test_o_opens_the_browser_that_is_named(
    renamed: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {told}.new && mv {told}.new {told}\n')
    browser.chmod(0o755)

    async def use(pilot: Pilot[None]) -> None:
        monkeypatch.setenv("BROWSER", str(browser))
        await press(pilot, "enter", "o")
        for _ in range(500):
            if told.exists():
                break
            await pilot.pause(0.01)
        assert told.read_text() == "https://lore.kernel.org/all/v3-0@example.org/\n"

    drive(renamed, use)


# A comparison


@sizes
def test_a_comparison_has_three_panes_each_a_list_and_what_it_says(
    renamed: Session, size: tuple[int, int]
) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "D")
        assert rows(pilot).cells(0)[1].startswith("a page absent from the cache")
        assert "register minor" in pages(pilot).plain
        await press(pilot, "2")
        assert rows(pilot).cells(0)[1:] == ("hook", "get_pagecache_folio -> get_folio_noalloc")
        await press(pilot, "right_square_bracket")
        text = pages(pilot).plain
        assert "the mails' diffs compared" in text
        assert any(line.startswith(("-+", "++")) for line in text.splitlines())
        await press(pilot, "right_square_bracket")
        assert isinstance(pilot.app.screen, ComparisonScreen)
        assert pilot.app.screen.pane == "behaviour"

    drive(renamed, use, size)


def test_enter_on_a_change_of_the_interface_is_the_life_of_the_element(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "D", "2", "enter")
        assert shown(pilot) is ElementScreen

    drive(renamed, use)


def test_enter_on_a_patch_is_to_read_its_interdiff(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "D", "3", "enter")
        assert pilot.app.screen.focused is pages(pilot)

    drive(renamed, use)


# The stepper


def test_a_difference_is_stepped_through_forwards_and_backwards(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "D", "enter")
        stepper = pilot.app.screen
        assert isinstance(stepper, StepperScreen)
        left = stepper.query_one("#left", Static)
        before = str(left.render())
        assert "before the first step" in before
        await press(pilot, "j")
        assert "saw ok" in str(left.render())
        await press(pilot, "k")
        assert str(left.render()) == before
        await press(pilot, "G")
        assert stepper.at == len(stepper.difference.inputs)
        await press(pilot, "g", "right_square_bracket")
        assert heading(pilot).startswith("2/")

    drive(renamed, use)


def test_the_witness_can_be_copied_and_sent(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "D", "enter", "y")
        assert pilot.app.clipboard.startswith("a page absent from the cache")
        assert "   * read u0 p0" in pilot.app.clipboard
        await press(pilot, "r")
        draft = pilot.app.clipboard
        assert draft.startswith("To: Ada Author <ada@example.org>\n")
        assert "In-Reply-To: <v3-" in draft
        assert "a page absent from the cache" in draft
        assert "read u0 p0" in draft

    drive(renamed, use)


# Tests


def test_the_tests_wait_to_be_told_and_then_show_console_and_ktap(
    renamed: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended.kernels(monkeypatch, {"v3": "v3_minor_noalloc"})

    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "c")
        screen = pilot.app.screen
        assert isinstance(screen, TestsScreen)
        assert pages(pilot).plain.startswith("r builds the kernel of v3")
        await press(pilot, "r")
        assert screen.held is not None
        await press(pilot, "2")
        console = pages(pilot).plain
        assert "1| reviewtool: init" in console
        assert "|   register minor -> ok" in console
        await press(pilot, "right_square_bracket")
        assert pages(pilot).plain.startswith("KTAP version 1\n1..1\n")
        await press(pilot, "right_square_bracket")
        assert "passed scenarios" in pages(pilot).plain

    drive(renamed, use)


def test_what_was_run_is_still_there_when_one_comes_back(
    renamed: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended.kernels(monkeypatch, {"v3": "v3_minor_noalloc"})

    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "c", "r", "escape", "c")
        assert "passed scenarios" in pages(pilot).plain
        assert rows(pilot, "suites").cells(0)[0] == "scenarios"

    drive(renamed, use)


# The model


def test_the_model_has_rules_with_sources_and_its_states_as_text(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "m")
        assert "properties" in pages(pilot).plain
        await press(pilot, "j")
        graph = pages(pilot).plain
        assert graph.split("\n")[0].endswith("reachable")
        assert "s0  (initial)" in graph
        assert "    -> s" in graph
        await press(pilot, "j")
        assert rows(pilot).cells(2)[0] in pages(pilot).plain

    drive(renamed, use)


# Searching


def test_slash_finds_and_n_finds_again(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "m", "tab")
        text = pages(pilot)
        places = [n for n, each in enumerate(text.plain.split("\n")) if "gmem" in each]
        last = text.count - text.page
        assert 0 < places[0] < places[1] < last < places[-1]
        tops = sorted({min(place, last) for place in places})
        await press(pilot, "slash", *"gmem", "enter")
        seen = [text.at]
        for _ in tops:
            await press(pilot, "n")
            seen.append(text.at)
        assert seen == [*tops, tops[0]]  # the last page, then from the top again
        await press(pilot, "N")
        assert text.at == last

    drive(renamed, use)


def test_search_all_finds_mail_interface_and_models_and_goes_there(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "S", *[*"get", "underscore", *"shared"], "enter")
        assert shown(pilot) is SearchScreen
        found = [rows(pilot).cells(at)[0] for at in range(rows(pilot).count)]
        assert "hook" in found
        assert any(where.startswith("v1 ") for where in found)
        at = next(n for n, where in enumerate(found) if where == "v1 1")
        await press(pilot, *["j"] * at, "enter")
        assert shown(pilot) is RevisionScreen
        assert heading(pilot).startswith("v1:")
        assert "get_shared" in pages(pilot).plain
        await press(pilot, "escape")
        assert shown(pilot) is SearchScreen

    drive(renamed, use)


# Help, palette, mouse, sizes


def test_help_fits_eighty_by_twenty_four(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "question_mark")
        assert shown(pilot) is HelpScreen
        assert pages(pilot).max_scroll_y == 0
        assert pages(pilot).max_scroll_x == 0
        await press(pilot, "escape")
        assert shown(pilot) is LineageScreen

    drive(renamed, use)


def test_the_palette_goes_to_any_revision(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+p")
        await pilot.press(*"diff v1")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await settled(pilot)
        assert heading(pilot).startswith("rfc -> v1")

    drive(renamed, use)


def test_a_click_chooses_and_a_double_click_opens(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await pilot.click("#revisions", offset=(1, 2))
        await settled(pilot)
        assert rows(pilot, "revisions").at == 1
        await pilot.click("#revisions", offset=(1, 3), times=2)
        await settled(pilot)
        assert shown(pilot) is RevisionScreen
        assert heading(pilot).startswith("v2:")

    drive(renamed, use)


def test_the_keys_below_can_be_clicked(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        line = str(pilot.app.screen.query_one("#keys", Static).render())
        await pilot.click("#keys", offset=(line.index("? keys"), 0))
        await settled(pilot)
        assert shown(pilot) is HelpScreen

    drive(renamed, use)


def test_every_list_and_text_moves_as_in_less(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "m", "tab")
        text = pilot.app.screen.focused
        assert isinstance(text, Lines)
        seen = []
        for key in ("j", "k", "space", "backspace", "G", "g"):
            await press(pilot, key)
            seen.append((int(text.scroll_offset.x), int(text.scroll_offset.y)))
        assert seen[0] == (0, 1)
        assert seen[1] == (0, 0)
        assert seen[2][1] == text.size.height - 1
        assert seen[3] == (0, 0)
        assert seen[4][1] == text.count - text.size.height
        assert seen[5] == (0, 0)

    drive(renamed, use)


def test_a_terminal_may_shrink_to_twenty_by_five_and_grow_again(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        ways = [("enter",), ("d",), ("d", "enter"), ("tab", "enter"), ("m",), ("c",), ("S",)]
        for way in [*ways, ("question_mark",)]:
            await press(pilot, *way)
            await pilot.resize_terminal(20, 5)
            await press(pilot, "j", "j", "k", "tab")
            await pilot.resize_terminal(80, 24)
            await settled(pilot)
            assert str(pilot.app.screen.query_one("#heading", Label).render()).strip()
            while shown(pilot) is not LineageScreen:
                await press(pilot, "escape")
            await press(pilot, "g")
            rows(pilot, "revisions").focus()
            await press(pilot, "G")

    drive(renamed, use)


def test_strangers_text_is_shown_as_what_it_is(apart: Path) -> None:
    hostile = "mm: \x1b[2J \u202egpj.exe [bold]b[/bold] [@click=app.quit]x[/]"
    raw = mail(
        f"[PATCH] {hostile}",
        f"{hostile}\n\nSigned-off-by: Ada Author <ada@example.org>\n---\n a.c | 2 +-\n\n{diff()}",
        message_id="hostile@example.org",
    )
    box = apart / "hostile.mbox"
    box.write_bytes(b"From x\n" + raw + b"\n")
    session = Session(fetch_files([box], "hostile"))

    async def use(pilot: Pilot[None]) -> None:
        for way in ((), ("enter",), ("escape", "S", *"gpj"), ("escape", "d"), ("3",)):
            await press(pilot, *way)
            screen = pilot.app.screen
            drawn = "".join(
                segment.text for strip in screen._compositor.render_strips() for segment in strip
            )
            assert "\x1b" not in drawn
            assert "\u202e" not in drawn
        assert pilot.app.is_running
        assert "[bold]b[/bold]" in drawn

    drive(session, use, (200, 50))


def test_capital_q_quits(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await pilot.press("Q")
        assert not pilot.app.is_running or pilot.app._exit

    drive(renamed, use)
