# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool remarks``: what reviewers said, attached to what they quote."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.cli.session import session


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REV")
    parser.add_argument("--hook", metavar="NAME", help="only those about this hook or function")
    parser.add_argument(
        "--standing", action="store_true", help="only those the next revision did not answer"
    )


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.report.remarks import remarks_shape, remarks_text
    from reviewtool.review.remarks import remarks

    found = remarks(session(arguments), arguments.revision, arguments.hook)
    if arguments.standing:
        found = tuple(one for one in found if one.state == "standing" and not one.by_author)
    emit(arguments, "remarks", remarks_shape(arguments.revision, found), remarks_text(found))
    return 0
