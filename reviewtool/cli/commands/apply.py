# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool apply``: revisions as commits in the private store."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.cli.session import session


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revisions", nargs="*", metavar="REV", help="default: all")


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.report.apply import apply_shape, apply_text
    from reviewtool.review.session import applied, revision
    from reviewtool.tree.outcome import require_complete

    opened = session(arguments, needs_tree=True)
    names = [revision(opened, name).id for name in arguments.revisions]
    names = names or [one.id for one in opened.study.revisions]
    trees = [applied(opened, name) for name in names]
    emit(
        arguments,
        "apply",
        {"revisions": [apply_shape(tree) for tree in trees]},
        "\n".join(apply_text(tree) for tree in trees),
    )
    for tree in trees:
        require_complete(tree)
    return 0
