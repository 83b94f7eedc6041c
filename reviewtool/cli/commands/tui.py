# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool tui``: the terminal interface."""

import argparse
import sys

from reviewtool.cli.session import session
from reviewtool.errors import InputError


def configure(parser: argparse.ArgumentParser) -> None:
    """No arguments of its own."""


def run(arguments: argparse.Namespace) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError("needs a terminal", "tui", "use the other commands in a pipe")
    arguments.quiet = True  # progress lines would write over the screen
    opened = session(arguments)
    from reviewtool.tui.app import ReviewApp

    ReviewApp(opened).run()
    return 0
