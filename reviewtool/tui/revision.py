# SPDX-License-Identifier: GPL-2.0-or-later
"""One revision: its patches with the remarks beside their lines, and the replies."""

import os
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import DataTable

from reviewtool.archive.remarks import Remark
from reviewtool.archive.types import Patch
from reviewtool.review.lineage import Entry
from reviewtool.review.remarks import remarks
from reviewtool.review.session import Session
from reviewtool.text import visible
from reviewtool.tui.beside import annotated, remark, reply
from reviewtool.tui.reading import Pages
from reviewtool.tui.screens import ReviewScreen
from reviewtool.tui.tables import Rows

_LORE = "https://lore.kernel.org/all/"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list, and what is read when the bar is on it."""

    number: str
    title: str
    message_id: str
    body: str = ""
    patch: Patch | None = None


class RevisionScreen(ReviewScreen):
    """The list on the left chooses what is read on the right."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "step(1)", "next patch", key_display="]"),
        Binding("left_square_bracket", "step(-1)", "previous", key_display="[", show=False),
        Binding("full_stop", "jump('  | ', 1)", "remark", key_display="."),
        Binding("comma", "jump('  | ', -1)", "previous remark", key_display=",", show=False),
        Binding("right_curly_bracket", "jump('@@', 1)", "hunk", key_display="}"),
        Binding("left_curly_bracket", "jump('@@', -1)", "previous hunk", show=False),
        Binding("e", "edit", "$EDITOR"),
        Binding("o", "address", "lore"),
        Binding("r", "reply", "reply"),
    ]

    def __init__(self, session: Session, entry: Entry) -> None:
        super().__init__(f"{entry.study.id}: {entry.mail.title}")
        self.session = session
        self.entry = entry
        self.remarks: tuple[Remark, ...] = ()
        self._items = _items(entry)

    def body(self) -> ComposeResult:
        with Horizontal():
            yield Rows(("", "patch"), id="list")
            yield Pages(id="pages")

    def on_mount(self) -> None:
        self.query_one("#list", Rows).fill([(item.number, item.title) for item in self._items])
        self.query_one("#list").focus()
        self.load()

    @work(thread=True, exclusive=True)
    def load(self) -> None:
        """Attach the remarks, away from the screen."""
        self.remarks = remarks(self.session, self.entry.study.id)
        self.app.call_from_thread(self._show)

    def _show(self) -> None:
        at = self.query_one("#list", Rows).cursor_row
        if 0 <= at < len(self._items):
            self.query_one("#pages", Pages).show(self._text(self._items[at]))

    def _text(self, item: Item) -> Text:
        if item.patch is not None:
            return annotated(item.patch, self.remarks)
        text = Text(visible(item.body))
        if item.number == "0":
            text.append("\n")
            for one in self.remarks:
                if one.patch == 0:
                    text.append(remark(one)).append("\n")
        return text

    def on_data_table_row_highlighted(self) -> None:
        self._show()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        del event
        self.query_one("#pages").focus()

    def action_step(self, step: int) -> None:
        rows = self.query_one("#list", Rows)
        rows.move_cursor(row=rows.cursor_row + step)

    def action_jump(self, mark: str, step: int) -> None:
        self.query_one("#pages", Pages).jump(mark, step)

    @property
    def chosen(self) -> Item:
        """What is being read."""
        return self._items[self.query_one("#list", Rows).cursor_row]

    def action_edit(self) -> None:
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        with tempfile.TemporaryDirectory(prefix="reviewtool-") as folder:
            path = Path(folder) / "mail.patch"
            path.write_text(self._text(self.chosen).plain)
            try:
                with self.app.suspend():
                    subprocess.run([*shlex.split(editor), str(path)], check=False)
            except (SuspendNotSupported, OSError) as error:
                self.notify(f"{editor}: {error}", severity="error", markup=False)

    def action_address(self) -> None:
        address = f"{_LORE}{self.chosen.message_id}/"
        self.app.copy_to_clipboard(address)
        self.notify(f"copied {visible(address)}", markup=False)

    def action_reply(self) -> None:
        item = self.chosen
        mine = [one for one in self.remarks if one.patch == (item.patch.index if item.patch else 0)]
        if not mine:
            self.notify("nobody remarked on this one")
            return
        self.app.copy_to_clipboard("\n".join(reply(one) for one in mine))
        self.notify(f"copied a reply to {len(mine)} remarks")


def _items(entry: Entry) -> list[Item]:
    mail = entry.mail
    items = []
    if mail.cover is not None:
        items.append(Item("0", "cover letter", mail.cover.message_id, mail.cover.body))
    items += [
        Item(str(patch.index), patch.subject, patch.message_id, patch=patch)
        for patch in mail.patches
    ]
    for one in mail.replies:
        head = f"From: {one.author}\nDate: {one.date}\nSubject: {one.subject}\n\n"
        who = one.author.partition(" <")[0]
        items.append(Item("re", f"{who}: {one.subject}", one.message_id, head + one.body))
    return items
