# SPDX-License-Identifier: GPL-2.0-or-later
"""Fetching a series: what is being asked, and what became of it."""

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from reviewtool.lineage.fetch import Fetched, fetch_message
from reviewtool.tui.jobs import Job
from reviewtool.tui.reading import Pages, page
from reviewtool.tui.screens import ReviewScreen


class FetchScreen(ReviewScreen):
    """Fetches, then opens the study; a fetch that fails or is stopped changes nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "once_more", "try again"),
        Binding("x", "stop", "stop"),
        Binding("enter", "leave", "open what is at hand"),
        Binding("escape", "leave", "back", show=False),
    ]

    def __init__(self, message: str, *, refresh: bool = False) -> None:
        super().__init__(f"fetching {message}")
        self._message = message
        self._refresh = refresh

    def body(self) -> ComposeResult:
        yield Pages(id="pages")

    def ready(self) -> None:
        self.query_one("#pages").focus()
        self._ask()

    def _ask(self) -> None:
        """Ask the archive."""
        told = f"every revision of the work that\n\n    {self._message}\n\nbelongs to is looked for"
        self.query_one("#pages", Pages).show(page(told))
        self.work_on("fetching", self._fetch, self._open)

    def _fetch(self, job: Job) -> Fetched:
        return fetch_message(self._message, refresh=self._refresh, progress=job)

    def _open(self, found: Fetched) -> None:
        new = ", ".join(found.new) or "nothing new"
        self.review.open_study(replace(self.review.session, study=found.study))
        self.notify(f"fetched: {new}", markup=False)
        for warning in found.warnings:
            self.notify(warning, severity="warning", markup=False)

    def trouble(self, text: str) -> None:
        super().trouble(text)
        known = self.review.session.study
        self.query_one("#pages", Pages).show(
            page(
                f"{text}\n\nr tries again; Enter opens what is at hand: {known.name}, {known.title}"
            )
        )

    def action_once_more(self) -> None:
        if not self.jobs:
            self._ask()

    def action_leave(self) -> None:
        if self.jobs:
            self.action_stop()
        elif self._refresh:
            self.app.pop_screen()
        else:
            self.review.open_study(self.review.session)
