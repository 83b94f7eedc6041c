# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool extract``: the interface of one revision, or every instance of some structs."""

import argparse
from typing import TYPE_CHECKING

from reviewtool.cli.output import emit
from reviewtool.cli.session import session

if TYPE_CHECKING:
    from reviewtool.review.session import Session


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REV", nargs="?", help="default: the last")
    parser.add_argument(
        "--all", action="store_true", help="also what the patches only show as context"
    )
    parser.add_argument(
        "--struct",
        metavar="NAME",
        action="append",
        help="instead, every object of this struct in the revision's whole tree: which function "
        "it puts into which slot, and under which condition (may be given again)",
    )


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.interface.shapes import snapshot_shape
    from reviewtool.report.interface import snapshot_text
    from reviewtool.review.session import revision, snapshots

    opened = session(arguments, needs_tree=bool(arguments.struct))
    if arguments.struct:
        _objects(arguments, opened)
        return 0
    (found,) = snapshots(opened, [revision(opened, arguments.revision).id])
    emit(
        arguments,
        "extract",
        snapshot_shape(found),
        snapshot_text(found, arguments.all),
    )
    return 0


def _objects(arguments: argparse.Namespace, opened: "Session") -> None:
    from reviewtool.interface.shapes import element_shape
    from reviewtool.report.interface import objects_text
    from reviewtool.review.session import revision
    from reviewtool.review.whole import objects_in_revision

    name = revision(opened, arguments.revision).id
    found = objects_in_revision(opened, name, arguments.struct)
    emit(
        arguments,
        "objects",
        {"revision": name, "objects": [element_shape(one) for one in found]},
        objects_text(found),
    )
