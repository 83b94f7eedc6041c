# SPDX-License-Identifier: GPL-2.0-or-later
"""The application: which screen is up, and the keys that work everywhere."""

from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from reviewtool.review.session import Session
from reviewtool.tui.lineage import LineageScreen


class ReviewApp(App[None]):
    """Opens on the lineage of ``session``'s study."""

    TITLE = "reviewtool"
    CSS_PATH = "review.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("Q", "quit", "quit", key_display="Q"),
        Binding("question_mark", "help", "help", key_display="?"),
        Binding("ctrl+c", "quit", "quit", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def on_mount(self) -> None:
        self.push_screen(LineageScreen(self.session))

    async def action_back(self) -> None:
        """Leave the screen for the one before it; the first one stays."""
        if len(self.screen_stack) > 2:
            await self.pop_screen()

    def action_help(self) -> None:
        from reviewtool.tui.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())
