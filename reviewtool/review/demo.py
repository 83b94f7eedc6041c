# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole path on one study: mail, commits, interfaces, models, kernels, verdicts."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from reviewtool.errors import InputError, Unavailable
from reviewtool.interface.matrix import matrix
from reviewtool.interface.types import Matrix
from reviewtool.review.difference import RevisionDiff, chosen_pair, difference
from reviewtool.review.kernels import unenclosed
from reviewtool.review.lineage import Entry, lineage
from reviewtool.review.session import Session, applied, snapshots, with_base
from reviewtool.review.testing import Held, hold_revision
from reviewtool.tree.outcome import Applied


@dataclass(frozen=True, slots=True)
class Demo:
    """What was computed. ``without_kernel`` says why nothing was held against a kernel, or why
    there are no commits, where that is so; ``trees`` and ``held`` are then empty. ``unenclosed``
    says why the kernels ran without a sandbox, where they did."""

    study: str
    entries: tuple[Entry, ...]
    trees: tuple[Applied, ...]
    base: str
    matrix: Matrix
    diff: RevisionDiff
    held: tuple[Held, ...]
    without_kernel: str
    unenclosed: str
    seconds: float


def demo(session: Session, pair: Sequence[str] = ()) -> Demo:
    """Walk the whole path for two revisions: by default the study's first and last.

    What a machine lacks ends the path early, and is said; every figure is of this run.
    """
    started = time.monotonic()
    known = [one.id for one in session.study.revisions]
    if len(known) < 2:
        raise InputError("has fewer than two revisions", str(session.study.path), "fetch another")
    a, b = chosen_pair(session, pair or (known[0], known[-1]))
    entries = lineage(session)
    without_kernel = ""
    try:
        session = with_base(session)
    except Unavailable as error:
        without_kernel = str(error)
    trees = tuple(applied(session, name) for name in (a, b)) if session.base else ()
    found = matrix(snapshots(session, (a, b)))
    diff = difference(session, a, b)
    held: tuple[Held, ...] = ()
    if not without_kernel:
        try:
            held = tuple(
                hold_revision(session, name, again=True, against=(a, b)) for name in (a, b)
            )
        except Unavailable as error:
            without_kernel = str(error)
    return Demo(
        f"{session.study.name}: {session.study.title}",
        entries,
        trees,
        session.base.describe if session.base else "",
        found,
        diff,
        held,
        without_kernel,
        unenclosed() if held else "",
        time.monotonic() - started,
    )
