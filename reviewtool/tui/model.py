# SPDX-License-Identifier: GPL-2.0-or-later
"""The reference model of a revision: its rules with their sources, properties, state graph."""

import textwrap
from collections.abc import Callable
from dataclasses import replace

from textual.app import ComposeResult
from textual.widgets import Static

from reviewtool.progress import SILENT, Progress
from reviewtool.report.model import model_text
from reviewtool.review.session import Session, model
from reviewtool.tui.jobs import Job
from reviewtool.tui.modelled import answered, drawn
from reviewtool.tui.reading import Line, Pages, line, page
from reviewtool.tui.rows import Rows
from reviewtool.tui.screens import Parts, ReviewScreen

_WIDTH = 68


class ModelScreen(ReviewScreen):
    """On the left the parts and the rules, the revision's own first; on the right what they say."""

    def __init__(self, session: Session, name: str) -> None:
        super().__init__(f"model of {name}")
        self.session = session
        self.name_ = name
        self._parts: list[tuple[str, list[Line]]] = []

    @property
    def revision(self) -> str | None:
        return self.name_

    def body(self) -> ComposeResult:
        with Parts(id="both"):
            yield Rows(("",), giving=(), id="list", classes="side")
            yield Static("─" * 400, classes="rule", markup=False)
            yield Pages(fold=True, id="pages")

    def ready(self) -> None:
        self.query_one("#list").focus()
        self.work_on("reading the model", self._read, self._show, holds=self.all_keys)

    def _read(self, job: Job) -> list[tuple[str, list[Line]]]:
        del job
        found = model(self.session, self.name_)
        told = page(model_text(found, ()))
        at = next(n for n, each in enumerate(told) if each.plain == "properties") + 1
        parts = [
            ("all of it", [*told[:at], line("    being asked …"), *told[at:]]),
            ("state graph", page("exploring …")),
        ]
        for rule in found.rules:
            lines = [line(rule.function, "bold"), line("")]
            lines += [line(each) for each in textwrap.wrap(rule.text, _WIDTH)]
            lines += [line(""), *(line(each, "dim") for each in textwrap.wrap(rule.source, _WIDTH))]
            parts.append((rule.function, lines))
        return parts

    def _show(self, parts: list[tuple[str, list[Line]]]) -> None:
        self._parts = parts
        self.query_one("#list", Rows).fill([(name,) for name, _ in parts])
        self._read_part()
        self._work_out("asking the model", 0, answered)
        self._work_out("exploring the model", 1, drawn)

    def _work_out(self, title: str, at: int, work: Callable[[Session, str, Progress], str]) -> None:
        """Fill part ``at`` with what ``work`` comes to."""
        alone = replace(self.session, progress=SILENT)  # the rest of a session can be sent

        def run(job: Job) -> list[Line]:
            return page(self.review.apart.run(job, work, alone, self.name_))

        def show(lines: list[Line]) -> None:
            self._parts[at] = (self._parts[at][0], lines)
            if self.query_one("#list", Rows).at == at:
                self._read_part(keep=True)

        self.work_on(title, run, show)

    def _read_part(self, *, keep: bool = False) -> None:
        if self._parts:
            shown = self._parts[self.query_one("#list", Rows).at][1]
            pages = self.query_one("#pages", Pages)
            pages.show(shown, pages.at if keep else 0)

    def on_rows_moved(self, event: Rows.Moved) -> None:
        del event
        self._read_part()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        del event
        self.query_one("#pages").focus()
