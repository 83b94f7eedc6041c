# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool races``: every interleaving of two operations' micro-steps on a model."""

import argparse
from typing import TYPE_CHECKING

from reviewtool.cli.output import emit
from reviewtool.cli.session import session

if TYPE_CHECKING:
    from reviewtool.review.session import Session


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "revision",
        metavar="REV",
        nargs="?",
        help="a revision, or the name of a model (default: the last revision)",
    )
    parser.add_argument(
        "--kernel",
        action="store_true",
        help="show them on the revision's kernel, too: write() is stopped half way, others go on",
    )
    parser.add_argument(
        "--litmus",
        action="store_true",
        help="the order in which the userfault bitmap and the page are read: the model's answer "
        "beside that of the tree's own memory model, where herd7 is installed",
    )


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.behaviour.races import races
    from reviewtool.report.races import races_shape, races_text, shown_shape, shown_text
    from reviewtool.review.racing import show_races
    from reviewtool.review.session import model, revision

    opened = session(arguments, needs_tree=arguments.kernel)
    name = arguments.revision or revision(opened, None).id
    if arguments.litmus:
        return _litmus(arguments, opened, name)
    found = races(model(opened, name), progress=opened.progress)
    shape, text = races_shape(found, name), races_text(found, name)
    if arguments.kernel:
        shown = show_races(opened, name)
        shape["kernel"] = shown_shape(shown)
        text += "\n" + shown_text(shown)
    emit(arguments, "races", shape, text)
    return 1 if found.races else 0


def _litmus(arguments: argparse.Namespace, opened: "Session", name: str) -> int:
    from reviewtool.report.litmus import ordering_shape, ordering_text
    from reviewtool.review.ordering import bitmap_ordering

    asked = bitmap_ordering(opened, name)
    emit(arguments, "litmus", ordering_shape(asked), ordering_text(asked))
    return 1 if asked.model or asked.agree is False else 0
