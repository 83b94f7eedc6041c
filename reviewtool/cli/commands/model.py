# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool model``: the rules of a revision's reference model and their sources."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.report.model import model_shape, model_text
from reviewtool.review.session import model


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REV", help="a revision, or the name of a model")

    parser.add_argument(
        "--dot", action="store_true", help="print its state machine for graphviz's dot"
    )


def run(arguments: argparse.Namespace) -> int:
    from refmodel.world import World
    from reviewtool.behaviour.explore import explore
    from reviewtool.behaviour.graph import dot
    from reviewtool.behaviour.properties import ask

    opened = session(arguments)
    found = model(opened, arguments.revision)
    if arguments.dot:
        print(dot(explore(found, World(values=("A",)), progress=opened.progress)))
        return 0
    answers = ask(found, progress=opened.progress)
    emit(arguments, "model", model_shape(found, answers), model_text(found, answers))
    return 0
