# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool tui``: the terminal interface."""

import argparse
import os
import sys

from reviewtool.cli.session import session
from reviewtool.errors import InputError

LOOKS = ("dark", "light", "terminal")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "message", nargs="?", metavar="MESSAGE", help="a message-id or its address: fetched first"
    )
    parser.add_argument(
        "--theme",
        choices=LOOKS,
        help="how it looks; terminal: your terminal's own 16 colours (default: $REVIEWTOOL_THEME, "
        "else dark where the terminal has 256 colours, else terminal). NO_COLOR is obeyed",
    )


def run(arguments: argparse.Namespace) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError("needs a terminal", "tui", "use the other commands in a pipe")
    arguments.quiet = True  # progress lines would write over the screen
    opened = session(arguments)
    from reviewtool.tui.app import ReviewApp

    application = ReviewApp(opened, theme=_theme(arguments.theme), fetch=arguments.message)
    application.run()
    return application.return_code or 0


def _theme(asked: str | None) -> str:
    chosen = asked or os.environ.get("REVIEWTOOL_THEME", "")
    if chosen:
        if chosen not in LOOKS:
            raise InputError(f"no theme {chosen}", "REVIEWTOOL_THEME", f"one of {', '.join(LOOKS)}")
        return chosen
    many = "256color" in os.environ.get("TERM", "") or os.environ.get("COLORTERM", "")
    return "dark" if many and not os.environ.get("NO_COLOR") else "terminal"
