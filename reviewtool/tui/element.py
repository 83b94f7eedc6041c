# SPDX-License-Identifier: GPL-2.0-or-later
"""The life of one interface element through all revisions, and what was said of it."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from reviewtool.archive.remarks import Remark
from reviewtool.interface.types import Row
from reviewtool.report.interface import life
from reviewtool.review.lineage import Entry
from reviewtool.review.remarks import remarks_on
from reviewtool.review.session import Session, posting, revision
from reviewtool.tui.beside import BAR, remark
from reviewtool.tui.items import items_of
from reviewtool.tui.jobs import Job
from reviewtool.tui.reading import Line, Pages, line, page
from reviewtool.tui.rows import Rows
from reviewtool.tui.screens import ReviewScreen

_QUOTED = 4  # lines of a quote shown above its remark


class ElementScreen(ReviewScreen):
    """What it was called in each revision, which patch brought it, what reviewers said.

    Enter on a revision goes to its code there.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "remarks", "remarks"),
        Binding("full_stop", "jump(1)", "next remark", key_display="."),
        Binding("comma", "jump(-1)", "previous remark", key_display=",", show=False),
    ]

    def __init__(self, session: Session, revisions: Sequence[str], row: Row) -> None:
        super().__init__(f"{row.kind} {row.name}")
        self.session = session
        self.revisions = tuple(revisions)
        self.row = row
        self._facts: list[Line] = []

    def body(self) -> ComposeResult:
        yield Rows(("rev", "state", "patch", "name", "type"), giving=(4,), id="revisions")
        yield Pages(fold=True, id="pages")

    def ready(self) -> None:
        rows = self.query_one("#revisions", Rows)
        row = self.row
        rows.fill(
            [
                (
                    name,
                    row.states.get(name, "not there"),
                    str(row.patches.get(name, "")),
                    row.names.get(name, ""),
                    row.types.get(name, ""),
                )
                for name in self.revisions
            ],
            at=max((n for n, one in enumerate(self.revisions) if one in row.names), default=0),
        )
        rows.focus()
        there = [name for name in self.revisions if name in row.states]
        self._facts = page(life(there, row))
        self.query_one("#pages", Pages).show(self._facts)
        self.work_on(
            "attaching the remarks",
            self._read,
            self._show,
            holds=lambda key: key in ("f", "full_stop", "comma"),
        )

    def _read(self, job: Job) -> tuple[tuple[str, Remark], ...]:
        del job
        return remarks_on(self.session, self.row)

    def _show(self, found: Sequence[tuple[str, Remark]]) -> None:
        lines = [*self._facts, line("remarks", "bold")]
        for name, one in found:
            names = ", ".join(dict.fromkeys((*one.hooks, *one.functions)))
            place = f"patch {one.patch}" if one.patch else "cover letter"
            lines += [line(""), line(f"{name} {place}: {names}", "bold")]
            quote = [each for each in one.quote.splitlines() if each.strip()]
            lines += [line(f"    > {each}", "dim") for each in quote[-_QUOTED:]]
            lines += remark(one)
        if not found:
            lines.append(line("  none in the mail at hand"))
        pages = self.query_one("#pages", Pages)
        pages.show(lines, pages.at)

    @property
    def revision(self) -> str | None:
        return self.revisions[self.query_one("#revisions", Rows).at]

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        del event
        self.action_open()

    def action_open(self) -> None:
        """To the code: the patch that brings it, at the first line that names it."""
        name = self.revisions[self.query_one("#revisions", Rows).at]
        if name not in self.row.names:
            self.notify(f"not there in {name}", markup=False, timeout=2)
            return
        from reviewtool.tui.revision import RevisionScreen

        entry = Entry(revision(self.session, name), posting(self.session, name))
        word = self.row.names[name].rpartition(".")[2]
        patch = str(self.row.patches.get(name))
        items = items_of(entry.mail, None)
        at = next((n for n, one in enumerate(items) if one.number == patch), 0)
        self.app.push_screen(RevisionScreen(self.session, entry, at, word))

    def action_remarks(self) -> None:
        pages = self.query_one("#pages", Pages)
        pages.focus()
        pages.go(0)
        pages.jump("remarks", 1)

    def action_jump(self, step: int) -> None:
        self.query_one("#pages", Pages).jump(f"{BAR} *", step)
