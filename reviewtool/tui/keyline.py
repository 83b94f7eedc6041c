# SPDX-License-Identifier: GPL-2.0-or-later
"""The last line: the keys of the screen, which can be clicked.

One widget that draws text: Textual's own footer makes a widget of every key, anew at every change
of focus, and most of the time a screen takes to open goes there.
"""

from rich.style import Style
from rich.text import Text
from textual.binding import ActiveBinding, Binding
from textual.screen import Screen
from textual.widgets import Static

_ALWAYS = ("escape", "question_mark", "Q")
_GAP = 2


class KeyLine(Static):
    """Key and what it does: those of the focused part, of the screen, of all; as there is room."""

    def __init__(self) -> None:
        super().__init__("", id="keys", markup=False)

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self.name_keys)

    def on_resize(self) -> None:
        self.name_keys(self.screen)

    def name_keys(self, screen: Screen[object]) -> None:
        """Name the keys that work now; back, help and leaving always, others as there is room."""
        named: dict[str, tuple[str, str]] = {}
        own = _own_keys(screen)

        def rank(key: str, active: ActiveBinding) -> tuple[int, int]:
            if active.node not in (screen, screen.app):
                return 0, 0  # of the focused part
            return (1, own.index(key)) if key in own else (2, 0)

        for key, active in sorted(screen.active_bindings.items(), key=lambda one: rank(*one)):
            told = f"{self.app.get_key_display(active.binding)} {active.binding.description}"
            if active.binding.show and active.enabled:
                named.setdefault(told, (key, told))
        last = [one for one in named.values() if one[0] in _ALWAYS]
        room = self.size.width - sum(len(told) + _GAP for _, told in last)
        text = Text(no_wrap=True)
        for key, told in named.values():
            if key not in _ALWAYS and len(told) + _GAP <= room:
                room -= len(told) + _GAP
                text.append_text(_key(key, told))
        for key, told in last:
            text.append_text(_key(key, told))
        if text != self.content:
            self.update(text, layout=False)


def _own_keys(screen: Screen[object]) -> list[str]:
    """The keys that only this kind of screen has."""
    given = type(screen).__dict__.get("BINDINGS", ())
    return [one.key for one in Binding.make_bindings(given)]


def _key(key: str, told: str) -> Text:
    click = Style(meta={"@click": f"app.press({key!r})"})
    display, _, description = told.partition(" ")
    text = Text().append(display, Style(bold=True) + click)
    return text.append(f" {description}", click).append(" " * _GAP)
