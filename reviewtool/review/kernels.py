# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel of a revision: its tree with KVM for UML on top, built or looked up."""

import threading

from reviewtool.kernel import enclose
from reviewtool.kernel.build import Kernel, build
from reviewtool.paths import reference_impl
from reviewtool.review.session import Session, applied, base_of, revision
from reviewtool.tree.delta import base_folder, delta
from reviewtool.tree.outcome import require_complete


def kernel(
    session: Session, name: str, profile: str = "fast", cancel: threading.Event | None = None
) -> Kernel:
    """Build the kernel of a revision, or look it up.

    Raises InputError if the revision does not apply whole, BuildFailed if it does not compile,
    Unavailable without a compiler or a sandbox. Setting ``cancel`` ends a build, as BuildFailed.
    """
    found = revision(session, name)
    tree = require_complete(applied(session, found.id))
    base = base_of(session)
    return build(
        base_folder(base, tree, session.progress),
        delta(tree),
        profile,
        trusted=ours(session),
        title=found.id,
        progress=session.progress,
        cancel=cancel,
    )


def ours(session: Session) -> bool:
    """Whether the study is one shipped with reviewtool and all of ports: no stranger's code."""
    shipped = session.study.path.resolve().is_relative_to(reference_impl() / "study")
    return shipped and all(one.origin == "port" for one in session.study.revisions)


def unenclosed() -> str:
    """Why building and booting go on without a sandbox here (only our own code does); else ""."""
    complaint = enclose.missing()
    return complaint.what if complaint is not None else ""
