# SPDX-License-Identifier: GPL-2.0-or-later
"""The tests of a revision: built, booted, held against its model while one watches."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Label

from reviewtool.errors import RequestError
from reviewtool.progress import Progress, Task
from reviewtool.report.verdict import held_table, suites_text
from reviewtool.review.session import Session, with_base
from reviewtool.review.testing import Held, hold_revision
from reviewtool.text import visible, visible_line
from reviewtool.tui.reading import Pages
from reviewtool.tui.screens import ReviewScreen

_REDRAW = 0.2  # seconds between two lines of progress


class TestsScreen(ReviewScreen):
    """``r`` runs them; what was held before is recalled at once."""

    __test__ = False  # not a test case, whatever pytest thinks of its name
    BINDINGS: ClassVar[list[BindingType]] = [Binding("r", "run", "run")]

    def __init__(self, session: Session, revision: str) -> None:
        super().__init__(f"tests of {revision}")
        self.session = session
        self.revision = revision
        self.held: Held | None = None

    def body(self) -> ComposeResult:
        yield Label("r builds the kernel, boots it and runs the suites", id="doing", markup=False)
        yield Pages(id="pages")

    def on_mount(self) -> None:
        self.query_one("#pages").focus()

    def action_run(self) -> None:
        if not any(worker.is_running for worker in self.workers):
            self.run_tests()

    @work(thread=True, exclusive=True)
    def run_tests(self) -> None:
        """Build, boot and hold, away from the screen."""
        session = replace(self.session, progress=_Telling(self))
        try:
            held = hold_revision(with_base(session), self.revision, again=True)
        except RequestError as error:
            self.app.call_from_thread(self.say, str(error))
            return
        self.app.call_from_thread(self._show, held)

    def say(self, text: str) -> None:
        """Say what is being done."""
        self.query_one("#doing", Label).update(visible_line(text))

    def _show(self, held: Held) -> None:
        self.held = held
        self.say("done; r runs it again")
        self.query_one("#pages", Pages).show(
            Text(visible(held_table([held]) + "\n" + suites_text(held)))
        )


class _Telling(Progress):
    """Progress that a screen shows; it speaks from the thread that works."""

    def __init__(self, screen: TestsScreen) -> None:
        self._screen = screen

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Task]:
        yield _Line(self._screen, title, total)


class _Line:
    def __init__(self, screen: TestsScreen, title: str, total: int | None) -> None:
        self._screen = screen
        self._title = title
        self._total = total
        self._next = 0.0

    def update(self, done: int | None = None, note: str = "", total: int | None = None) -> None:
        self._total = total if total is not None else self._total
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _REDRAW
        count = "" if done is None else f" {done}/{self._total}" if self._total else f" {done}"
        self._screen.app.call_from_thread(self._screen.say, f"{self._title}{count} {note}")
