# SPDX-License-Identifier: GPL-2.0-or-later
"""One revision: its patches, the diff of the one under the bar, the replies."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import DataTable

from reviewtool.archive.types import Patch
from reviewtool.review.lineage import Entry
from reviewtool.review.session import Session
from reviewtool.text import visible
from reviewtool.tui import draw
from reviewtool.tui.reading import Pages
from reviewtool.tui.screens import ReviewScreen
from reviewtool.tui.tables import Rows


class RevisionScreen(ReviewScreen):
    """The list on the left chooses what is read on the right."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "step(1)", "next patch", key_display="]"),
        Binding("left_square_bracket", "step(-1)", "previous", key_display="[", show=False),
        Binding("full_stop", "hunk(1)", "next hunk", key_display="."),
        Binding("comma", "hunk(-1)", "previous hunk", key_display=",", show=False),
    ]

    def __init__(self, session: Session, entry: Entry) -> None:
        super().__init__(f"{entry.study.id}: {entry.mail.title}")
        self.session = session
        self.entry = entry
        self._texts: list[Text] = []

    def body(self) -> ComposeResult:
        with Horizontal():
            yield Rows(("", "patch"), id="list")
            yield Pages(id="pages")

    def on_mount(self) -> None:
        mail = self.entry.mail
        rows = []
        if mail.cover is not None:
            rows.append(("0", "cover letter"))
            self._texts.append(Text(visible(mail.cover.body)))
        for patch in mail.patches:
            rows.append((str(patch.index), patch.subject))
            self._texts.append(_patch(patch))
        for reply in mail.replies:
            rows.append(("re", f"{reply.author.partition(' <')[0]}: {reply.subject}"))
            head = f"From: {reply.author}\nDate: {reply.date}\nSubject: {reply.subject}\n\n"
            self._texts.append(Text(visible(head + reply.body)))
        self.query_one("#list", Rows).fill(rows)
        self.query_one("#list").focus()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        if 0 <= event.cursor_row < len(self._texts):
            self.query_one("#pages", Pages).show(self._texts[event.cursor_row])

    def on_data_table_row_selected(self) -> None:
        self.query_one("#pages").focus()

    def action_step(self, step: int) -> None:
        rows = self.query_one("#list", Rows)
        rows.move_cursor(row=rows.cursor_row + step)

    def action_hunk(self, step: int) -> None:
        self.query_one("#pages", Pages).jump("@@", step)


def _patch(patch: Patch) -> Text:
    given = [f"{one.name}: {one.value}" for one in patch.trailers if one.given_by]
    text = Text(visible(f"From: {patch.author}\nSubject: {patch.subject}\n\n{patch.message}\n"))
    if given:
        text.append(visible("\nGiven in replies:\n" + "\n".join(given) + "\n"), "italic")
    text.append("---\n")
    return text.append(draw.diff(patch.diff))
