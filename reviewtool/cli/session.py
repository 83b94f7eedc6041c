# SPDX-License-Identifier: GPL-2.0-or-later
"""What commands share: the session a command line names."""

import argparse
import os
from typing import TYPE_CHECKING

from reviewtool.cli.progress import progress

if TYPE_CHECKING:
    from reviewtool.review.session import Session


def session(arguments: argparse.Namespace, *, needs_tree: bool = False) -> "Session":
    """The study and tree of the command line.

    A tree is looked for where the command needs one, where the user named one, and where the
    study says what its revisions are ports to; else interfaces are read from the mail alone.
    """
    from reviewtool.review.session import open_session, with_base

    opened = open_session(
        arguments.study, arguments.tree, progress(arguments.quiet or arguments.json)
    )
    if needs_tree:
        _look_up(opened, arguments)
    named = bool(arguments.tree or os.environ.get("REVIEWTOOL_TREE"))
    return with_base(opened) if needs_tree or named else opened


def _look_up(opened: "Session", arguments: argparse.Namespace) -> None:
    """InputError for a revision the study lacks: a tree may be minutes of download away."""
    from reviewtool.review.kernels import resolved

    one = getattr(arguments, "revision", None)
    for name in (*getattr(arguments, "revisions", ()), *([one] if one else [])):
        resolved(opened, name)
