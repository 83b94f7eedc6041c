# SPDX-License-Identifier: GPL-2.0-or-later
"""A list one chooses from: columns that fit the screen, and a bar."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from reviewtool.text import visible_line
from reviewtool.tui.lines import HEAD, Lines

_GAP = 2
_LEAST = 26  # columns of a cell that gives way
_LEAST_LAST = 34  # of the last one


class Rows(Lines):
    """``j`` and ``k`` move the bar, Enter or a click on it chooses.

    Where the screen is narrow, the columns ``spare`` names by number are left out one after the
    other as long as the last column has less than it needs, and those ``giving`` names are cut;
    what does not fit then is reached with ``l`` and ``h``. No column but the last, and those that
    give way, is wider than ``most``, unless there is room; the first ``fixed`` ones stay when ``l``
    goes aside.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "open")]

    class Chosen(Message):
        """Enter, or a click on the bar."""

        def __init__(self, rows: "Rows", at: int) -> None:
            super().__init__()
            self.rows = rows
            self.at = at

        @property
        def control(self) -> "Rows":
            return self.rows

    class Moved(Message):
        """The bar is on another row."""

        def __init__(self, rows: "Rows", at: int) -> None:
            super().__init__()
            self.rows = rows
            self.at = at

        @property
        def control(self) -> "Rows":
            return self.rows

    def __init__(
        self,
        head: Sequence[str],
        *,
        giving: Sequence[int] = (-1,),
        spare: Sequence[int] = (),
        fixed: int = 0,
        most: int = 24,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._head = tuple(head)
        self._giving = tuple(giving)
        self._spare = tuple(spare)
        self._most = most
        self._fixed = fixed
        self._rows: list[tuple[str, ...]] = []
        self._styles: list[str] = []
        self._widths: list[int] = []
        self._bar = 0

    def fill(
        self,
        rows: Sequence[Sequence[str]],
        head: Sequence[str] | None = None,
        *,
        at: int | None = None,
        styles: Sequence[str] = (),
    ) -> None:
        """Show ``rows`` instead of what is there; the bar stays where it was if it can."""
        self._head = tuple(head) if head is not None else self._head
        self._rows = [tuple(visible_line(cell) for cell in row) for row in rows]
        self._styles = list(styles) or [""] * len(self._rows)
        self._bar = min(self._bar if at is None else at, max(len(self._rows) - 1, 0))
        self._fit()
        self.go(self._bar)

    def on_resize(self) -> None:
        self._fit()
        self.go(self._bar)

    def _fit(self) -> None:
        """Choose the widths of the columns; a width of 0 leaves one out."""
        every = [self._head, *self._rows] if any(self._head) else self._rows
        columns = len(self._head)
        whole = [max((cell_len(row[n]) for row in every), default=0) for n in range(columns)]
        widths = list(whole)
        for n in range(columns - 1):
            if n not in self._giving:
                widths[n] = min(widths[n], self._most)
        room = self.size.width
        for number in self._spare:
            if room and _total(widths) > room + max(widths[-1] - _LEAST_LAST, 0):
                widths[number] = 0
        for number in self._giving:
            excess = _total(widths) - room
            if room and excess > 0:
                least = _LEAST_LAST if number in (-1, columns - 1) else _LEAST
                widths[number] = max(min(least, widths[number]), widths[number] - excess)
        # Room nobody takes goes to those that lack least, so that most are whole.
        for number in sorted(range(columns), key=lambda n: whole[n] - widths[n]):
            if widths[number]:
                free = max(room - _total(widths), 0)
                widths[number] += min(whole[number] - widths[number], free)
        self._widths = widths
        self.measured(_total(widths), len(self._rows) + self._heading)

    @property
    def _heading(self) -> int:
        return HEAD if any(self._head) else 0

    @property
    def count(self) -> int:
        return len(self._rows)

    @property
    def at(self) -> int:
        return self._bar

    @property
    def page(self) -> int:
        return max(self.size.height - self._heading, 1)

    def cells(self, at: int) -> tuple[str, ...]:
        """What a row says."""
        return self._rows[at]

    def go(self, at: int) -> None:
        """Put the bar on row ``at``, or on the first or last one."""
        before, self._bar = self._bar, min(max(at, 0), max(self.count - 1, 0))
        top = int(self.scroll_offset.y)
        if self._bar < top:
            top = self._bar
        elif self._bar >= top + self.page:
            top = self._bar - self.page + 1
        self.scroll_to(None, top, animate=False, immediate=True, force=True)
        self.refresh()
        if before != self._bar:
            self.post_message(self.Moved(self, self._bar))

    def plain_line(self, at: int) -> str:
        return "  ".join(self._rows[at])

    def shown(self, at: int, width: int) -> tuple[Text, Style]:
        del width
        text = Text(self._joined(self._rows[at]), self._styles[at], no_wrap=True)
        if at != self._bar:
            return text, Style.null()
        bar = self.get_component_rich_style("lines--bar")
        return text, bar if self.has_focus else Style(bold=True, underline=True)

    def _joined(self, row: Sequence[str]) -> str:
        cells = [_cut(cell, width) for cell, width in zip(row, self._widths, strict=False) if width]
        return (" " * _GAP).join(cells)

    def render_line(self, y: int) -> Strip:
        left, top = (int(each) for each in self.scroll_offset)
        if y or not self._heading:
            return self.strip(y - self._heading + top, left)
        style = self._base + self.get_component_rich_style("lines--head")
        text = Text(self._joined(self._head), end="")
        return self.cropped(Strip(text.render(self.app.console)), left, style)

    def cropped(self, strip: Strip, left: int, style: Style) -> Strip:
        steady = _total(self._widths[: self._fixed]) + _GAP if self._fixed and left else 0
        aside = super().cropped(strip, left + steady, style)
        if not steady:
            return aside
        room = max(self.size.width - steady, 0)
        return Strip.join([strip.crop_extend(0, steady, style), aside.crop(0, room)])

    def action_choose(self) -> None:
        if self._rows:
            self.post_message(self.Chosen(self, self._bar))

    def on_click(self, event: events.Click) -> None:
        at = event.y - self._heading + int(self.scroll_offset.y)
        if event.y < self._heading or not 0 <= at < self.count:
            return
        if at == self._bar and self.has_focus and event.chain > 1:
            self.action_choose()
        self.go(at)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()


def _cut(cell: str, width: int) -> str:
    if cell_len(cell) <= width:
        return set_cell_size(cell, width)
    return set_cell_size(cell, max(width - 1, 0)) + "…"[:width]


def _total(widths: Sequence[int]) -> int:
    shown = [width for width in widths if width]
    return sum(shown) + _GAP * max(len(shown) - 1, 0)
