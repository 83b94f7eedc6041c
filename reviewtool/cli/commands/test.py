# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool test``: models held against kernels."""

import argparse
from typing import TYPE_CHECKING

from reviewtool.cli.bounds import extra_states
from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.errors import InputError

if TYPE_CHECKING:
    from reviewtool.behaviour.ktap import Result
    from reviewtool.review.testing import Held


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revisions", nargs="*", metavar="REV")
    parser.add_argument("--all", action="store_true", help="every revision of the study")
    parser.add_argument("--ktap", action="store_true", help="print KTAP, as kunit does")
    parser.add_argument("--profile", default="fast", help="fast (default) or debug")
    parser.add_argument(
        "--extra",
        type=int,
        default=1,
        metavar="K",
        help="complete for kernels of up to K states more than the model (default: 1; 0 is "
        "twenty times shorter)",
    )
    parser.add_argument("--seed", type=int, default=1, help="of the random walks (default: 1)")
    parser.add_argument(
        "--executor",
        default="local",
        metavar="WHERE",
        help="where revisions are built and tested: local (default, one after the other), "
        "processes=N, or dask=HOST:PORT, the scheduler of a cluster whose workers have reviewtool "
        "and see these files",
    )
    parser.add_argument("--again", action="store_true", help="run it although it was run before")


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.behaviour.verdict import Verdict
    from reviewtool.report.verdict import held_shape
    from reviewtool.review.session import revision
    from reviewtool.review.testing import Failure
    from reviewtool.review.work import hold_several

    extra = extra_states(arguments)
    opened = session(arguments, needs_tree=True)
    names = [revision(opened, name).id for name in arguments.revisions]
    how = {
        "profile": arguments.profile,
        "extra": extra,
        "seed": arguments.seed,
        "again": arguments.again,
    }
    if arguments.all:
        names = [one.id for one in opened.study.revisions]
    elif not names:
        raise InputError("no revision to test", "test", "name one, or say --all")
    every = list(hold_several(opened, names, executor=arguments.executor, **how))
    untested = [held for held in every if isinstance(held, Failure) and held.stage == "boot"]
    if len(untested) < len(every):
        shape = {"revisions": [held_shape(held) for held in every]}
        emit(arguments, "test", shape, _text(arguments, every))
    for held in untested:
        raise held.error  # nothing was asked of the kernel: no verdict, not a failed test
    asked = [held for held in every if not (isinstance(held, Failure) and held.stage == "model")]
    return 0 if all(isinstance(held, Verdict) and held.agrees for held in asked) else 1


def _text(arguments: argparse.Namespace, every: "list[Held]") -> str:
    from reviewtool.report.verdict import held_table, sandbox_note, suites_text
    from reviewtool.review.kernels import unenclosed

    if not arguments.ktap:
        told = held_table(every) + sandbox_note(unenclosed())
        return told + "\n" + "\n".join(suites_text(held) for held in every)
    from reviewtool.behaviour.ktap import write

    return "\n".join(write([_ktap(held) for held in every]))


def _ktap(held: "Held") -> "Result":
    from reviewtool.behaviour.ktap import Result
    from reviewtool.behaviour.results import as_ktap
    from reviewtool.behaviour.verdict import Verdict

    if isinstance(held, Verdict):
        return as_ktap(held)
    if held.stage == "model":
        return Result(held.revision, "skip", "no reference model")
    return Result(held.revision, "not ok", "", (f"{held.stage}: {held.reason}",))
