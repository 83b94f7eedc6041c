# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool log``: the lineage."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.report.lineage import log_shape, log_text
from reviewtool.review.lineage import lineage


def configure(parser: argparse.ArgumentParser) -> None:
    """No arguments of its own."""


def run(arguments: argparse.Namespace) -> int:
    opened = session(arguments)
    entries = lineage(opened)
    emit(
        arguments,
        "log",
        log_shape(opened.study, entries),
        log_text(opened.study, entries),
    )
    return 0
