# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool show``: one revision, its patches and what each does to the interface; or one hook
of it, in the whole tree."""

import argparse
from typing import TYPE_CHECKING

from reviewtool.cli.output import emit
from reviewtool.cli.session import session

if TYPE_CHECKING:
    from reviewtool.review.session import Session


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REV", nargs="?", help="default: the last")
    parser.add_argument(
        "--hook",
        metavar="NAME",
        help="only this hook (or STRUCT::NAME) of the revision's tree: who defines it, which "
        "objects set it to what, who calls it, each with its condition",
    )


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.report.revision import show_shape, show_text
    from reviewtool.review.difference import BASE, difference
    from reviewtool.review.session import applied, posting, revision

    opened = session(arguments, needs_tree=bool(arguments.hook))
    name = revision(opened, arguments.revision).id
    if arguments.hook:
        _hook(arguments, opened, name)
        return 0
    mail = posting(opened, name)
    changes = difference(opened, BASE, name, ("interface",))
    tree = applied(opened, name) if opened.base is not None else None
    measured = None
    if tree is not None and tree.complete:
        from reviewtool.review.measure import measures

        told = [one for change in changes.interface or () for one in (change.a, change.b) if one]
        measured = measures(opened, name, tree, told)
    told_with = (mail, changes, tree, measured)
    emit(arguments, "show", show_shape(*told_with), show_text(*told_with))
    return 0


def _hook(arguments: argparse.Namespace, opened: "Session", name: str) -> None:
    from reviewtool.report.hook import hook_shape, hook_text
    from reviewtool.review.hook import hook_in_revision

    uses = hook_in_revision(opened, name, arguments.hook)
    emit(arguments, "hook", hook_shape(name, uses), hook_text(name, uses))
