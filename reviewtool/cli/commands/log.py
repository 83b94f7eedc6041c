# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool log``: the lineage, or the life of one hook through it."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.report.lineage import log_shape, log_text
from reviewtool.review.lineage import lineage
from reviewtool.review.session import Session


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hook",
        metavar="NAME",
        help="the life of one hook (flag, function, ...) through all revisions, whatever it was "
        "called on the way, with the remarks on it",
    )


def run(arguments: argparse.Namespace) -> int:
    opened = session(arguments)
    if arguments.hook:
        _life(arguments, opened)
        return 0
    entries = lineage(opened)
    emit(
        arguments,
        "log",
        log_shape(opened.study, entries),
        log_text(opened.study, entries),
    )
    return 0


def _life(arguments: argparse.Namespace, opened: Session) -> None:
    from reviewtool.report.hook import life_shape, life_text
    from reviewtool.review.remarks import lives

    name = arguments.hook
    found = lives(opened, name)
    emit(arguments, "life", life_shape(name, *found), life_text(name, *found))
