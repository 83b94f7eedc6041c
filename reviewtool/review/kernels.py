# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel of a revision: its tree with KVM for UML on top, built or looked up.

``base`` in place of a revision is the kernel tree as it is, without any.
"""

import threading
from pathlib import Path

from reviewtool.kernel import enclose
from reviewtool.kernel.build import Kernel, build
from reviewtool.paths import reference_impl
from reviewtool.review.session import Session, applied, base_of, revision
from reviewtool.tree.apply import apply
from reviewtool.tree.delta import FileChange, base_folder, delta
from reviewtool.tree.outcome import require_complete

BASE = "base"


def kernel(
    session: Session, name: str, profile: str = "fast", cancel: threading.Event | None = None
) -> Kernel:
    """Build the kernel of a revision, or look it up.

    Raises InputError if the revision does not apply whole, BuildFailed if it does not compile,
    Unavailable without a compiler or a sandbox. Setting ``cancel`` ends a build, as BuildFailed.
    """
    title = resolved(session, name)
    folder, changes = source(session, title)
    return build(
        folder,
        changes,
        profile,
        trusted=ours(session) or not changes,
        title=title,
        progress=session.progress,
        cancel=cancel,
    )


def resolved(session: Session, name: str) -> str:
    """The id of the revision called ``name``, or :data:`BASE`. InputError names what there is."""
    known = {each.id for each in session.study.revisions}
    return BASE if name == BASE and BASE not in known else revision(session, name).id


def source(session: Session, name: str) -> tuple[Path, tuple[FileChange, ...]]:
    """A folder with the session's base, and what a revision changes of it.

    Raises InputError if the revision does not apply whole.
    """
    base = base_of(session)
    if name == BASE and resolved(session, name) == BASE:
        tree = apply(base, (), name=f"{session.study.name}/{BASE}", progress=session.progress)
        return base_folder(base, tree, session.progress), ()
    tree = require_complete(applied(session, revision(session, name).id))
    return base_folder(base, tree, session.progress), delta(tree)


def ours(session: Session) -> bool:
    """Whether the study is one shipped with reviewtool and all of ports: no stranger's code."""
    shipped = session.study.path.resolve().is_relative_to(reference_impl() / "study")
    return shipped and all(one.origin == "port" for one in session.study.revisions)


def unenclosed() -> str:
    """Why building and booting go on without a sandbox here (only our own code does); else ""."""
    complaint = enclose.missing()
    return complaint.what if complaint is not None else ""
