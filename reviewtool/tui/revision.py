# SPDX-License-Identifier: GPL-2.0-or-later
"""One revision: its patches with remarks, trailers and what became of them, and the replies."""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from reviewtool.archive.remarks import Remark
from reviewtool.errors import RequestError
from reviewtool.report.apply import apply_text
from reviewtool.review.at_hand import tree_at_hand
from reviewtool.review.lineage import Entry
from reviewtool.review.remarks import remarks
from reviewtool.review.session import Session, applied, with_base
from reviewtool.tree.outcome import Applied
from reviewtool.tui import drafts, outside
from reviewtool.tui.beside import BAR, TRAILERS, annotated, remark
from reviewtool.tui.hunks import place_at
from reviewtool.tui.items import Item, items_of
from reviewtool.tui.jobs import Job
from reviewtool.tui.reading import Line, Pages, line, page
from reviewtool.tui.rows import Rows
from reviewtool.tui.screens import Number, Parts, ReviewScreen, digits


class RevisionScreen(ReviewScreen):
    """The list on the left chooses what is read on the right.

    It opens on ``item`` of the list, at the first line with ``word`` if there is one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "step(1)", "next patch", key_display="]"),
        Binding("left_square_bracket", "step(-1)", "previous", key_display="[", show=False),
        Binding("full_stop", "jump('remark', 1)", "remark", key_display="."),
        Binding("comma", "jump('remark', -1)", "previous remark", key_display=",", show=False),
        Binding("right_curly_bracket", "jump('hunk', 1)", "hunk", key_display="}", show=False),
        Binding("left_curly_bracket", "jump('hunk', -1)", "previous hunk", show=False),
        Binding("t", "jump('trailer', 1)", "trailers", show=False),
        Binding("f", "followups", "replies", show=False),
        Binding("r", "reply", "reply"),
        Binding("e", "edit", "edit", show=False),
        Binding("v", "view", "view mail", show=False),
        Binding("o", "browse", "lore"),
        Binding("a", "apply", "apply", show=False),
        Binding("y", "copy", "copy message-id", show=False),
        *digits("patch"),
    ]

    def __init__(
        self, session: Session, entry: Entry, item: int | None = None, word: str = ""
    ) -> None:
        super().__init__(f"{entry.study.id}: {entry.mail.title}")
        self.session = session
        self.entry = entry
        self.remarks: tuple[Remark, ...] = ()
        self.applied: Applied | None = None
        self._items = items_of(entry.mail, None)
        self._item = item
        self._word = word
        self._number = Number()

    @property
    def revision(self) -> str | None:
        return self.entry.study.id

    def body(self) -> ComposeResult:
        with Parts(id="both"):
            yield Rows(("", ""), giving=(), id="list", classes="side")
            yield Static("─" * 400, classes="rule", markup=False)
            yield Pages(id="pages")

    def ready(self) -> None:
        self._list(self._item or 0)
        self.query_one("#list" if self._item is None else "#pages").focus()
        self._show()
        self.work_on(
            "attaching the remarks",
            self._remark,
            self._remarked,
            holds=lambda key: key in ("full_stop", "comma"),
        )
        self._to_apply(self._apply_at_hand)

    def _to_apply(self, work: Callable[[Job], Applied | None]) -> None:
        self.work_on("applying it", work, self._applied, holds=lambda key: key in ("e", "a"))

    def _remark(self, job: Job) -> tuple[Remark, ...]:
        del job
        return remarks(self.session, self.entry.study.id)

    def _remarked(self, found: tuple[Remark, ...]) -> None:
        self.remarks = found
        self._show(keep=True)
        if self._word:
            self.query_one("#pages", Pages).find(self._word)
            self._word = ""

    def _apply_at_hand(self, job: Job) -> Applied | None:
        del job
        there = tree_at_hand(self.session)
        return applied(there, self.entry.study.id) if there is not None else None

    def _apply_anyway(self, job: Job) -> Applied:
        return applied(with_base(replace(self.session, progress=job)), self.entry.study.id)

    def action_apply(self) -> None:
        """Apply it, also if the base has to be downloaded for that."""
        if self.applied is None:
            self._to_apply(self._apply_anyway)
        else:
            self.notify("it was applied: the list has what it gave", timeout=2)

    def _applied(self, tree: Applied | None) -> None:
        if tree is None:
            return
        self.applied = tree
        self._items = items_of(self.entry.mail, tree)
        self._list(None)
        self._show(keep=True)

    def _list(self, at: int | None) -> None:
        rows = [
            (one.number, f"{one.state} {one.title}" if one.state else one.title)
            for one in self._items
        ]
        self.query_one("#list", Rows).fill(rows, at=at)

    def _show(self, *, keep: bool = False) -> None:
        pages = self.query_one("#pages", Pages)
        pages.show(self._lines(self.chosen), pages.at if keep else 0)

    def _lines(self, item: Item) -> list[Line]:
        if item.patch is not None:
            return annotated(item.patch, self.remarks, item.outcome)
        if item.number == "tree" and self.applied is not None:
            return page(apply_text(self.applied))
        lines = page(item.body)
        if item.number == "0":
            for one in self.remarks:
                if one.patch == 0:
                    lines += [line(""), *remark(one)]
        return lines

    @property
    def chosen(self) -> Item:
        """What is being read."""
        return self._items[self.query_one("#list", Rows).at]

    def on_rows_moved(self, event: Rows.Moved) -> None:
        del event
        self._show()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        del event
        self.query_one("#pages").focus()

    def action_step(self, step: int) -> None:
        self.query_one("#list", Rows).action_go_by(step)

    def action_number(self, digit: int) -> None:
        rows = self.query_one("#list", Rows)
        numbers = [one.number for one in self._items]
        number = self._number.with_digit(digit, numbers, rows.at)
        if number is not None:
            rows.go(numbers.index(number))
            self._number.led(rows.at)

    def action_jump(self, what: str, step: int) -> None:
        marks = {"remark": f"{BAR} *", "hunk": "@@", "trailer": TRAILERS}
        pages = self.query_one("#pages", Pages)
        if what == "trailer":
            pages.go(0)
        if not pages.jump(marks[what], step) and what != "trailer":
            self.notify(f"no other {what} {'below' if step > 0 else 'above'}", timeout=2)

    def action_followups(self) -> None:
        """To the first reply."""
        first = next((n for n, one in enumerate(self._items) if one.reply), None)
        if first is None:
            self.notify("nobody replied", timeout=2)
        else:
            self.query_one("#list", Rows).go(first)

    # Elsewhere

    def action_edit(self) -> None:
        """The file at the hunk that is read, as it is after this patch; else the mail."""
        item, pages = self.chosen, self.query_one("#pages", Pages)
        place = place_at(pages.plain.split("\n"), pages.at) if item.patch is not None else None
        commit = item.outcome.commit if item.outcome else None
        if place is None or commit is None or self.applied is None:
            outside.edit(self.review, f"{item.number}.patch", pages.plain, pages.at + 1)
            return
        from reviewtool.tree.delta import source_file

        try:
            source = source_file(self.applied, place.path, at=commit)
        except RequestError as error:
            self.trouble(str(error))
            return
        text = source.decode("utf-8", "surrogateescape")
        outside.edit(self.review, place.path, text, place.line)

    def action_view(self) -> None:
        pages = self.query_one("#pages", Pages)
        outside.pager(self.review, f"{self.chosen.number}.txt", pages.plain)

    def action_browse(self) -> None:
        if self.chosen.message_id:
            outside.browse(self.review, self.chosen.message_id)

    def action_copy(self) -> None:
        if self.chosen.message_id:
            self.review.copy(self.chosen.message_id)

    def action_reply(self) -> None:
        """A draft that quotes what is read: the hunk, or the words of the mail."""
        item, pages = self.chosen, self.query_one("#pages", Pages)
        if not item.message_id:
            return
        lines = pages.plain.split("\n")
        if item.patch is not None:
            place = place_at(lines, pages.at) if pages.at else None
            quoted = place.hunk if place else tuple(item.patch.message.strip().split("\n"))
        else:
            said_there = item.body.partition("\n\n")[2] if item.reply else item.body
            quoted = tuple(said_there.strip().split("\n"))
        said = (item.author, item.date, item.subject)
        name = self.entry.study.id
        text = drafts.draft(self.session, name, item.message_id, said, quoted)
        self.review.offer(name, item.number, text)
