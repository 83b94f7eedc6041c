# SPDX-License-Identifier: GPL-2.0-or-later
"""The keys, on one screen."""

from textual.app import ComposeResult

from reviewtool.tui.reading import Pages, page
from reviewtool.tui.screens import ReviewScreen

KEYS = """\
everywhere  Enter deeper   Escape back   Tab other part   ? keys   Q quit
            j k down, up   h l left, right   space backspace page   g G ends
            / search   n N next, previous   S search all there is
            d differences from the revision before   D from the first of all
            c its tests   m its model
            x stop what is under way   s shell   ctrl+p palette, themes
lineage     Enter the revision, or (Tab) the life of an interface element
            u fetch again: what was posted since
element     Enter its code   f remarks on it   . , next, previous remark
revision    ] [ next, previous patch   } { hunk   . , remark   t trailers
            f replies   r draft a reply, hunk quoted   o at lore
            e the file in $EDITOR   v the mail in $PAGER   a apply to a tree
diff        1 behaviour   2 interface   3 patches   ] [ next, previous of them
            Enter step through it, or the element   d D from an earlier one
stepper     j k step, step back   g G start, end   ] [ next, previous difference
            r draft a reply with the witness   y copy the witness
tests       r run   x stop   1 verdict   2 guest console   3 KTAP
            . , next, previous finding
mouse       click a row, double-click opens it; keys below can be clicked
"""


class HelpScreen(ReviewScreen):
    """All keys; it fits 80x24."""

    def __init__(self) -> None:
        super().__init__("keys")

    def body(self) -> ComposeResult:
        yield Pages(id="pages")

    def ready(self) -> None:
        pages = self.query_one("#pages", Pages)
        pages.show(page(KEYS.rstrip("\n")))
        pages.focus()
