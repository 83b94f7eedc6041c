# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool changelog``: what a posting says of its changes against what changed."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.errors import InputError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REV", nargs="?", help="default: the last")
    parser.add_argument("--against", metavar="REV", help="default: the revision before it")


def run(arguments: argparse.Namespace) -> int:
    """Exit status 1 where something is said and not seen, or changed and not said."""
    from reviewtool.report.changelog import changelog_shape, changelog_text
    from reviewtool.review.asked import asked
    from reviewtool.review.claims import claims
    from reviewtool.review.difference import BASE, pair_against
    from reviewtool.review.session import posting

    opened = session(arguments)
    a, b = pair_against(opened, arguments.revision, arguments.against)
    if a == BASE:
        raise InputError(
            "has no revision before it to have changed since", b, "name one with --against"
        )
    before, after = posting(opened, a), posting(opened, b)
    found, requests = claims(before, after), asked(before, after)
    emit(
        arguments,
        "changelog",
        changelog_shape(a, b, found, requests),
        changelog_text(a, b, found, requests),
    )
    held = all(one.state != "not seen" for one in found.items) and not found.unsaid
    return 0 if held and not found.base else 1
