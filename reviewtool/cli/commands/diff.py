# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool diff``: what changed between two revisions."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.report.diff import diff_shape, diff_text
from reviewtool.review.difference import PARTS, chosen_pair, difference


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "revisions",
        nargs="*",
        metavar="REV",
        help="two revisions, or one to compare with the revision before it (the first: with its "
        "base); default: the last two",
    )
    for part in PARTS:
        parser.add_argument(
            f"--{part}",
            dest="parts",
            action="append_const",
            const=part,
            help=f"only what changed in the {part}",
        )


def run(arguments: argparse.Namespace) -> int:
    opened = session(arguments)
    a, b = chosen_pair(opened, arguments.revisions)
    found = difference(opened, a, b, tuple(arguments.parts or PARTS))
    emit(arguments, "diff", diff_shape(found), diff_text(found))
    return 1 if found.differs else 0
