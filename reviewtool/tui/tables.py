# SPDX-License-Identifier: GPL-2.0-or-later
"""A table that moves as tig and mutt do, and shows strangers' text as text."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import DataTable

from reviewtool.text import visible_line


class Rows(DataTable[Text]):
    """Rows chosen with a bar; j and k move it, g and G go to the ends."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "down", show=False),
        Binding("k", "cursor_up", "up", show=False),
        Binding("g", "scroll_top", "top", show=False),
        Binding("G", "scroll_bottom", "bottom", show=False),
        Binding("space", "page_down", "page down", show=False),
        Binding("backspace", "page_up", "page up", show=False),
    ]

    def __init__(self, head: Sequence[str], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id, cursor_type="row", zebra_stripes=False)
        self._head = tuple(head)
        self._found = ""

    def on_mount(self) -> None:
        self.add_columns(*self._head)

    def fill(self, rows: Sequence[Sequence[str]], head: Sequence[str] | None = None) -> None:
        """Show ``rows`` instead of what is there; the bar stays where it was if it can."""
        at = self.cursor_row
        self.clear(columns=head is not None)
        if head is not None:
            self._head = tuple(head)
            self.add_columns(*self._head)
        for row in rows:
            self.add_row(*(Text(visible_line(cell), no_wrap=True) for cell in row))
        self.move_cursor(row=min(at, max(len(rows) - 1, 0)))

    def find(self, wanted: str) -> bool:
        """Move the bar to the next row with ``wanted``; whether there is one."""
        self._found = wanted.lower()
        for step in range(1, self.row_count + 1):
            at = (self.cursor_row + step) % self.row_count
            if any(self._found in cell.plain.lower() for cell in self.get_row_at(at)):
                self.move_cursor(row=at)
                return True
        return False

    def find_next(self) -> bool:
        """The next row with what was searched last."""
        return bool(self._found) and self.find(self._found)
