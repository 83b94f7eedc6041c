# SPDX-License-Identifier: GPL-2.0-or-later
"""The life of one interface element through all revisions, and what was said of it."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from reviewtool.interface.types import Row
from reviewtool.report.interface import life
from reviewtool.review.remarks import remarks_on
from reviewtool.review.session import Session
from reviewtool.text import visible
from reviewtool.tui.beside import remark
from reviewtool.tui.reading import Pages
from reviewtool.tui.screens import ReviewScreen


class ElementScreen(ReviewScreen):
    """What it was called, what type it had, which patch brought it, what reviewers said."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "remarks", "to the remarks"),
        Binding("full_stop", "jump(1)", "next remark", key_display="."),
        Binding("comma", "jump(-1)", "previous remark", key_display=",", show=False),
    ]

    def __init__(self, session: Session, revisions: Sequence[str], row: Row) -> None:
        super().__init__(f"{row.kind} {row.name}")
        self.session = session
        self.revisions = tuple(revisions)
        self.row = row

    def body(self) -> ComposeResult:
        yield Pages(id="pages")

    def on_mount(self) -> None:
        pages = self.query_one("#pages", Pages)
        pages.show(Text(visible(life(self.revisions, self.row))))
        pages.focus()
        self.load()

    @work(thread=True, exclusive=True)
    def load(self) -> None:
        """Read the remarks, away from the screen."""
        text = Text(visible(life(self.revisions, self.row)) + "\nremarks\n")
        found = remarks_on(self.session, self.row)
        for revision, one in found:
            names = ", ".join(dict.fromkeys((*one.hooks, *one.functions)))
            text.append(f"\n{revision} patch {one.patch}: {visible(names)}\n", "bold")
            for line in [line for line in one.quote.splitlines() if line.strip()][-4:]:
                text.append(f"    > {visible(line)}\n", "dim")
            text.append(remark(one))
        if not found:
            text.append("  none in the mail at hand\n")
        self.app.call_from_thread(self._show, text)

    def _show(self, text: Text) -> None:
        self.query_one("#pages", Pages).show(text)

    def action_remarks(self) -> None:
        self.query_one("#pages", Pages).jump("remarks", 1)

    def action_jump(self, step: int) -> None:
        self.query_one("#pages", Pages).jump("  | ", step)
