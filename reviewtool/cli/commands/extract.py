# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool extract``: the interface of one revision."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.interface.shapes import snapshot_shape
from reviewtool.report.interface import snapshot_text
from reviewtool.review.session import revision, snapshots


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REV")
    parser.add_argument(
        "--all", action="store_true", help="also what the patches only show as context"
    )


def run(arguments: argparse.Namespace) -> int:
    opened = session(arguments)
    (found,) = snapshots(opened, [revision(opened, arguments.revision).id])
    emit(
        arguments,
        "extract",
        snapshot_shape(found),
        snapshot_text(found, arguments.all),
    )
    return 0
