# SPDX-License-Identifier: GPL-2.0-or-later
"""What every list and every text is: lines that scroll as in less and tig, and can be searched.

Only the lines in sight are rendered: five thousand scroll as well as five.
"""

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

HEAD = 1  # lines of a column head


class Lines(ScrollView, can_focus=True):
    """Base of :class:`~reviewtool.tui.reading.Pages` and :class:`~reviewtool.tui.rows.Rows`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--bar", "lines--head", "lines--found"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "go_by(1)", "down", show=False),
        Binding("k,up", "go_by(-1)", "up", show=False),
        Binding("space,pagedown,ctrl+f", "page_by(1)", "page down", show=False),
        Binding("backspace,pageup,ctrl+b", "page_by(-1)", "page up", show=False),
        Binding("ctrl+d", "half_by(1)", "half a page down", show=False),
        Binding("ctrl+u", "half_by(-1)", "half a page up", show=False),
        Binding("g,home", "end(0)", "top", show=False),
        Binding("G,end", "end(1)", "bottom", show=False),
        Binding("l,right", "aside(1)", "right", show=False),
        Binding("h,left", "aside(-1)", "left", show=False),
    ]

    found: str = ""  # what was searched last
    _base: Style = Style.null()

    @property
    def count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def plain_line(self, at: int) -> str:
        """The text of a line, as it is searched."""
        raise NotImplementedError

    def shown(self, at: int, width: int) -> tuple[Text, Style]:
        """A line as it is drawn, and the style of the rest of it."""
        raise NotImplementedError

    @property
    def at(self) -> int:
        """The line a search starts from."""
        return int(self.scroll_offset.y)

    def go(self, at: int) -> None:
        """Make ``at`` that line."""
        self.scroll_to(None, at, animate=False, immediate=True, force=True)

    @property
    def page(self) -> int:
        """How many lines are in sight."""
        return max(self.size.height, 1)

    def action_go_by(self, step: int) -> None:
        self.go(self.at + step)

    def action_page_by(self, step: int) -> None:
        self.go(self.at + step * max(self.page - 1, 1))

    def action_half_by(self, step: int) -> None:
        self.go(self.at + step * max(self.page // 2, 1))

    def action_end(self, which: int) -> None:
        self.go(self.count if which else 0)

    def action_aside(self, step: int) -> None:
        self.scroll_to(
            self.scroll_offset.x + 8 * step, None, animate=False, immediate=True, force=True
        )

    def find(self, wanted: str, step: int = 1) -> bool:
        """Go to the next line with ``wanted`` (with -1 the one before); whether there is one."""
        self.found = wanted
        self.refresh()
        for at in self._places(step):
            self.go(at)
            return True
        return False

    def find_again(self, step: int) -> bool:
        """Go on to another place of what was searched last; whether there is one at all.

        A text stops at its last page, so places further down on it bring nothing else in sight.
        """
        before, places = self.at, self._places(step)
        for at in places:
            self.go(at)
            if self.at != before:
                break
        return bool(places)

    def _places(self, step: int) -> list[int]:
        """The lines with what was searched last, all around from the next one on."""
        wanted, count = self.found.lower(), self.count
        every = ((self.at + step * distance) % count for distance in range(1, count + 1))
        return [at for at in every if wanted and wanted in self.plain_line(at).lower()]

    def measured(self, width: int, height: int) -> None:
        """What there is has another size now."""
        self.virtual_size = Size(width, height)
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        self._base = self.rich_style  # of all lines: finding it takes as long as drawing one
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        offset_x, offset_y = self.scroll_offset
        return self.strip(y + int(offset_y), int(offset_x))

    def strip(self, at: int, left: int) -> Strip:
        """Line ``at`` from column ``left`` on, as wide as the widget."""
        width = self.size.width
        base = self._base
        if not 0 <= at < self.count:
            return Strip.blank(width, base)
        text, style = self.shown(at, width)
        if self.found:
            text = text.copy()
            mark = self.get_component_rich_style("lines--found")
            text.highlight_words([self.found], mark, case_sensitive=False)
        text.end = ""
        # Rich leaves out the style of a text that has no spans.
        own = self.app.console.get_style(text.style)
        return self.cropped(Strip(text.render(self.app.console)), left, base + style + own)

    def cropped(self, strip: Strip, left: int, style: Style) -> Strip:
        """What is in sight of a line from column ``left`` on."""
        return strip.apply_style(style).crop_extend(left, left + self.size.width, style)
