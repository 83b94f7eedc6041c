# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool remarks``: what reviewers said, attached to what they quote."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.cli.session import session


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REV", nargs="?", help="default: the last")
    parser.add_argument("--hook", metavar="NAME", help="only those about this hook or function")
    parser.add_argument(
        "--standing", action="store_true", help="only those the next revision did not answer"
    )


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.report.remarks import remarks_shape, remarks_text
    from reviewtool.review.remarks import remarks
    from reviewtool.review.session import revision

    opened = session(arguments)
    name = revision(opened, arguments.revision).id
    found = remarks(opened, name, arguments.hook)
    if arguments.standing:
        found = tuple(one for one in found if one.state == "standing" and not one.by_author)
    title = "" if arguments.revision else f"{name}\n\n"
    emit(arguments, "remarks", remarks_shape(name, found), title + remarks_text(found))
    return 0
