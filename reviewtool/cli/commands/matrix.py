# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool matrix``: interface elements by revisions."""

import argparse
from dataclasses import replace

from reviewtool.cli.output import emit
from reviewtool.cli.session import session


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revisions", nargs="*", metavar="REV", help="default: all, in order")
    parser.add_argument("--all", action="store_true", help="also functions and prototypes")


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.interface.matrix import matrix
    from reviewtool.interface.shapes import matrix_shape
    from reviewtool.report.interface import PARTIAL, matrix_text, outward
    from reviewtool.review.session import revision, snapshots

    opened = session(arguments)
    names = [revision(opened, name).id for name in arguments.revisions]
    names = names or [one.id for one in opened.study.revisions]
    found = matrix(snapshots(opened, names))
    if not arguments.all:
        found = replace(found, rows=tuple(row for row in found.rows if outward(row)))
    note = f"\n({PARTIAL})\n" if any(found.partial.values()) else ""
    emit(arguments, "matrix", matrix_shape(found), matrix_text(found) + note)
    return 0
