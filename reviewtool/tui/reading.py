# SPDX-License-Identifier: GPL-2.0-or-later
"""Text one reads: it scrolls, and can be searched."""

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip


class Pages(ScrollView, can_focus=True):
    """Lines of text, only the visible ones rendered: five thousand scroll as well as five."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "down", show=False),
        Binding("k", "scroll_up", "up", show=False),
        Binding("space", "page_down", "page down", show=False),
        Binding("backspace", "page_up", "page up", show=False),
        Binding("g", "scroll_home", "top", show=False),
        Binding("G", "scroll_end", "bottom", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._lines: list[Text] = []
        self._found = ""

    def show(self, text: Text) -> None:
        """Show ``text`` from its top."""
        self._lines = list(text.split("\n", allow_blank=True))
        width = max((line.cell_len for line in self._lines), default=0)
        self.virtual_size = Size(width, len(self._lines))
        self.scroll_to(0, 0, animate=False)
        self.refresh()

    @property
    def plain(self) -> str:
        """All of the text."""
        return "\n".join(line.plain for line in self._lines)

    def find(self, wanted: str) -> bool:
        """Bring the next line with ``wanted`` to the top; whether there is one."""
        self._found = wanted
        lowered = wanted.lower()
        count = len(self._lines)
        for step in range(1, count + 1):
            at = (int(self.scroll_offset.y) + step) % count
            if lowered in self._lines[at].plain.lower():
                self.scroll_to(0, at, animate=False)
                self.refresh()
                return True
        return False

    def find_next(self) -> bool:
        """The next place of what was searched last."""
        return bool(self._found) and self.find(self._found)

    def jump(self, prefix: str, step: int) -> bool:
        """Bring the next (or, with -1, the previous) line starting with ``prefix`` to the top."""
        at = int(self.scroll_offset.y) + step
        while 0 <= at < len(self._lines):
            if self._lines[at].plain.startswith(prefix):
                self.scroll_to(0, at, animate=False)
                return True
            at += step
        return False

    def render_line(self, y: int) -> Strip:
        offset_x, offset_y = self.scroll_offset
        at = y + int(offset_y)
        if at >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        line = self._lines[at].copy()
        if self._found:
            line.highlight_words([self._found], "reverse", case_sensitive=False)
        segments = list(line.render(self.app.console))
        strip = Strip(segments).apply_style(self.rich_style)
        return strip.crop_extend(int(offset_x), int(offset_x) + self.size.width, self.rich_style)
