# SPDX-License-Identifier: GPL-2.0-or-later
"""Two revisions compared: patches, interface, behaviour."""

from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, TabbedContent, TabPane

from reviewtool.errors import RequestError
from reviewtool.report.diff import patches_text
from reviewtool.report.interface import PARTIAL, changes_text
from reviewtool.review.difference import RevisionDiff, difference
from reviewtool.review.session import Session
from reviewtool.text import visible
from reviewtool.tui.reading import Pages
from reviewtool.tui.screens import ReviewScreen
from reviewtool.tui.tables import Rows


class ComparisonScreen(ReviewScreen):
    """Three panes over the same two revisions; Enter on a difference steps through it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "pane(1)", "next pane", key_display="]"),
        Binding("left_square_bracket", "pane(-1)", "previous pane", key_display="[", show=False),
        Binding("1", "open('behaviour')", "behaviour"),
        Binding("2", "open('interface')", "interface"),
        Binding("3", "open('patches')", "patches"),
    ]

    def __init__(self, session: Session, a: str, b: str) -> None:
        super().__init__(f"{a} -> {b}")
        self.session = session
        self.pair = (a, b)
        self.diff: RevisionDiff | None = None

    def body(self) -> ComposeResult:
        with TabbedContent(initial="behaviour"):
            with TabPane("1 Behaviour", id="behaviour"):
                yield Rows(("steps", "difference"), id="differences")
            with TabPane("2 Interface", id="interface"):
                yield Pages(id="changes")
            with TabPane("3 Patches", id="patches"):
                yield Pages(id="pairs")

    def on_mount(self) -> None:
        self.query_one("#differences").focus()
        self.load()

    @work(thread=True, exclusive=True)
    def load(self) -> None:
        """Compare, away from the screen."""
        try:
            found = difference(self.session, *self.pair)
        except RequestError as error:
            self.app.call_from_thread(self.notify, str(error), severity="error", markup=False)
            return
        self.app.call_from_thread(self._show, found)

    def _show(self, found: RevisionDiff) -> None:
        self.diff = found
        note = f"{PARTIAL}\n\n" if found.partial else ""
        self.query_one("#changes", Pages).show(
            Text(visible(note + changes_text(found.interface or ())))
        )
        self.query_one("#pairs", Pages).show(Text(patches_text(found.patches or ())))
        if found.behaviour is None:
            self.heading(f"{found.a} -> {found.b}: behaviour unknown: {found.unknown}")
            self.action_open("interface")
            return
        self.heading(f"{found.a} -> {found.b}: {found.behaviour.verdict}")
        self.query_one("#differences", Rows).fill(
            [(str(len(one.inputs)), one.cause) for one in found.behaviour.differences]
        )

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        if self.diff is None or self.diff.behaviour is None:
            return
        from reviewtool.tui.stepper import StepperScreen

        chosen = self.diff.behaviour.differences[event.cursor_row]
        self.app.push_screen(
            StepperScreen(self.session, self.pair, self.diff.behaviour.world, chosen)
        )

    def action_pane(self, step: int) -> None:
        panes = ["behaviour", "interface", "patches"]
        at = panes.index(self.query_one(TabbedContent).active)
        self.action_open(panes[(at + step) % len(panes)])

    def action_open(self, pane: str) -> None:
        self.query_one(TabbedContent).active = pane
        inside = {"behaviour": "differences", "interface": "changes", "patches": "pairs"}
        self.query_one(f"#{inside[pane]}").focus()
