# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool findings``: what reviewers found by reading, found again by asking the models."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.cli.progress import progress


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.behaviour.found_again import find_again
    from reviewtool.report.found_again import found_markdown, found_shape, found_text

    every = tuple(find_again(progress(arguments.quiet or arguments.json)))
    told = found_markdown(every) if arguments.markdown else found_text(every)
    emit(arguments, "findings", found_shape(every), told)
    return 0 if all(one.holds for one in every) else 1
