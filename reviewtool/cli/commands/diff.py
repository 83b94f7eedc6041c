# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool diff``: what changed between two revisions."""

import argparse
from typing import TYPE_CHECKING

from reviewtool.cli.bounds import add_bounds, bounded
from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.errors import InputError
from reviewtool.review.parts import PARTS

if TYPE_CHECKING:
    from reviewtool.review.difference import RevisionDiff
    from reviewtool.review.measure import Trees
    from reviewtool.review.session import Session


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
    parser.add_argument(
        "--range-diff",
        action="store_true",
        help="also git's own range-diff of the two, where a tree is named and both apply to it",
    )
    add_bounds(parser)


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.report.diff import diff_shape, diff_text
    from reviewtool.review.difference import WORLD, chosen_pair, difference

    world = bounded(WORLD, arguments)
    opened = session(arguments)
    a, b = chosen_pair(opened, arguments.revisions)
    parts = tuple(arguments.parts or PARTS)
    found = difference(opened, a, b, parts, world, arguments.limit)
    trees = _trees(arguments, opened, found)
    text = diff_text(found, trees, arguments.range_diff)
    emit(arguments, "diff", diff_shape(found, trees), text)
    return 1 if found.differs else 0


def _trees(
    arguments: argparse.Namespace, opened: "Session", found: "RevisionDiff"
) -> "Trees | None":
    from reviewtool.review.difference import BASE
    from reviewtool.review.measure import trees_of

    textual = found.patches is not None or found.interface is not None
    if not textual or found.a == BASE:
        told = None
    else:
        told = trees_of(opened, found.a, found.b, found.interface or ())
    if arguments.range_diff and told is None:
        raise InputError(
            "no range-diff can be made",
            f"{found.a} and {found.b}",
            "name two revisions and a --tree that both apply to whole (reviewtool apply)",
        )
    return told
