# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool learn``: the machine of a kernel, inferred from its answers alone."""

import argparse

from reviewtool.cli.bounds import extra_states
from reviewtool.cli.output import emit
from reviewtool.cli.session import session


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REV")
    parser.add_argument("--profile", default="fast", help="fast (default) or debug")
    parser.add_argument(
        "--extra",
        type=int,
        default=1,
        metavar="K",
        help="look for up to K states more than were found (default: 1)",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="ask the kernel everything although it was asked before",
    )


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.report.learning import learned_shape, learned_text
    from reviewtool.review.learning import learn_revision

    extra = extra_states(arguments)
    opened = session(arguments, needs_tree=True)
    found = learn_revision(
        opened,
        arguments.revision,
        profile=arguments.profile,
        extra=extra,
        again=arguments.again,
    )
    emit(arguments, "learn", learned_shape(found), learned_text(found))
    return 0 if found.difference is None else 1
