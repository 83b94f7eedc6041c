# SPDX-License-Identifier: GPL-2.0-or-later
"""The application: which screen is up, and the keys that work everywhere."""

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from reviewtool.review.difference import chosen_pair
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
            self.pop_screen()  # not awaited: the screen that goes is the one whose key this is

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the command palette offers: Textual's own, and every place of the study."""
        yield from super().get_system_commands(screen)
        for one in self.session.study.revisions:
            name = one.id
            yield SystemCommand(f"tests of {name}", "build, boot and hold", self._to_tests(name))
            yield SystemCommand(f"model of {name}", "its rules and sources", self._to_model(name))
            yield SystemCommand(f"compare {name}", "with the revision before", self._to_diff(name))

    def _to_tests(self, name: str) -> Callable[[], None]:
        def go() -> None:
            from reviewtool.tui.tests import TestsScreen

            self.push_screen(TestsScreen(self.session, name))

        return go

    def _to_model(self, name: str) -> Callable[[], None]:
        def go() -> None:
            from reviewtool.tui.model import ModelScreen

            self.push_screen(ModelScreen(self.session, name))

        return go

    def _to_diff(self, name: str) -> Callable[[], None]:
        def go() -> None:
            from reviewtool.tui.comparison import ComparisonScreen

            self.push_screen(ComparisonScreen(self.session, *chosen_pair(self.session, [name])))

        return go

    def action_help(self) -> None:
        from reviewtool.tui.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())
