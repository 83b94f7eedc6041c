# SPDX-License-Identifier: GPL-2.0-or-later
"""What every screen has: a title line, a way back, a search in what it shows."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Input, Label

from reviewtool.text import visible_line
from reviewtool.tui.reading import Pages
from reviewtool.tui.tables import Rows


class Search(Input):
    """The line a search is typed in; Escape leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave", show=False)]

    def action_leave(self) -> None:
        self.remove()


class ReviewScreen(Screen[None]):
    """A screen with a title; Escape goes back to the one before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.back", "back"),
        Binding("slash", "search", "search", key_display="/"),
        Binding("n", "search_next", "next", show=False),
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._heading = visible_line(title)
        self._within: Pages | Rows | None = None

    def compose(self) -> ComposeResult:
        yield Label(self._heading, id="heading", markup=False)
        yield from self.body()
        yield Footer(show_command_palette=False, compact=True)

    def body(self) -> ComposeResult:
        """What stands between the title and the key line."""
        raise NotImplementedError

    def heading(self, text: str) -> None:
        """Say something else in the title line."""
        self.query_one("#heading", Label).update(visible_line(text))

    def _searched(self) -> Pages | Rows | None:
        """What a search looks in: what has the focus, else the text, else the first list."""
        for focused in (self.focused, *self.query(Pages), *self.query(Rows)):
            if isinstance(focused, Pages | Rows):
                return focused
        return None

    def action_search(self) -> None:
        self._within = self._searched()
        if self._within is not None and not self.query(Search):
            bar = Search(placeholder="search", id="search")
            self.mount(bar, before=self.query_one(Footer))
            bar.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.input.remove()
        if self._within is None:
            return
        self._within.focus()
        if event.value and not self._within.find(event.value):
            self.notify(f"not found: {visible_line(event.value)}", markup=False)

    def action_search_next(self) -> None:
        within = self._searched()
        if within is not None:
            within.find_next()
