# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool ask``: a sequence run on a model, step by step, or on the kernel beside it."""

import argparse
from typing import TYPE_CHECKING

from reviewtool.cli.bounds import fitting
from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.errors import InputError

if TYPE_CHECKING:
    from refmodel.vocabulary import Input
    from refmodel.world import World


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REV")
    parser.add_argument(
        "sequence",
        metavar="SEQUENCE",
        help="e.g. 'register missing; read u0 p0; pwrite p0 A; continue p0'",
    )
    parser.add_argument(
        "--kernel",
        action="store_true",
        help="run it on the revision's kernel, beside the model; write() may be stopped half way "
        "then: 'pwrite-stop p0 A; read u0 p0; go-on'",
    )
    parser.add_argument("--profile", default="fast", help="of the kernel: fast (default) or debug")


def run(arguments: argparse.Namespace) -> int:
    from refmodel.world import World
    from reviewtool.behaviour.explore import trace
    from reviewtool.behaviour.models import read_sequence
    from reviewtool.behaviour.stopped import stops
    from reviewtool.report.model import trace_shape, trace_text
    from reviewtool.review.session import model

    inputs = read_sequence(arguments.sequence)
    if stops(inputs) and not arguments.kernel:
        raise InputError(
            "a write() that stops is no single step of a model", arguments.sequence, "add --kernel"
        )
    world = fitting(
        World(
            pages=max((each.page or 0 for each in inputs), default=0) + 1,
            threads=max((each.thread or 0 for each in inputs), default=0) + 1,
            past_eof=True,
            userfault=any(each.op in ("userfault", "bitmap") for each in inputs),
        )
    )
    if arguments.kernel:
        return _ask_kernel(arguments, world, inputs)
    told = trace(model(session(arguments), arguments.revision), world, inputs)
    emit(arguments, "trace", trace_shape(world, told), trace_text(world, told))
    return 0


def _ask_kernel(arguments: argparse.Namespace, world: "World", inputs: "tuple[Input, ...]") -> int:
    from reviewtool.report.asking import asked_shape, asked_text
    from reviewtool.review.asking import ask_kernel

    opened = session(arguments, needs_tree=True)
    asked = ask_kernel(opened, arguments.revision, world, inputs, arguments.profile)
    emit(arguments, "asked", asked_shape(world, asked), asked_text(world, asked))
    return 1 if asked.agrees is False else 0
