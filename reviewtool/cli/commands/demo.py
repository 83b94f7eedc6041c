# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool demo``: the whole path on the embedded study."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.cli.progress import progress

_PAIR = ["rfc", "v3"]  # of the embedded study: the first and last of 2025 that were posted


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "revisions",
        nargs="*",
        metavar="REV",
        help="the two to compare (default: rfc and v3; of another study its first and last)",
    )


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.behaviour.verdict import Verdict
    from reviewtool.report.demo import demo_shape, demo_text
    from reviewtool.review.demo import demo
    from reviewtool.review.session import open_session

    study = "embedded" if arguments.study is None else arguments.study
    session = open_session(study, arguments.tree, progress(arguments.quiet))
    pair = arguments.revisions or ([] if arguments.study else _PAIR)
    found = demo(session, pair)
    emit(arguments, "demo", demo_shape(found), demo_text(found))
    agree = all(isinstance(held, Verdict) and held.agrees for held in found.held)
    return 0 if agree else 1
