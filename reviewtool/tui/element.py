# SPDX-License-Identifier: GPL-2.0-or-later
"""The life of one interface element through all revisions."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult

from reviewtool.interface.types import Row
from reviewtool.review.session import Session
from reviewtool.text import visible
from reviewtool.tui.reading import Pages
from reviewtool.tui.screens import ReviewScreen


class ElementScreen(ReviewScreen):
    """What it was called, what type it had and which patch brought it, revision by revision."""

    def __init__(self, session: Session, revisions: Sequence[str], row: Row) -> None:
        super().__init__(f"{row.kind} {row.name}")
        self.session = session
        self._text = life(revisions, row)

    def body(self) -> ComposeResult:
        yield Pages(id="pages")

    def on_mount(self) -> None:
        pages = self.query_one("#pages", Pages)
        pages.show(Text(visible(self._text)))
        pages.focus()


def life(revisions: Sequence[str], row: Row) -> str:
    """The element in every revision, then why its names are held to be one."""
    lines = [f"{row.kind} of {row.parent}" if row.parent else row.kind]
    for name in revisions:
        lines.append("")
        if name not in row.states:
            lines.append(f"{name:8} not there")
            continue
        patch = f" by patch {row.patches[name]}" if name in row.patches else ""
        lines.append(f"{name:8} {row.states[name]}{patch}: {row.names.get(name, row.name)}")
        for what, text in (
            ("type", row.types.get(name)),
            ("value", row.values.get(name)),
            ("under", row.guards.get(name)),
        ):
            if text:
                lines.append(f"{'':9}{what} {text}")
    if row.evidence:
        lines += ["", "held to be one element because:"]
        lines += [f"  {text}" for text in row.evidence]
    return "\n".join(lines) + "\n"
