# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool log``: the lineage, or the life of one hook through it."""

import argparse
from typing import TYPE_CHECKING

from reviewtool.cli.output import emit
from reviewtool.cli.session import session

if TYPE_CHECKING:
    from reviewtool.review.session import Session


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hook",
        metavar="NAME",
        help="the life of one hook (flag, function, ...) through all revisions, whatever it was "
        "called on the way, with the remarks on it",
    )
    parser.add_argument(
        "--why", action="store_true", help="say what ties each revision to those before it"
    )


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.report.lineage import discussed_text, log_shape, log_text, why_text
    from reviewtool.review.lineage import discussions, lineage

    opened = session(arguments)
    if arguments.hook:
        _life(arguments, opened)
        return 0
    entries = lineage(opened)
    told = discussions(opened.study, entries)
    text = log_text(opened.study, entries) + discussed_text(told)
    if arguments.why:
        text += why_text(entries)
    emit(arguments, "log", log_shape(opened.study, entries, told), text)
    return 0


def _life(arguments: argparse.Namespace, opened: "Session") -> None:
    from reviewtool.report.hook import life_shape, life_text
    from reviewtool.review.remarks import lives

    name = arguments.hook
    found = lives(opened, name)
    emit(arguments, "life", life_shape(name, *found), life_text(name, *found))
