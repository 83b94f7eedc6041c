# SPDX-License-Identifier: GPL-2.0-or-later
"""What commands share: the session a command line names."""

import argparse
import os

from reviewtool.cli.progress import progress
from reviewtool.review.session import Session, open_session, with_base


def session(arguments: argparse.Namespace, *, needs_tree: bool = False) -> Session:
    """The study and tree of the command line.

    A tree is looked for where the command needs one, where the user named one, and where the
    study says what its revisions are ports to; else interfaces are read from the mail alone.
    """
    opened = open_session(
        arguments.study, arguments.tree, progress(arguments.quiet or arguments.json)
    )
    named = bool(arguments.tree or os.environ.get("REVIEWTOOL_TREE"))
    return with_base(opened) if needs_tree or named else opened
