# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool show``: one revision, its patches and what each does to the interface."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.report.revision import show_shape, show_text
from reviewtool.review.difference import BASE, difference
from reviewtool.review.session import posting, revision


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REV")


def run(arguments: argparse.Namespace) -> int:
    opened = session(arguments)
    name = revision(opened, arguments.revision).id
    mail = posting(opened, name)
    changes = difference(opened, BASE, name, ("interface",))
    emit(arguments, "show", show_shape(mail, changes), show_text(mail, changes))
    return 0
