# SPDX-License-Identifier: GPL-2.0-or-later
"""Search in everything of a study: mail, interface, models."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from reviewtool.archive.remarks import text_of
from reviewtool.interface.matrix import matrix
from reviewtool.interface.types import Row
from reviewtool.report.interface import cells, qualified
from reviewtool.review.lineage import Entry, lineage
from reviewtool.review.session import Session, described, snapshots
from reviewtool.text import name_of
from reviewtool.tui.items import items_of
from reviewtool.tui.jobs import Job
from reviewtool.tui.rows import Rows
from reviewtool.tui.screens import ReviewScreen

MOST = 500
"""Places that are listed; more than one reads."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of something, and how to get there; ``low`` is what is searched."""

    where: str
    text: str
    low: str
    go: Callable[[str], ReviewScreen]


class SearchScreen(ReviewScreen):
    """A word, and every line of the study that has it; Enter goes there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "again_word", "another word", key_display="/"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__("search all: mail, interface, models")
        self.session = session
        self._places: list[Place] = []
        self._found: list[Place] = []
        self._word = ""

    def body(self) -> ComposeResult:
        yield Input(placeholder="a word, or part of a line", id="word", classes="line")
        yield Rows(("where", "line"), giving=(1, 0), id="list")

    def ready(self) -> None:
        self.query_one("#word").focus()
        self.work_on("reading everything", self._read, self._ready_to_search, holds=self._in_list)

    def _in_list(self, key: str) -> bool:
        return self.all_keys(key) and self.query_one("#list").has_focus

    def _read(self, job: Job) -> list[Place]:
        places: list[Place] = []
        for one in places_of(self.session):
            job.check()
            places.append(one)
        return places

    def _ready_to_search(self, places: list[Place]) -> None:
        self._places = places
        self._search(self.query_one("#word", Input).value)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._search(event.value)

    def _search(self, word: str) -> None:
        self._word, low = word, word.lower()
        self._found = []
        if len(low) > 1:
            for place in self._places:
                if low in place.low:
                    self._found.append(place)
                    if len(self._found) == MOST:
                        break
        more = " or more" if len(self._found) == MOST else ""
        self.heading(
            f"search all: {len(self._found)}{more} lines have {word}" if word else "search all"
        )
        self.query_one("#list", Rows).fill([(one.where, one.text) for one in self._found], at=0)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "word":
            self.query_one("#list").focus()
        else:
            super().on_input_submitted(event)

    def action_again_word(self) -> None:
        self.query_one("#word").focus()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        if event.at < len(self._found):
            self.app.push_screen(self._found[event.at].go(self._word))


def places_of(session: Session) -> Iterator[Place]:
    """Everything that can be searched: interface first, then models, then mail, newest first."""
    entries = lineage(session)
    yield from _interface(session, [entry.study.id for entry in entries])
    yield from _models(session)
    for entry in reversed(entries):
        yield from _mails(session, entry)


def _place(where: str, text: str, go: Callable[[str], ReviewScreen]) -> Place:
    return Place(where, text.strip(), text.lower(), go)


def _interface(session: Session, names: list[str]) -> Iterator[Place]:
    from reviewtool.tui.element import ElementScreen

    found = matrix(snapshots(session, names))
    for row in found.rows:
        text = f"{qualified(row)}  {'  '.join(cells(row, found.revisions))}"

        def go(word: str, row: Row = row) -> ReviewScreen:
            del word
            return ElementScreen(session, found.revisions, row)

        yield _place(row.kind, text, go)


def _models(session: Session) -> Iterator[Place]:
    from reviewtool.tui.model import ModelScreen

    for one in session.study.revisions:
        known = described(session, one.id)
        for rule in known.model.rules if known is not None else ():
            text = f"{rule.function}: {rule.text} [{rule.source}]"

            def go(word: str, name: str = one.id) -> ReviewScreen:
                del word
                return ModelScreen(session, name)

            yield _place(f"model {one.id}", text, go)


def _mails(session: Session, entry: Entry) -> Iterator[Place]:
    from reviewtool.tui.revision import RevisionScreen

    for number, item in enumerate(items_of(entry.mail, None)):
        text = text_of(item.patch) if item.patch is not None else item.body
        who = name_of(item.author) if item.reply else item.number
        where = f"{entry.study.id} {who}"

        def go(word: str, number: int = number) -> ReviewScreen:
            return RevisionScreen(session, entry, number, word)

        for each in (item.subject, *text.split("\n")):
            if each.strip():
                yield _place(where, each, go)
