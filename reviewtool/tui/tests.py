# SPDX-License-Identifier: GPL-2.0-or-later
"""The tests of a revision: built, booted, held against its model while one watches."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from reviewtool.behaviour.verdict import Verdict
from reviewtool.kernel.make import BuildFailed
from reviewtool.report.verdict import held_table, suites_text
from reviewtool.review.session import Session
from reviewtool.review.testing import Failure, Held
from reviewtool.tui.jobs import Job
from reviewtool.tui.reading import Line, Pages, line, page
from reviewtool.tui.rows import Rows
from reviewtool.tui.runs import Run, Standing
from reviewtool.tui.screens import ReviewScreen, panes

PANES = ("verdict", "console", "ktap")
_HEAD = ("suite", "cases", "through", "differ", "verdict", "what passing means")
_MARKS = ("disagreement ", "finding:")


class TestsScreen(ReviewScreen):
    """``r`` runs them; they go on while one reads elsewhere, and ``x`` calls them off."""

    __test__ = False  # not a test case, whatever pytest thinks of its name
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "none", show=False),
        Binding("r", "run", "run"),
        Binding("x", "stop", "stop"),
        Binding("1", "open('verdict')", "verdict", show=False),
        Binding("2", "open('console')", "console", show=False),
        Binding("3", "open('ktap')", "KTAP", show=False),
        Binding("right_square_bracket", "pane(1)", "pane", key_display="]"),
        Binding("left_square_bracket", "pane(-1)", "previous pane", key_display="[", show=False),
        Binding("full_stop", "jump(1)", "finding", key_display="."),
        Binding("comma", "jump(-1)", "previous finding", key_display=",", show=False),
    ]

    def __init__(self, session: Session, name: str) -> None:
        super().__init__(f"tests of {name}")
        self.session = session
        self.name_ = name
        self.pane = "verdict"
        self._seen: Run | None = None
        self._told = 0  # lines of the console that are shown
        self._state = ""

    @property
    def revision(self) -> str | None:
        return self.name_

    @property
    def run_(self) -> Run | None:
        """The last run of these tests, under way or over."""
        return self.review.runs.get(self.name_)

    @property
    def held(self) -> Held | None:
        """What came of it."""
        return self.run_.held if self.run_ is not None else None

    @property
    def jobs(self) -> list[Job]:
        return [*self._jobs, self.run_.job] if self.run_ is not None else self._jobs

    def body(self) -> ComposeResult:
        yield Static(id="panes", markup=False)
        yield Rows(_HEAD, giving=(5,), id="suites")
        yield Pages(fold=True, id="pages")

    def ready(self) -> None:
        self.action_open("verdict")
        self.tick()

    def action_none(self) -> None:
        """These are the tests."""

    def action_run(self) -> None:
        run = self.run_
        if run is None or run.job.state != "running":
            self.review.run_tests(self.name_)
            self._trouble = ""
            self.tick()

    def tick(self) -> None:
        super().tick()
        run = self.run_
        if run is None or not self.is_attached:
            return
        if run is not self._seen:
            self._seen, self._state, self._told = run, "", 0
        if run.suites:
            rows = [_row(one, run) for one in run.suites]
            listed = self.query_one("#suites", Rows)
            if [listed.cells(n) for n in range(listed.count)] != rows:
                listed.fill(rows)
        if self.pane == "console":
            self._told, new = run.since(self._told)
            if new:
                self.query_one("#pages", Pages).more(map(_console_line, new))
        state = f"{run.job.state} {bool(run.suites)}"
        if state != self._state:
            self._state = state
            self._ended(run)

    def _ended(self, run: Run) -> None:
        if run.job.state == "stopped":
            self.trouble(f"stopped after {run.job.seconds:.0f} s; r starts again where it was")
        elif run.job.error is not None:
            self.trouble(str(run.job.error))
        if self.pane != "console":
            self._show()

    def action_open(self, pane: str) -> None:
        self.pane = pane
        self.query_one("#panes", Static).update(
            panes([("verdict", "verdict"), ("console", "guest console"), ("ktap", "KTAP")], pane),
            layout=False,
        )
        self.query_one("#suites").display = pane == "verdict"
        self._show()
        self.query_one("#pages").focus()

    def action_pane(self, step: int) -> None:
        self.action_open(PANES[(PANES.index(self.pane) + step) % len(PANES)])

    def _show(self) -> None:
        pages, run = self.query_one("#pages", Pages), self.run_
        if self.pane == "console":
            self._told, lines = run.since(0) if run is not None else (0, [])
            pages.show(map(_console_line, lines))
            pages.go(pages.count)
        elif self.pane == "ktap":
            pages.show(_ktap(self.held))
        else:
            pages.show(self._verdict())
            held = self.held
            if isinstance(held, Verdict) and held.disagreements:
                pages.jump("disagreement ", 1)

    def _verdict(self) -> list[Line]:
        run, held = self.run_, self.held
        if held is not None:
            return _told(held)
        if run is None:
            return page(
                f"r builds the kernel of {self.name_}, boots it and holds it against its model,\n"
                "sequence by sequence.  Kernels that were built before are not built again."
            )
        if run.job.state == "running":
            told = "the suites run in the guests" if run.suites else "a kernel is on its way"
            return page(f"{told}; 2 shows what the guests say")
        return []

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """To what is told of the suite."""
        name = event.rows.cells(event.at)[0]
        pages = self.query_one("#pages", Pages)
        pages.focus()
        pages.find(f"{name}:")

    def action_jump(self, step: int) -> None:
        pages = self.query_one("#pages", Pages)
        if not any(pages.jump(mark, step) for mark in _MARKS):
            self.notify("no other finding", timeout=2)


def _row(one: Standing, run: Run) -> tuple[str, ...]:
    return (one.name, str(one.cases), str(one.through), str(one.differ), _mark(one, run), one.claim)


def _mark(one: Standing, run: Run) -> str:
    if isinstance(run.held, Verdict):
        for suite in run.held.suites:
            if (suite.name, suite.claim) == (one.name, one.claim):
                return "passed" if suite.agrees else "FAILED"
    if run.job.state != "running":
        return run.job.state
    return "running" if one.through else "waiting"


def _told(held: Held) -> list[Line]:
    lines = page(held_table([held], named=False))
    if isinstance(held, Failure):
        lines += page(held.reason, "bold")
        if isinstance(held.error, BuildFailed):
            lines += [line(f"{one.path}:{one.line}: {one.message}") for one in held.error.errors]
        return lines
    for each in page(suites_text(held)):
        marked = each.plain.startswith(_MARKS) or "FAILED" in each.plain
        lines.append(each._replace(style="bold") if marked else each)
    return lines


def _console_line(text: str) -> Line:
    plain = text.partition("| ")[2]
    return line(text, "dim" if plain.startswith(("case ", "  ")) else "")


def _ktap(held: Held | None) -> list[Line]:
    if held is None:
        return page("nothing was run yet; r runs it")
    from reviewtool.behaviour.ktap import Result, write
    from reviewtool.behaviour.results import as_ktap

    if isinstance(held, Verdict):
        result = as_ktap(held)
    else:
        result = Result(held.revision, "not ok", "", (f"{held.stage}: {held.reason}",))
    return [
        line(each, "bold red" if each.lstrip().startswith("not ok") else "")
        for each in write([result])
    ]
