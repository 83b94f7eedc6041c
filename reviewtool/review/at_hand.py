# SPDX-License-Identifier: GPL-2.0-or-later
"""What can be answered at once: without a download, and without asking for one."""

import os

from reviewtool import cache
from reviewtool.review.session import Session, with_base
from reviewtool.tree import debian


def tree_at_hand(session: Session) -> Session | None:
    """The session with its kernel tree where one is named or was downloaded before, else None."""
    if session.base is not None:
        return session
    named = session.tree is not None or os.environ.get("REVIEWTOOL_TREE")
    if named or any((cache.root() / "bases").glob(f"{debian.PACKAGE}_*/linux")):
        return with_base(session)
    return None
