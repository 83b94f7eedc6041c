# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool model``: the rules of a revision's reference model and their sources."""

import argparse
import sys
from typing import TYPE_CHECKING

from reviewtool.cli.output import emit, write_file
from reviewtool.cli.session import session

if TYPE_CHECKING:
    from reviewtool.behaviour.explore import Machine


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "revision",
        metavar="REV",
        nargs="?",
        help="a revision, or the name of a model (default: the last revision)",
    )
    parser.add_argument(
        "--dot", action="store_true", help="print its state machine for graphviz's dot"
    )
    parser.add_argument(
        "--svg", metavar="FILE", help="draw its state machine into FILE (needs graphviz)"
    )


def _draw(machine: "Machine", arguments: argparse.Namespace) -> int:
    from reviewtool.behaviour.drawing import svg
    from reviewtool.behaviour.graph import dot
    from reviewtool.report.machine import UNDRAWN, without

    if arguments.dot:
        print(dot(machine))
    if arguments.svg:
        write_file(arguments.svg, svg(dot(without(machine, UNDRAWN))))
        print(
            f"{arguments.svg}: {machine.model} in {machine.world}; {len(machine.states)} states, "
            f"{machine.states_per_second:.0f} a second; states that no sequence tells apart are "
            f"one, {', '.join(sorted(UNDRAWN))} are not drawn (--dot has them)",
            file=sys.stderr,
        )
    return 0


def run(arguments: argparse.Namespace) -> int:
    from refmodel.world import World
    from reviewtool.behaviour.explore import explore
    from reviewtool.behaviour.properties import ask
    from reviewtool.report.model import model_shape, model_text
    from reviewtool.review.session import model, revision

    pictured = World(values=("A",), alias=False, kvm=False)
    opened = session(arguments)
    found = model(opened, arguments.revision or revision(opened, None).id)
    if arguments.dot or arguments.svg:
        machine = explore(found, pictured, progress=opened.progress)
        if machine.partial:
            raise KeyboardInterrupt  # a part of a machine would be a wrong picture
        return _draw(machine, arguments)
    answers = ask(found, progress=opened.progress)
    emit(arguments, "model", model_shape(found, answers), model_text(found, answers))
    return 0
