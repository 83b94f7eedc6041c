# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool model``: the rules of a revision's reference model and their sources."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.report.model import model_shape, model_text
from reviewtool.review.session import model


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REV")


def run(arguments: argparse.Namespace) -> int:
    found = model(session(arguments), arguments.revision)
    emit(arguments, "model", model_shape(found), model_text(found))
    return 0
