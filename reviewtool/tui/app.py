# SPDX-License-Identifier: GPL-2.0-or-later
"""The application: which screen is up, what is under way, and the keys that work everywhere."""

import asyncio
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.events import Event, Key
from textual.filter import LineFilter, NoColor
from textual.message import Message
from textual.screen import Screen

from reviewtool.lineage.succession import lineage_of
from reviewtool.review.session import Session
from reviewtool.text import visible_line
from reviewtool.tui import drafts, outside
from reviewtool.tui.apart import Workers
from reviewtool.tui.jobs import Job
from reviewtool.tui.screens import WIDE, ReviewScreen
from reviewtool.tui.typed import Typed

if TYPE_CHECKING:
    from reviewtool.tui.runs import Run

THEMES = {"dark": "textual-dark", "light": "textual-light", "terminal": "ansi-dark"}
_OF_A_REVISION = frozenset({"compare", "compare_first", "checks", "model"})
_SWITCH = 0.001  # seconds a thread may keep the interpreter while a key waits for it
_REST = 1.5  # seconds without a key after which there is time to tidy up
_GRACE = 3.0  # seconds that what was called off gets to clean up after itself


def _import_screens() -> None:
    for name in ("revision", "comparison", "stepper", "element", "tests", "model", "everywhere"):
        import_module(f"reviewtool.tui.{name}")


class ReviewApp(App[None]):
    """Opens on the lineage of ``session``'s study; with ``fetch``, fetches that message first."""

    TITLE = "reviewtool"
    CSS_PATH = "review.tcss"
    ENABLE_COMMAND_PALETTE = True
    # On a wide screen a list stands beside what is read, else above it.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("Q", "quit", "quit", key_display="Q"),
    ]

    class Ran(Message):
        """The tests of a revision are over."""

        def __init__(self, name: str, job: Job) -> None:
            super().__init__()
            self.name = name
            self.job = job

    def __init__(
        self,
        session: Session,
        *,
        theme: str = "dark",
        fetch: str | None = None,
        workers: Workers | None = None,
    ) -> None:
        super().__init__()
        self.session = session
        self.apart = workers or Workers()
        self._shared = workers is not None
        self._interpreter: tuple[float, tuple[int, int, int]] | None = None  # as it was
        self.runs: dict[str, Run] = {}  # by revision: its tests, under way or over
        self.under_way: list[Job] = []
        self.typed = Typed(self)
        self._wanted = fetch
        self.animation_level = "none"  # over ssh every frame is a delay
        self.theme = THEMES[theme]

    def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        self._interpreter = (sys.getswitchinterval(), gc.get_threshold())
        sys.setswitchinterval(_SWITCH)
        # Looking through all there is takes as long as a key may: only while nobody types.
        gc.set_threshold(5_000, 10, 1_000_000)
        self.set_interval(_REST, self._tidy)
        if not self.is_headless:
            for number in (signal.SIGHUP, signal.SIGTERM):
                loop.add_signal_handler(number, self._hung_up, number)
        if self._wanted is not None:
            from reviewtool.tui.fetching import FetchScreen

            self.push_screen(FetchScreen(self._wanted))
        else:
            self.open_study(self.session)

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key) and not event.is_forwarded and self.typed.takes(event):
            return
        await super().on_event(event)

    def open_study(self, session: Session) -> None:
        """Show the lineage of a study instead of whatever is shown."""
        from reviewtool.tui.lineage import LineageScreen

        self.session = session
        self.runs.clear()
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.push_screen(LineageScreen(session))

    # Work

    def _tidy(self) -> None:
        if gc.get_count()[2] and time.monotonic() - self.typed.last > _REST:
            gc.collect()

    def warm_up(self) -> None:
        """Make ready, while nothing is asked, for what will be: nobody waits for an import."""
        gc.freeze()  # what has been made by now stays: it need not be looked through again
        self.apart.warm()
        threading.Thread(target=_import_screens, daemon=True).start()

    def begin(self, job: Job, ended: Callable[[Job], object]) -> None:
        """Start ``job``; ``ended`` is called in its thread."""
        self.under_way.append(job)

        def over(job: Job) -> None:
            try:
                ended(job)
            finally:
                self.under_way.remove(job)

        job.start(over)

    def run_tests(self, name: str) -> None:
        """Run the tests of a revision; they go on whatever is looked at."""
        from reviewtool.tui.runs import Run

        run = self.runs[name] = Run(self.session, name)
        self.begin(run.job, lambda job: self.post_message(self.Ran(name, job)))

    def on_review_screen_ended(self, event: ReviewScreen.Ended) -> None:
        if event.job.fault is not None:
            raise event.job.fault
        if event.screen.is_attached:
            event.screen.over(event)

    def on_review_app_ran(self, event: Ran) -> None:
        job = event.job
        if job.fault is not None:
            raise job.fault
        front = self.screen
        if isinstance(front, ReviewScreen):
            front.tick()
        if self.revision != event.name:
            told = str(job.error) if job.error is not None else job.state
            self.notify(f"tests of {event.name}: {told}", markup=False)

    @staticmethod
    def seconds(job: Job) -> float:
        """How long a job has been running."""
        return time.monotonic() - job.began

    def call_off(self) -> bool:
        """Stop everything and wait a moment; whether all of it ended."""
        jobs = list(self.under_way)
        for job in jobs:
            job.cancel()
        until = time.monotonic() + _GRACE
        ended = [job.join(max(until - time.monotonic(), 0.01)) for job in jobs]
        return all(ended)

    def on_unmount(self) -> None:
        if not self._shared:
            self.apart.close()
        if self._interpreter is not None:
            switch, threshold = self._interpreter
            sys.setswitchinterval(switch)
            gc.set_threshold(*threshold)
            gc.unfreeze()

    def _hung_up(self, number: int) -> None:
        """The terminal is gone, or somebody ends us: end what we started, then go."""
        self.call_off()
        if number == signal.SIGHUP:
            os._exit(128 + number)  # nobody is left to restore a terminal for
        self.exit(return_code=128 + number)

    # Going places

    async def action_back(self) -> None:
        """Leave the screen for the one before it; the first one stays."""
        if len(self.screen_stack) > 2:
            self.pop_screen()  # not awaited: the screen that goes is the one whose key this is
        else:
            self.notify("Q quits", timeout=2)

    @property
    def revision(self) -> str | None:
        """The revision the screen in front is about."""
        front = self.screen
        return front.revision if isinstance(front, ReviewScreen) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that go to something of a revision are none where the screen is about none."""
        if action in _OF_A_REVISION and not parameters and isinstance(self.screen, ReviewScreen):
            return type(self.screen).revision is not ReviewScreen.revision
        return super().check_action(action, parameters)

    def action_compare(self, name: str | None = None) -> None:
        chosen = name or self.revision
        if chosen is not None:
            from reviewtool.review.difference import chosen_pair
            from reviewtool.tui.comparison import ComparisonScreen

            self.push_screen(ComparisonScreen(self.session, *chosen_pair(self.session, [chosen])))

    def action_compare_first(self) -> None:
        """With the first revision of the same work."""
        chosen = self.revision
        if chosen is None:
            return
        first = lineage_of(self.session.study, chosen)[0]
        if chosen == first:
            self.notify(f"{first} is the first", markup=False, timeout=2)
        else:
            from reviewtool.tui.comparison import ComparisonScreen

            self.push_screen(ComparisonScreen(self.session, first, chosen))

    def action_checks(self, name: str | None = None) -> None:
        from reviewtool.tui.tests import TestsScreen

        chosen = name or self.revision
        if chosen is not None and not isinstance(self.screen, TestsScreen):
            self.push_screen(TestsScreen(self.session, chosen))

    def action_model(self, name: str | None = None) -> None:
        from reviewtool.tui.model import ModelScreen

        chosen = name or self.revision
        if chosen is not None and not isinstance(self.screen, ModelScreen):
            self.push_screen(ModelScreen(self.session, chosen))

    def action_everywhere(self) -> None:
        from reviewtool.tui.everywhere import SearchScreen

        if not isinstance(self.screen, SearchScreen):
            self.push_screen(SearchScreen(self.session))

    def action_help(self) -> None:
        from reviewtool.tui.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    def offer(self, name: str, number: str, text: str) -> None:
        """Hand a reply over: to the clipboard, and as a file a mailer takes."""
        path = drafts.keep(name, number, text)
        self.copy_to_clipboard(text)
        self.notify(f"reply copied; or mutt -H {path}", markup=False, timeout=8)

    def copy(self, text: str) -> None:
        """Copy something short to the clipboard."""
        self.copy_to_clipboard(text)
        self.notify(f"copied {visible_line(text)}", markup=False, timeout=2)

    def action_press(self, key: str) -> None:
        """As if ``key`` had been pressed: what a click on the key line does."""
        self.simulate_key(key)

    def action_shell(self) -> None:
        outside.shell(self)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """No colour at all where none is wanted: Textual's own way makes greys of them."""
        return [NoColor()] if self.no_color else super().get_line_filters()

    async def action_quit(self) -> None:
        self.call_off()
        self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the command palette offers: every place of the study, the themes, and leaving."""
        del screen  # the same everywhere
        for one in self.session.study.revisions:
            for told, why, go in (
                ("diff", "with the revision before", self.action_compare),
                ("tests", "build, boot and hold", self.action_checks),
                ("model", "rules, properties, state graph", self.action_model),
            ):
                yield SystemCommand(f"{told} {one.id}", why, partial(go, one.id))
        yield SystemCommand("search all", "mail, interface, models", self.action_everywhere)
        yield SystemCommand("keys", "on one screen", self.action_help)
        for name in THEMES:
            yield SystemCommand(f"theme {name}", "how it looks", partial(self._look, name))
        yield SystemCommand("quit", "leave", self.action_quit)

    def _look(self, name: str) -> None:
        self.theme = THEMES[name]
