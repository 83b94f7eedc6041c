# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool races``: every interleaving of two operations' micro-steps on a model."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.report.races import races_shape, races_text
from reviewtool.review.session import model


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REV")


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.behaviour.races import races

    opened = session(arguments)
    found = races(model(opened, arguments.revision), progress=opened.progress)
    emit(arguments, "races", races_shape(found), races_text(found))
    return 1 if found.races else 0
