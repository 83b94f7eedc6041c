# SPDX-License-Identifier: GPL-2.0-or-later
"""The first screen: the lineage, and the interface matrix below it."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable

from reviewtool.errors import RequestError
from reviewtool.interface.matrix import matrix
from reviewtool.interface.types import Matrix
from reviewtool.report.interface import INSIDE, cells, qualified
from reviewtool.review.difference import chosen_pair
from reviewtool.review.lineage import Entry, lineage
from reviewtool.review.session import Session, snapshots
from reviewtool.tui.screens import ReviewScreen
from reviewtool.tui.tables import Rows

HEAD = ("rev", "date", "author", "patches", "replies", "title")


class LineageScreen(ReviewScreen):
    """Revisions above, interface elements by revision below; Tab goes from one to the other."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open"),
        Binding("d", "compare", "diff with previous"),
        Binding("c", "checks", "tests"),
        Binding("m", "model", "model"),
        Binding("tab", "app.focus_next", "matrix", show=True),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(f"{session.study.name}: {session.study.title}")
        self.session = session
        self.entries: tuple[Entry, ...] = ()
        self.matrix: Matrix | None = None

    def body(self) -> ComposeResult:
        yield Rows(HEAD, id="revisions")
        yield Rows(("kind", "element"), id="matrix")

    def on_mount(self) -> None:
        self.query_one("#revisions").focus()
        self.load()

    @work(thread=True, exclusive=True)
    def load(self) -> None:
        """Read the mail and the interfaces, away from the screen."""
        try:
            entries = lineage(self.session)
            self.app.call_from_thread(self._show_entries, entries)
            names = [entry.study.id for entry in entries]
            found = matrix(snapshots(self.session, names))
        except RequestError as error:
            self.app.call_from_thread(self.notify, str(error), severity="error", markup=False)
            return
        self.app.call_from_thread(self._show_matrix, found)

    def _show_entries(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries
        self.query_one("#revisions", Rows).fill([_row(entry) for entry in entries])
        self.query_one("#revisions", Rows).move_cursor(row=len(entries) - 1)

    def _show_matrix(self, found: Matrix) -> None:
        rows = tuple(row for row in found.rows if row.kind not in INSIDE)
        self.matrix = Matrix(found.revisions, rows, found.partial)
        self.query_one("#matrix", Rows).fill(
            [(row.kind, qualified(row), *cells(row, found.revisions)) for row in rows],
            ("kind", "element", *found.revisions),
        )

    @property
    def chosen(self) -> Entry | None:
        """The revision under the bar."""
        at = self.query_one("#revisions", Rows).cursor_row
        return self.entries[at] if 0 <= at < len(self.entries) else None

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        if event.data_table.id == "revisions":
            self.action_open()
        elif self.matrix is not None and self.matrix.rows:
            from reviewtool.tui.element import ElementScreen

            row = self.matrix.rows[event.cursor_row]
            self.app.push_screen(ElementScreen(self.session, self.matrix.revisions, row))

    def action_open(self) -> None:
        if self.chosen is not None:
            from reviewtool.tui.revision import RevisionScreen

            self.app.push_screen(RevisionScreen(self.session, self.chosen))

    def action_compare(self) -> None:
        if self.chosen is not None:
            from reviewtool.tui.comparison import ComparisonScreen

            a, b = chosen_pair(self.session, [self.chosen.study.id])
            self.app.push_screen(ComparisonScreen(self.session, a, b))

    def action_checks(self) -> None:
        if self.chosen is not None:
            from reviewtool.tui.tests import TestsScreen

            self.app.push_screen(TestsScreen(self.session, self.chosen.study.id))

    def action_model(self) -> None:
        if self.chosen is not None:
            from reviewtool.tui.model import ModelScreen

            self.app.push_screen(ModelScreen(self.session, self.chosen.study.id))


def _row(entry: Entry) -> tuple[str, ...]:
    mail = entry.mail
    return (
        entry.study.id,
        (entry.study.date or mail.date)[:10],
        mail.author.partition(" <")[0],
        str(len(mail.patches)),
        str(len(mail.replies)),
        mail.title,
    )
