# SPDX-License-Identifier: GPL-2.0-or-later
"""Text one reads."""

import textwrap
from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from reviewtool.text import visible
from reviewtool.tui.lines import Lines

TAB = 8
_NARROWEST = 20  # columns below which folding helps nobody


class Line(NamedTuple):
    """A line of text that is safe to show, and its style; ``first`` is its first character's.

    Only what is in sight becomes a rich text: that takes ten times as long as the rest.
    """

    plain: str
    style: str = ""
    first: str = ""

    def text(self) -> Text:
        """As it is drawn."""
        text = Text(self.plain, self.style, no_wrap=True)
        if self.first:
            text.stylize(self.first, 0, 1)
        return text


class Pages(Lines):
    """Lines of text from the top; strangers' text must come through :func:`page`.

    ``fold``: lines that are too long are folded, as prose may be and a diff may not.
    """

    def __init__(
        self,
        *,
        fold: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(id=id)
        self.fold = fold
        self._given: list[Line] = []
        self._lines: list[Line] = []

    def show(self, lines: Iterable[Line], at: int = 0) -> None:
        """Show ``lines``, line ``at`` topmost."""
        self._given = list(lines)
        self._lines = self._folded(self._given)
        self._measure()
        self.scroll_to(0, at, animate=False, immediate=True, force=True)

    def more(self, lines: Iterable[Line]) -> None:
        """Add ``lines``; who reads the end goes on reading the end."""
        ends = self.at >= self.count - self.page
        new = list(lines)
        self._given += new
        self._lines += self._folded(new)
        self._measure()
        if ends:
            self.go(self.count)

    def on_resize(self) -> None:
        if self.fold:
            self._lines = self._folded(self._given)
            self._measure()

    def _folded(self, lines: list[Line]) -> list[Line]:
        width = self.size.width
        if not self.fold or width < _NARROWEST:
            return list(lines)
        return [part for each in lines for part in folded(each, width)]

    def _measure(self) -> None:
        self.measured(
            max((cell_len(each.plain) for each in self._lines), default=0), len(self._lines)
        )

    @property
    def count(self) -> int:
        return len(self._lines)

    @property
    def plain(self) -> str:
        """All of the text."""
        return "\n".join(line.plain for line in self._lines)

    def plain_line(self, at: int) -> str:
        return self._lines[at].plain

    def shown(self, at: int, width: int) -> tuple[Text, Style]:
        del width
        return self._lines[at].text(), Style.null()

    def jump(self, prefix: str, step: int) -> bool:
        """Bring the next (or, with -1, the previous) line starting with ``prefix`` to the top."""
        last = max(self.count - self.page, 0)
        at = self.at + step
        while 0 <= at < self.count:
            if self._lines[at].plain.startswith(prefix):
                self.go(at)
                return self.at == min(at, last)
            at += step
        return False


def page(text: str, style: str = "") -> list[Line]:
    """Anybody's text as lines that are safe to show."""
    return [Line(each.expandtabs(TAB), style) for each in visible(text).split("\n")]


def line(text: str, style: str = "", first: str = "") -> Line:
    """One line of it, tabs set as a terminal does."""
    return Line(visible(text).expandtabs(TAB), style, first)


def folded(line: Line, width: int) -> list[Line]:
    """``line`` in lines of at most ``width`` columns, what goes on set further to the right."""
    plain = line.plain
    if cell_len(plain) <= width:
        return [line]
    indent = " " * (len(plain) - len(plain.lstrip()) + 4)
    parts = textwrap.wrap(
        plain, width, subsequent_indent=indent, break_on_hyphens=False, drop_whitespace=True
    )
    return [Line(part, line.style) for part in parts] or [line]
