# SPDX-License-Identifier: GPL-2.0-or-later
"""The reference model of a revision: its rules, each with its source."""

from rich.text import Text
from textual.app import ComposeResult

from reviewtool.behaviour.properties import ask
from reviewtool.errors import RequestError
from reviewtool.report.model import model_text
from reviewtool.review.session import Session, model
from reviewtool.text import visible
from reviewtool.tui.reading import Pages
from reviewtool.tui.screens import ReviewScreen


class ModelScreen(ReviewScreen):
    """The rules, the revision's own first."""

    def __init__(self, session: Session, revision: str) -> None:
        super().__init__(f"model of {revision}")
        self.session = session
        self.revision = revision

    def body(self) -> ComposeResult:
        yield Pages(id="pages")

    def on_mount(self) -> None:
        try:
            found = model(self.session, self.revision)
            text = model_text(found, ask(found))
        except RequestError as error:
            text = str(error)
        pages = self.query_one("#pages", Pages)
        pages.show(Text(visible(text)))
        pages.focus()
