# SPDX-License-Identifier: GPL-2.0-or-later
"""Text one reads."""

import textwrap
from collections.abc import Iterable

from rich.style import Style
from rich.text import Text

from reviewtool.text import visible
from reviewtool.tui.lines import Lines

TAB = 8
_NARROWEST = 20  # columns below which folding helps nobody


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
        self._given: list[Text] = []
        self._lines: list[Text] = []

    def show(self, lines: Iterable[Text], at: int = 0) -> None:
        """Show ``lines``, line ``at`` topmost."""
        self._given = list(lines)
        self._lines = self._folded(self._given)
        self._measure()
        self.scroll_to(0, at, animate=False, immediate=True, force=True)

    def more(self, lines: Iterable[Text]) -> None:
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

    def _folded(self, lines: list[Text]) -> list[Text]:
        width = self.size.width
        if not self.fold or width < _NARROWEST:
            return list(lines)
        return [part for each in lines for part in folded(each, width)]

    def _measure(self) -> None:
        self.measured(max((line.cell_len for line in self._lines), default=0), len(self._lines))

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
        return self._lines[at], Style.null()

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


def page(text: str, style: str = "") -> list[Text]:
    """Anybody's text as lines that are safe to show."""
    return [line(each, style) for each in visible(text).split("\n")]


def line(text: str, style: str = "") -> Text:
    """One line of it, tabs set as a terminal does."""
    return Text(visible(text).expandtabs(TAB), style, no_wrap=True)


def folded(text: Text, width: int) -> list[Text]:
    """``text`` in lines of at most ``width`` columns, what goes on set further to the right."""
    if text.cell_len <= width:
        return [text]
    plain = text.plain
    indent = " " * (len(plain) - len(plain.lstrip()) + 4)
    parts = textwrap.wrap(
        plain, width, subsequent_indent=indent, break_on_hyphens=False, drop_whitespace=True
    )
    return [Text(part, text.style, no_wrap=True) for part in parts] or [text]
