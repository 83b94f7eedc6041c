# SPDX-License-Identifier: GPL-2.0-or-later
"""Two revisions compared: behaviour, interface, patches; a list above, the chosen one below."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from reviewtool.interface.types import Row
from reviewtool.report.interface import PARTIAL
from reviewtool.review.session import Session
from reviewtool.tui.compared import Compared, Entry, compared, element_row
from reviewtool.tui.jobs import Job
from reviewtool.tui.reading import Pages, line
from reviewtool.tui.rows import Rows
from reviewtool.tui.screens import ReviewScreen, panes

PANES = ("behaviour", "interface", "patches")


class ComparisonScreen(ReviewScreen):
    """Three panes over the same two revisions; Enter goes deeper into what the bar is on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "further(1)", "from earlier"),
        Binding("D", "further(0)", "from the first", key_display="D"),
        Binding("1", "open('behaviour')", "behaviour", show=False),
        Binding("2", "open('interface')", "interface", show=False),
        Binding("3", "open('patches')", "patches", show=False),
        Binding("right_square_bracket", "pane(1)", "pane", key_display="]"),
        Binding("left_square_bracket", "pane(-1)", "previous pane", key_display="[", show=False),
    ]

    def __init__(self, session: Session, a: str, b: str) -> None:
        super().__init__(f"{a} -> {b}")
        self.session = session
        self.pair = (a, b)
        self.pane = "behaviour"
        self.compared: Compared | None = None

    @property
    def revision(self) -> str | None:
        return self.pair[1]

    def body(self) -> ComposeResult:
        yield Static(id="panes", markup=False)
        yield Rows(("", ""), giving=(1,), id="list", classes="above")
        yield Static("─" * 400, classes="rule", markup=False)
        yield Pages(id="pages")

    def ready(self) -> None:
        self.query_one("#list").focus()
        self._name_panes()
        self.load()

    def load(self) -> None:
        """Compare the pair."""
        a, b = self.pair
        self.heading(f"{a} -> {b}")
        self.work_on(f"comparing {a} with {b}", self._compare, self._show)

    def _compare(self, job: Job) -> Compared:
        from dataclasses import replace

        return compared(replace(self.session, progress=job), *self.pair)

    def _show(self, found: Compared) -> None:
        self.compared = found
        self.heading(f"{self.pair[0]} -> {self.pair[1]}: {found.verdict}")
        known = found.behaviour or self.pane != "behaviour"
        self.action_open(self.pane if known else "interface")

    def _name_panes(self) -> None:
        found = self.compared
        told = [(one, f"{one} {len(found.pane(one))}" if found else one) for one in PANES]
        self.query_one("#panes", Static).update(panes(told, self.pane))

    def _entries(self) -> tuple[Entry, ...]:
        return self.compared.pane(self.pane) if self.compared is not None else ()

    def action_open(self, pane: str) -> None:
        self.pane = pane
        self._name_panes()
        rows = self.query_one("#list", Rows)
        entries = self._entries()
        rows.fill(
            [one.cells for one in entries], ("",) * len(entries[0].cells) if entries else None, at=0
        )
        self._detail()
        rows.focus()

    def _detail(self) -> None:
        entries = self._entries()
        if entries:
            shown = entries[self.query_one("#list", Rows).at].detail
        else:
            shown = [line("nothing differs" if self.compared else "")]
            if self.compared is not None and self.pane == "behaviour" and self.compared.unknown:
                shown = [line(f"unknown: {self.compared.unknown}")]
        if self.pane == "interface" and self.compared is not None and self.compared.partial:
            shown = [*shown, line(""), line(PARTIAL, "dim")]
        pages = self.query_one("#pages", Pages)
        pages.fold = self.pane == "interface"
        pages.show(shown)

    def on_rows_moved(self, event: Rows.Moved) -> None:
        del event
        self._detail()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        del event
        self.action_choose()

    def action_choose(self) -> None:
        entries = self._entries()
        if not entries or self.compared is None:
            return
        at = self.query_one("#list", Rows).at
        chosen = entries[at]
        if chosen.difference is not None and self.compared.world is not None:
            from reviewtool.tui.stepper import StepperScreen

            every = [one.difference for one in entries if one.difference is not None]
            self.app.push_screen(
                StepperScreen(self.session, self.pair, self.compared.world, every, at)
            )
        elif chosen.element is not None:
            element = chosen.element

            def find(job: Job) -> tuple[tuple[str, ...], Row] | None:
                del job
                return element_row(self.session, element)

            self.work_on("reading the interfaces", find, self._to_element)
        else:
            self.query_one("#pages").focus()

    def _to_element(self, found: tuple[tuple[str, ...], Row] | None) -> None:
        if found is None:
            self.query_one("#pages").focus()
            return
        from reviewtool.tui.element import ElementScreen

        self.app.push_screen(ElementScreen(self.session, *found))

    def action_pane(self, step: int) -> None:
        self.action_open(PANES[(PANES.index(self.pane) + step) % len(PANES)])

    def action_further(self, step: int) -> None:
        """Compare with the revision before the one on the left (0: with the first of all)."""
        known = [one.id for one in self.session.study.revisions]
        at = known.index(self.pair[0]) if self.pair[0] in known else 0
        if at == 0 or self.jobs:
            if not self.jobs:
                self.notify(f"{known[0]} is the first", markup=False, timeout=2)
            return
        self.pair = (known[at - 1 if step else 0], self.pair[1])
        self.compared = None
        self.load()
