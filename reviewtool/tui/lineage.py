# SPDX-License-Identifier: GPL-2.0-or-later
"""The first screen: the lineage, and the interface matrix below it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from reviewtool.errors import InputError
from reviewtool.interface.matrix import matrix
from reviewtool.interface.types import Matrix, Row
from reviewtool.lineage.study import StudyRevision
from reviewtool.report.interface import cells, outward
from reviewtool.review.lineage import Entry, lineage
from reviewtool.review.session import Session, snapshots
from reviewtool.text import name_of
from reviewtool.tui.jobs import Job
from reviewtool.tui.rows import Rows
from reviewtool.tui.screens import Number, ReviewScreen, digits

HEAD = ("", "rev", "date", "author", "patches", "mails", "remarks", "title")


class LineageScreen(ReviewScreen):
    """Revisions above, interface elements by revision below; Tab goes from one to the other."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *digits("go to", show=True),
        Binding("D", "app.compare_first", "since first", key_display="D"),
        Binding("m", "app.model", "model"),
        Binding("tab", "app.focus_next", "matrix"),
        Binding("S", "app.everywhere", "search all", key_display="S"),
        Binding("u", "update", "fetch again", show=False),
        Binding("y", "copy", "copy message-id", show=False),
        Binding("escape", "app.back", "back", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session.study.title or session.study.name)
        self.session = session
        self.entries: tuple[Entry, ...] = ()
        self.matrix: Matrix | None = None
        self._said: dict[str, str] = {}
        self._number = Number()

    def body(self) -> ComposeResult:
        yield Rows(HEAD, giving=(7,), spare=(3, 5, 6), id="revisions")
        yield Rows(("interface", ""), giving=(1,), most=12, fixed=2, id="matrix")

    def ready(self) -> None:
        self._list(len(self.session.study.revisions) - 1)
        self.query_one("#revisions").focus()
        # What goes to a diff, tests or a model needs no mail; what opens one does.
        self.work_on("reading the mail", self._read, self._show_entries, holds=self._in_mail)

    def _in_mail(self, key: str) -> bool:
        return key in ("enter", "y") or self._in_matrix(key)

    def _read(self, job: Job) -> tuple[Entry, ...]:
        del job
        return lineage(self.session)

    def _show_entries(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries
        self._list()
        self.work_on(
            "reading the interfaces", self._compare, self._show_matrix, holds=self._in_matrix
        )

    def _in_matrix(self, key: str) -> bool:
        return self.all_keys(key) and self.query_one("#matrix").has_focus

    def _list(self, at: int | None = None) -> None:
        known = {entry.study.id: entry for entry in self.entries}
        rows = [
            (str(number), *_row(one, known.get(one.id), self._said.get(one.id, "")))
            for number, one in enumerate(self.session.study.revisions, 1)
        ]
        self.query_one("#revisions", Rows).fill(rows, at=at)

    def _compare(self, job: Job) -> Matrix:
        del job
        return matrix(snapshots(self.session, [entry.study.id for entry in self.entries]))

    def _show_matrix(self, found: Matrix) -> None:
        rows = tuple(row for row in found.rows if outward(row))
        self.matrix = Matrix(found.revisions, rows, found.partial)
        said = "interface (from the mail alone)" if any(found.partial.values()) else "interface"
        self.query_one("#matrix", Rows).fill(
            [(row.kind, _named(row), *cells(row, found.revisions)) for row in rows],
            (said.partition(" ")[0], said.partition(" ")[2] or "element", *found.revisions),
            at=0,
        )
        self.work_on("attaching the remarks", self._remark, self._show_remarks)

    def _remark(self, job: Job) -> dict[str, str]:
        from reviewtool.review.remarks import remarks

        told = {}
        for entry in self.entries:
            job.check()
            found = [one for one in remarks(self.session, entry.study.id) if not one.by_author]
            standing = sum(one.state == "standing" for one in found)
            told[entry.study.id] = f"{len(found)}, {standing} stand" if found else "none"
        return told

    def _show_remarks(self, told: dict[str, str]) -> None:
        self._said = told
        self._list()
        self.review.warm_up()

    @property
    def chosen(self) -> Entry | None:
        """The revision under the bar."""
        at = self.query_one("#revisions", Rows).at
        return self.entries[at] if 0 <= at < len(self.entries) else None

    @property
    def revision(self) -> str | None:
        known = self.session.study.revisions
        at = self.query_one("#revisions", Rows).at
        return known[at].id if at < len(known) else None

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        if event.rows.id == "revisions":
            self.action_open()
        elif self.matrix is not None:
            from reviewtool.tui.element import ElementScreen

            row = self.matrix.rows[event.at]
            self.app.push_screen(ElementScreen(self.session, self.matrix.revisions, row))

    def action_open(self) -> None:
        if self.chosen is not None:
            from reviewtool.tui.revision import RevisionScreen

            self.app.push_screen(RevisionScreen(self.session, self.chosen))

    def action_number(self, digit: int) -> None:
        rows = self.query_one("#revisions", Rows)
        known = {str(n) for n in range(1, rows.count + 1)}
        number = self._number.with_digit(digit, known, rows.at)
        if number is not None:
            rows.go(int(number) - 1)
            self._number.led(rows.at)
            rows.focus()

    def action_copy(self) -> None:
        if self.chosen is not None:
            self.review.copy(self.chosen.mail.root)

    def action_update(self) -> None:
        """Ask the archive for what came since."""
        known = [one.original for one in self.session.study.revisions if one.original]
        if not known:
            self.trouble(str(InputError("was not fetched", self.session.study.name)))
            return
        from reviewtool.tui.fetching import FetchScreen

        self.app.push_screen(FetchScreen(known[-1], refresh=True))


def _named(row: Row) -> str:
    """The element, its own name first: that is what may not be cut."""
    parent = f" ({row.parent})" if row.parent and row.kind in ("hook", "reference") else ""
    return f"{row.name}{parent}" + (f" [{row.guard}]" if row.guard else "")


def _row(study: StudyRevision, entry: Entry | None, said: str) -> tuple[str, ...]:
    if entry is None:
        return (study.id, study.date[:10], "", "", "", "", study.title)
    mail = entry.mail
    count = str(len(mail.patches))
    return (
        study.id,
        (study.date or mail.date)[:10],
        name_of(mail.author),
        count if mail.complete else f"{count}/{len(mail.patches) + len(mail.missing)}",
        str(len(mail.patches) + len(mail.replies) + (mail.cover is not None)),
        said,
        study.title or mail.title,
    )
