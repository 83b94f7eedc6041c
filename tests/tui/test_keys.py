# SPDX-License-Identifier: GPL-2.0-or-later
"""Every key of every screen, and what it does. A key that is bound and not listed here fails."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from typing import Never

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.widgets import Input, Label

from reviewtool import tui
from reviewtool.errors import Unavailable
from reviewtool.lineage.fetch import Fetched
from reviewtool.review.session import Session
from reviewtool.tui.app import ReviewApp
from reviewtool.tui.comparison import ComparisonScreen
from reviewtool.tui.element import ElementScreen
from reviewtool.tui.everywhere import SearchScreen
from reviewtool.tui.fetching import FetchScreen
from reviewtool.tui.help import HelpScreen
from reviewtool.tui.lineage import LineageScreen
from reviewtool.tui.lines import Lines
from reviewtool.tui.model import ModelScreen
from reviewtool.tui.reading import Pages
from reviewtool.tui.revision import RevisionScreen
from reviewtool.tui.rows import Rows
from reviewtool.tui.screens import Line, ReviewScreen
from reviewtool.tui.stepper import StepperScreen
from reviewtool.tui.tests import TestsScreen
from tests.tui import pretended
from tests.tui.conftest import drive, press, settled

Check = Callable[[Pilot[None]], object]
Steps = Sequence[tuple[str, Check]]
Size = tuple[int, int]


def lines(pilot: Pilot[None]) -> Lines:
    focused = pilot.app.screen.focused
    assert isinstance(focused, Lines), focused
    return focused


def pages(pilot: Pilot[None]) -> Pages:
    return pilot.app.screen.query(Pages).first()


def row(name: str, at: int) -> Check:
    return lambda pilot: pilot.app.screen.query_one(f"#{name}", Rows).at == at


def first_cell(cell: str) -> Check:
    def check(pilot: Pilot[None]) -> bool:
        rows = pilot.app.screen.query_one("#list", Rows)
        return rows.cells(rows.at)[0] == cell

    return check


def down(wanted: Callable[[Lines], int]) -> Check:
    return lambda pilot: int(lines(pilot).scroll_offset.y) == wanted(lines(pilot))


def aside(columns: int) -> Check:
    return lambda pilot: int(lines(pilot).scroll_offset.x) == columns


def top(prefix: str) -> Check:
    return lambda pilot: pages(pilot).plain_line(pages(pilot).at).startswith(prefix)


def at_line(prefix: str) -> Check:
    """The line is topmost, or as far up as the end of the text lets it be."""

    def check(pilot: Pilot[None]) -> bool:
        shown = pages(pilot)
        at = next(n for n in range(shown.count) if shown.plain_line(n).startswith(prefix))
        return shown.at == min(at, shown.max_scroll_y)

    return check


def on(screen: type[object]) -> Check:
    return lambda pilot: type(pilot.app.screen) is screen


def pane(name: str) -> Check:
    return lambda pilot: getattr(pilot.app.screen, "pane", None) == name


def heading(prefix: str) -> Check:
    def check(pilot: Pilot[None]) -> bool:
        told = str(pilot.app.screen.query_one("#heading", Label).content)
        return told.startswith(prefix)

    return check


def copied(prefix: str) -> Check:
    return lambda pilot: pilot.app.clipboard.startswith(prefix)


def noticed(text: str) -> Check:
    def check(pilot: Pilot[None]) -> bool:
        told = [one.message for one in pilot.app._notifications]
        return any(text in one for one in told)

    return check


def doing(text: str) -> Check:
    return lambda pilot: text in str(pilot.app.screen.query_one("#doing", Label).content)


def ran(*words: str) -> Check:
    """The other program that was called last begins with these words."""
    return lambda _: RAN and RAN[-1][: len(words)] == list(words)


def remembered(pilot: Pilot[None]) -> bool:
    """Where one is, for the steps that follow."""
    PLACES.append(lines(pilot).at)
    return True


def step(at: int) -> Check:
    return lambda pilot: getattr(pilot.app.screen, "at", None) == at


def there_and_back(forward: str, back: str) -> Steps:
    return ((forward, step(1)), (back, step(0)))


def input_focused(pilot: Pilot[None]) -> bool:
    return isinstance(pilot.app.screen.focused, Input)


RAN: list[list[str]] = []
PLACES: list[int] = []
START, END = down(lambda _: 0), down(lambda each: each.max_scroll_y)
PAGE, HALF = down(lambda each: each.page - 1), down(lambda each: each.page // 2)
FORWARD = ("j", "down", "right", "l", "full_stop", "space", "enter")
BACK = ("k", "up", "left", "h", "comma", "backspace", "0")

KEYS: dict[type[DOMNode], tuple[tuple[str, ...], Steps]] = {
    Lines: (
        ("enter", "1", "enter"),
        [
            *(("j", down(lambda _: 1)), ("k", START), ("down", down(lambda _: 1)), ("up", START)),
            *(("space", PAGE), ("backspace", START), ("pagedown", PAGE), ("pageup", START)),
            *(("ctrl+f", PAGE), ("ctrl+b", START), ("ctrl+d", HALF), ("ctrl+u", START)),
            *(("G", END), ("g", START), ("end", END), ("home", START)),
            *(("l", aside(8)), ("h", aside(0)), ("right", aside(8)), ("left", aside(0))),
        ],
    ),
    Rows: ((), [("enter", on(RevisionScreen))]),
    Line: (("m", "slash"), [("escape", lambda pilot: not pilot.app.screen.query("#search"))]),
    ReviewApp: ((), [("Q", lambda pilot: pilot.app._exit)]),
    ReviewScreen: (
        ("m",),
        [
            ("question_mark", on(HelpScreen)),
            ("escape", on(ModelScreen)),
            ("d", heading("v2 -> v3")),
            ("q", on(ModelScreen)),
            ("D", heading("rfc -> v3")),
            ("m", on(ModelScreen)),
            ("c", on(TestsScreen)),
            ("S", on(SearchScreen)),
            ("escape", on(TestsScreen)),
            ("x", noticed("nothing is under way")),
            ("ctrl+c", noticed("nothing is under way")),
            ("s", ran("/bin/a-shell")),
            ("escape", on(ModelScreen)),
            ("tab", lambda pilot: lines(pilot).id == "pages"),
            ("shift+tab", lambda pilot: lines(pilot).id == "list"),
            ("tab", lambda pilot: lines(pilot).id == "pages"),
            ("slash", input_focused),
            ("f", input_focused),
            ("enter", remembered),
            ("n", lambda pilot: lines(pilot).at > PLACES[-1]),
            ("N", lambda pilot: lines(pilot).at == PLACES[-1]),
        ],
    ),
    LineageScreen: (
        (),
        [
            *((str(n), row("revisions", n - 1)) for n in range(1, 5)),
            *((n, row("revisions", 3)) for n in "056789"),  # there is none: stay
            ("D", heading("rfc -> v3")),
            ("escape", on(LineageScreen)),
            ("m", on(ModelScreen)),
            ("escape", on(LineageScreen)),
            ("S", on(SearchScreen)),
            ("escape", on(LineageScreen)),
            ("y", copied("v3-0@example.org")),
            ("tab", lambda pilot: lines(pilot).id == "matrix"),
            ("u", noticed("fetched: nothing new")),
            ("escape", noticed("Q quits")),
        ],
    ),
    ElementScreen: (
        ("tab", "enter"),
        [("f", top("remarks")), ("full_stop", top("  | *")), ("comma", top("  | *"))],
    ),
    SearchScreen: (("S", *"noalloc", "enter"), [("slash", input_focused)]),
    RevisionScreen: (
        ("enter",),
        [
            *(("1", first_cell("1")), ("2", first_cell("2")), ("0", first_cell("0"))),
            *((n, first_cell("0")) for n in "3456789"),
            ("right_square_bracket", first_cell("1")),
            ("left_square_bracket", first_cell("0")),
            ("1", first_cell("1")),
            ("full_stop", top("  | * Rhea")),
            ("full_stop", top("  | * Ada")),
            ("comma", top("  | * Rhea")),
            ("t", top("Trailers:")),
            ("right_curly_bracket", top("@@ -700")),
            ("v", ran("a-pager")),
            ("e", ran("an-editor")),
            ("r", copied("To: Ada Author")),
            ("y", copied("v3-1@example.org")),
            ("o", copied("https://lore.kernel.org/all/v3-1@example.org/")),
            ("right_curly_bracket", at_line("@@ -40")),
            ("left_curly_bracket", top("@@ -700")),
            ("a", doing("no tree in this test")),
            ("f", first_cell("re")),
        ],
    ),
    ComparisonScreen: (
        ("d",),
        [
            *(("2", pane("interface")), ("3", pane("patches")), ("1", pane("behaviour"))),
            ("right_square_bracket", pane("interface")),
            ("left_square_bracket", pane("behaviour")),
            ("d", heading("v1 -> v3")),
            ("D", heading("rfc -> v3")),
        ],
    ),
    StepperScreen: (
        ("D", "enter"),
        [
            *(each for keys in zip(FORWARD, BACK, strict=True) for each in there_and_back(*keys)),
            *(("1", step(1)), ("2", step(2))),
            *((n, step(2)) for n in "3456789"),  # there is none: as far as it goes
            *(("g", step(0)), ("G", step(2)), ("home", step(0)), ("end", step(2))),
            ("y", copied("a page absent from the cache")),
            ("r", copied("To: Ada Author")),
            ("right_square_bracket", heading("2/")),
            ("left_square_bracket", heading("1/")),
        ],
    ),
    TestsScreen: (
        ("c",),
        [
            ("c", on(TestsScreen)),
            ("r", lambda pilot: "disagreement 1" in pages(pilot).plain),
            ("x", noticed("nothing is under way")),
            ("full_stop", at_line("disagreement 2")),
            ("comma", top("disagreement 1")),
            *(("2", pane("console")), ("3", pane("ktap")), ("1", pane("verdict"))),
            ("right_square_bracket", pane("console")),
            ("left_square_bracket", pane("verdict")),
        ],
    ),
    FetchScreen: (
        (),
        [
            ("r", lambda pilot: "no answer" in pages(pilot).plain),
            ("x", noticed("nothing is under way")),
            ("enter", on(LineageScreen)),
            ("escape", on(LineageScreen)),
        ],
    ),
}


def bound() -> Iterable[tuple[type[DOMNode], str]]:
    """Every key any class of the interface binds."""
    for found in pkgutil.iter_modules(tui.__path__):
        module = importlib.import_module(f"{tui.__name__}.{found.name}")
        for each in vars(module).values():
            if inspect.isclass(each) and issubclass(each, DOMNode):
                own = vars(each).get("BINDINGS", ()) if each.__module__ == module.__name__ else ()
                yield from ((each, one.key) for one in Binding.make_bindings(own))


def test_no_key_is_bound_that_is_not_tried_here() -> None:
    tried = {(where, key) for where, (_, steps) in KEYS.items() for key, _ in steps}
    assert set(bound()) - tried == set()


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever leads out of the program: recorded, or played."""
    RAN.clear()
    monkeypatch.setattr("reviewtool.tui.outside._run", lambda _, words: RAN.append(words))
    monkeypatch.setenv("SHELL", "/bin/a-shell")
    monkeypatch.setenv("PAGER", "a-pager -x")
    monkeypatch.setenv("EDITOR", "an-editor")
    monkeypatch.delenv("VISUAL", raising=False)

    def no_tree(session: Session) -> Never:
        del session
        raise Unavailable("no tree in this test")

    monkeypatch.setattr("reviewtool.tui.revision.with_base", no_tree)
    pretended.kernels(monkeypatch, {"v3": "rfc_pagecache_folio"})


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize("where", KEYS, ids=lambda where: where.__name__)
def test_each_key_does_what_it_is_for(
    where: type[DOMNode], renamed: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    way, steps = KEYS[where]

    def fetch(message: str, **_: object) -> Fetched:
        if where is FetchScreen:
            raise Unavailable("no answer", message)
        return Fetched(renamed.study, (), ())

    monkeypatch.setattr("reviewtool.tui.fetching.fetch_message", fetch)

    async def use(pilot: Pilot[None]) -> None:
        if where is FetchScreen:
            pilot.app.push_screen(FetchScreen("x@example.org"))
            await settled(pilot)
        await press(pilot, *way)
        for key, check in steps:
            await press(pilot, key)
            assert check(pilot), f"{key} on {type(pilot.app.screen).__name__}"

    # So small that a patch goes on to the right, and what is told of tests below.
    drive(renamed, use, {Lines: (60, 24), TestsScreen: (80, 12)}.get(where, (80, 24)))
