# SPDX-License-Identifier: GPL-2.0-or-later
"""Two revisions compared: behaviour, interface, patches; a list above, the chosen one below."""

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from reviewtool.interface.types import Row
from reviewtool.lineage.succession import lineage_of, predecessors
from reviewtool.progress import SILENT
from reviewtool.report.interface import PARTIAL
from reviewtool.review.difference import BASE
from reviewtool.review.session import Session
from reviewtool.tui import draw
from reviewtool.tui.compared import Compared, Entry, compared, element_row, patches_of
from reviewtool.tui.jobs import Job
from reviewtool.tui.reading import Line, Pages, line, page
from reviewtool.tui.rows import Rows
from reviewtool.tui.screens import ReviewScreen, panes

PANES = ("behaviour", "interface", "patches")
PANE_KEYS = frozenset({"1", "2", "3", "right_square_bracket", "left_square_bracket"})


class ComparisonScreen(ReviewScreen):
    """Three panes over the same two revisions; Enter goes deeper into what the bar is on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "further(1)", "from earlier"),
        Binding("D", "further(0)", "from the first", key_display="D"),
        Binding("1", "open('behaviour')", "behaviour", show=False),
        Binding("2", "open('interface')", "interface", show=False),
        Binding("3", "open('patches')", "patches", show=False),
        Binding("right_square_bracket", "pane(1)", "pane", key_display="]"),
        Binding("left_square_bracket", "pane(-1)", "previous pane", key_display="[", show=False),
    ]

    def __init__(self, session: Session, a: str, b: str) -> None:
        super().__init__(f"{a} -> {b}")
        self.session = session
        self.pair = (a, b)
        self.pane = "behaviour"
        self.compared: Compared | None = None
        self.patches: tuple[Entry, ...] | None = None

    @property
    def revision(self) -> str | None:
        return self.pair[1]

    def body(self) -> ComposeResult:
        yield Static(id="panes", markup=False)
        yield Rows(("", ""), giving=(1,), id="list", classes="above")
        yield Static("─" * 400, classes="rule", markup=False)
        yield Pages(id="pages")

    def ready(self) -> None:
        self.query_one("#list").focus()
        self._name_panes()
        self.load()

    def load(self) -> None:
        """Compare the pair: the models in a process, what git does of it in a thread."""
        a, b = self.pair
        self.heading(f"{a} -> {b}")
        self.compared = self.patches = None
        self.work_on(f"comparing {a} with {b}", self._compare, self._show, holds=self._in_models)
        self.work_on("comparing the patches", self._pair, self._show_patches, holds=self._in_diffs)

    def _compare(self, job: Job) -> Compared:
        if self.session.base is not None:  # git works on it, and is not ended in the middle of it
            return compared(self.session, *self.pair, job)
        alone = replace(self.session, progress=SILENT)  # the rest of a session can be sent
        return self.review.apart.run(job, compared, alone, *self.pair)

    def _pair(self, job: Job) -> tuple[Entry, ...]:
        return patches_of(replace(self.session, progress=job), *self.pair)

    def _in_models(self, key: str) -> bool:
        return self.all_keys(key) and self.pane != "patches" and key not in PANE_KEYS

    def _in_diffs(self, key: str) -> bool:
        return self.all_keys(key) and self.pane == "patches" and key not in PANE_KEYS

    def _show(self, found: Compared) -> None:
        self.compared = found
        self.heading(f"{self.pair[0]} -> {self.pair[1]}: {found.verdict}")
        known = found.behaviour or self.pane != "behaviour"
        self.action_open(self.pane if known else "interface")

    def _show_patches(self, found: tuple[Entry, ...]) -> None:
        self.patches = found
        if self.pane == "patches":
            self.action_open(self.pane)
        else:
            self._name_panes()

    def _name_panes(self) -> None:
        told = [
            (one, f"{one} {len(entries)}" if (entries := self._of(one)) is not None else one)
            for one in PANES
        ]
        self.query_one("#panes", Static).update(panes(told, self.pane), layout=False)

    def _of(self, pane: str) -> tuple[Entry, ...] | None:
        """The entries of a pane; None while they are worked on."""
        if pane == "patches":
            return self.patches
        if self.compared is None:
            return None
        return self.compared.behaviour if pane == "behaviour" else self.compared.interface

    def _entries(self) -> tuple[Entry, ...]:
        return self._of(self.pane) or ()

    def action_open(self, pane: str) -> None:
        self.pane = pane
        self._name_panes()
        rows = self.query_one("#list", Rows)
        entries = self._entries()
        rows.fill(
            [one.cells for one in entries], ("",) * len(entries[0].cells) if entries else None, at=0
        )
        self._detail()
        rows.focus()

    def _detail(self) -> None:
        entries = self._entries()
        if entries:
            shown = _detail(entries[self.query_one("#list", Rows).at])
        else:
            shown = [line("nothing differs" if self._of(self.pane) is not None else "")]
            if self.compared is not None and self.pane == "behaviour" and self.compared.unknown:
                shown = [line(f"unknown: {self.compared.unknown}")]
        if self.pane == "interface" and self.compared is not None and self.compared.partial:
            shown = [*shown, line(""), line(PARTIAL, "dim")]
        pages = self.query_one("#pages", Pages)
        pages.fold = self.pane == "interface"
        pages.show(shown)

    def on_rows_moved(self, event: Rows.Moved) -> None:
        del event
        self._detail()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        del event
        self.action_choose()

    def action_choose(self) -> None:
        entries = self._entries()
        if not entries:
            return
        at = self.query_one("#list", Rows).at
        chosen = entries[at]
        world = self.compared.world if self.compared is not None else None
        if chosen.difference is not None and world is not None:
            from reviewtool.tui.stepper import StepperScreen

            every = [one.difference for one in entries if one.difference is not None]
            self.app.push_screen(StepperScreen(self.session, self.pair, world, every, at))
        elif chosen.element is not None:
            element = chosen.element

            def find(job: Job) -> tuple[tuple[str, ...], Row] | None:
                del job
                return element_row(self.session, element)

            self.work_on("reading the interfaces", find, self._to_element)
        else:
            self.query_one("#pages").focus()

    def _to_element(self, found: tuple[tuple[str, ...], Row] | None) -> None:
        if found is None:
            self.query_one("#pages").focus()
            return
        from reviewtool.tui.element import ElementScreen

        self.app.push_screen(ElementScreen(self.session, *found))

    def action_pane(self, step: int) -> None:
        self.action_open(PANES[(PANES.index(self.pane) + step) % len(PANES)])

    def action_further(self, step: int) -> None:
        """Compare with what the one on the left carries on (0: with the first of the work)."""
        study = self.session.study
        first = lineage_of(study, self.pair[1])[0]
        earlier = predecessors(study).get(self.pair[0]) if step else first
        if earlier is None or earlier == self.pair[0] or BASE in self.pair:
            self.notify(f"{first} is the first", markup=False, timeout=2)
            return
        self.drop_jobs()
        self.pair = (earlier, self.pair[1])
        self.load()


def _detail(entry: Entry) -> list[Line]:
    """What is read of an entry."""
    if entry.kind == "change":
        return page("\n".join(entry.lines))
    lines = [line(entry.title, "bold")]
    lines += [line(entry.note)] if entry.note else []
    lines.append(line(""))
    lines += [line(entry.how, "dim")] if entry.how else []
    if entry.kind == "witness":
        told = [line(each, "bold" if each.startswith("   *") else "") for each in entry.lines]
        return lines + told
    return lines + (draw.interdiff if entry.kind == "interdiff" else draw.diff)(entry.lines)
