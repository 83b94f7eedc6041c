# SPDX-License-Identifier: GPL-2.0-or-later
"""The reference model of a revision: its rules with their sources, properties, state graph."""

import textwrap

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static

from refmodel.world import World
from reviewtool.behaviour.explore import explore
from reviewtool.behaviour.properties import ask
from reviewtool.report.model import model_text
from reviewtool.report.states import states_text
from reviewtool.review.session import Session, model
from reviewtool.tui.jobs import Job
from reviewtool.tui.reading import Pages, line, page
from reviewtool.tui.rows import Rows
from reviewtool.tui.screens import ReviewScreen

SMALL = World(values=("A",))
"""The world whose states are listed: one page, one thread, one vCPU, one value."""
_WIDTH = 68


class ModelScreen(ReviewScreen):
    """On the left the parts and the rules, the revision's own first; on the right what they say."""

    def __init__(self, session: Session, name: str) -> None:
        super().__init__(f"model of {name}")
        self.session = session
        self.name_ = name
        self._parts: list[tuple[str, list[Text]]] = []

    @property
    def revision(self) -> str | None:
        return self.name_

    def body(self) -> ComposeResult:
        with Container(id="both"):
            yield Rows(("",), giving=(), id="list", classes="side")
            yield Static("─" * 400, classes="rule", markup=False)
            yield Pages(fold=True, id="pages")

    def ready(self) -> None:
        self.query_one("#list").focus()
        self.work_on("reading the model", self._read, self._show)

    def _read(self, job: Job) -> list[tuple[str, list[Text]]]:
        found = model(self.session, self.name_)
        told = model_text(found, ask(found, progress=job))
        parts = [("all of it", page(told))]
        for rule in found.rules:
            lines = [line(rule.function, "bold"), line("")]
            lines += [line(each) for each in textwrap.wrap(rule.text, _WIDTH)]
            lines += [line(""), *(line(each, "dim") for each in textwrap.wrap(rule.source, _WIDTH))]
            parts.append((rule.function, lines))
        return parts

    def _show(self, parts: list[tuple[str, list[Text]]]) -> None:
        self._parts = [parts[0], ("state graph", page("exploring …")), *parts[1:]]
        self.query_one("#list", Rows).fill([(name,) for name, _ in self._parts])
        self._read_part()
        self.work_on("exploring the model", self._explore, self._graph)

    def _explore(self, job: Job) -> list[Text]:
        return page(states_text(explore(model(self.session, self.name_), SMALL, progress=job)))

    def _graph(self, lines: list[Text]) -> None:
        self._parts[1] = ("state graph", lines)
        if self.query_one("#list", Rows).at == 1:
            self._read_part()

    def _read_part(self) -> None:
        if self._parts:
            shown = self._parts[self.query_one("#list", Rows).at][1]
            self.query_one("#pages", Pages).show(shown)

    def on_rows_moved(self, event: Rows.Moved) -> None:
        del event
        self._read_part()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        del event
        self.query_one("#pages").focus()
