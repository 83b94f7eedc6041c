# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool range-diff``: which patch is which, through any number of revisions."""

import argparse
from itertools import pairwise

from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.errors import InputError


def configure(parser: argparse.ArgumentParser) -> None:
    from reviewtool.tree.mailrange import CREATION_FACTOR

    parser.add_argument(
        "revisions",
        nargs="*",
        metavar="REV",
        help="default: all of the work the last is of, in order",
    )
    parser.add_argument(
        "--creation-factor",
        type=int,
        default=CREATION_FACTOR,
        metavar="PERCENT",
        help=f"as git range-diff has it (default: {CREATION_FACTOR})",
    )
    parser.add_argument("--hunks", action="store_true", help="also what changed in each hunk")


def run(arguments: argparse.Namespace) -> int:
    """Exit status 1 where the series differ."""
    from reviewtool.lineage.succession import lineage_of
    from reviewtool.report.rangediff import range_shape, range_text
    from reviewtool.review.session import posting, revision
    from reviewtool.tree.mailrange import mail_range

    opened = session(arguments)
    names = [revision(opened, name).id for name in arguments.revisions]
    if not names and opened.study.revisions:
        names = [*lineage_of(opened.study, opened.study.revisions[-1].id)]
    if len(names) < 2:
        raise InputError("fewer than two revisions", "range-diff", "name at least two")
    ranges = [
        (
            a,
            b,
            mail_range(
                posting(opened, a).patches, posting(opened, b).patches, arguments.creation_factor
            ),
        )
        for a, b in pairwise(names)
    ]
    emit(arguments, "range-diff", range_shape(ranges), range_text(ranges, arguments.hunks))
    return int(any(one.state != "same" for _, _, pairs in ranges for one in pairs))
