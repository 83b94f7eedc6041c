# SPDX-License-Identifier: GPL-2.0-or-later
"""The keys, on one screen."""

from textual.app import ComposeResult

from reviewtool.tui.reading import Pages, page
from reviewtool.tui.screens import ReviewScreen

KEYS = """\
everywhere  Enter deeper   Escape q back   Tab other part   ? keys   Q quit
            j k down, up   space backspace page   ^D ^U half of one   g G ends
            h l left, right   / search   n N next, previous   S search all
            d differences from the one before   D from the first of its work
            c its tests   m its model   x stop what is under way
            s shell   ^P palette, themes   keys typed ahead wait for the screen
lineage     1-9 that revision   y its message-id   u fetch what came since
            Enter the revision, or (Tab) the life of an interface element
element     Enter its code   f remarks on it   . , next, previous remark
revision    ] [ next, previous patch   1-9 that one   } { hunk   . , remark
            t trailers   f replies   r draft a reply, hunk quoted   a apply
            e the file in $EDITOR   v the mail in $PAGER   o at lore
            y message-id
diff        1 behaviour   2 interface   3 patches   ] [ next, previous of them
            Enter step through it, or the element   d D from an earlier one
stepper     j k step, step back   1-9 that step   g G start, end
            ] [ other difference   r draft a reply with the witness   y copy it
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
