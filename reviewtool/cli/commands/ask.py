# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool ask``: a sequence run on a model, step by step."""

import argparse

from reviewtool.cli.bounds import fitting
from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.errors import InputError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REV")
    parser.add_argument(
        "sequence",
        metavar="SEQUENCE",
        help="e.g. 'register missing; read u0 p0; pwrite p0 A; continue p0'",
    )


def run(arguments: argparse.Namespace) -> int:
    from refmodel.world import World
    from reviewtool.behaviour.explore import trace
    from reviewtool.behaviour.models import read_sequence
    from reviewtool.behaviour.stopped import stops
    from reviewtool.report.model import trace_shape, trace_text
    from reviewtool.review.session import model

    found = model(session(arguments), arguments.revision)
    inputs = read_sequence(arguments.sequence)
    if stops(inputs):
        raise InputError(
            "a write() that stops is no single step",
            arguments.sequence,
            "see reviewtool races REV --kernel",
        )
    world = fitting(
        World(
            pages=max((each.page or 0 for each in inputs), default=0) + 1,
            threads=max((each.thread or 0 for each in inputs), default=0) + 1,
            past_eof=True,
        )
    )
    told = trace(found, world, inputs)
    emit(arguments, "trace", trace_shape(world, told), trace_text(world, told))
    return 0
