# SPDX-License-Identifier: GPL-2.0-or-later
"""The keys, on one screen."""

from rich.text import Text
from textual.app import ComposeResult

from reviewtool.tui.reading import Pages
from reviewtool.tui.screens import ReviewScreen

KEYS = """\
everywhere   Enter  deeper   Escape  back   ?  help   Q  quit   ctrl+p  palette
             j k  down, up   space backspace  page   g G  ends   Tab  other part
             /  search   n  search again
lineage      Enter  open the revision, or the life of an interface element
             d  compare with the revision before   m  its model   c  its tests
element      f  to the remarks on it   . ,  next, previous remark
revision     ] [  next, previous patch   . ,  next, previous remark   } {  hunks
             e  read in $EDITOR   o  copy lore's address   r  copy a reply
comparison   1 behaviour   2 interface   3 patches   ] [  next, previous pane
             Enter  step through the difference on both models
stepper      j k  forwards, backwards   g G  start, end   y  copy the witness
tests        r  run them
"""


class HelpScreen(ReviewScreen):
    """All keys; it fits 80x24."""

    def __init__(self) -> None:
        super().__init__("keys")

    def body(self) -> ComposeResult:
        yield Pages(id="pages")

    def on_mount(self) -> None:
        pages = self.query_one("#pages", Pages)
        pages.show(Text(KEYS))
        pages.focus()
