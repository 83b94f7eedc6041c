# SPDX-License-Identifier: GPL-2.0-or-later
"""What reviewers said of a revision, and whether the next one answers it."""

from reviewtool.archive.remarks import Remark, about, remarks_of
from reviewtool.archive.types import Revision
from reviewtool.errors import InputError
from reviewtool.interface.matrix import hook_lives, matrix
from reviewtool.interface.types import Matrix, Row
from reviewtool.lineage.succession import successors
from reviewtool.review.session import Session, posting, revision, snapshots


def remarks(session: Session, name: str, hook: str | None = None) -> tuple[Remark, ...]:
    """The remarks on a revision by date; with ``hook`` those about that hook or function."""
    chosen = posting(session, revision(session, name).id)
    found = remarks_of(chosen, _next(session, chosen))
    return about(found, hook) if hook else found


def remarks_on(session: Session, row: Row) -> tuple[tuple[str, Remark], ...]:
    """The remarks on one interface element in every revision, under the name it had there."""
    found: list[tuple[str, Remark]] = []
    for one in session.study.revisions:
        name = row.names.get(one.id)
        if name is not None:
            said = remarks(session, one.id, name.rpartition(".")[2])
            found += [(one.id, remark) for remark in said]
    return tuple(found)


def lives(
    session: Session, name: str
) -> tuple[Matrix, tuple[Row, ...], tuple[tuple[str, Remark], ...]]:
    """The rows of the matrix that ever bore ``name``, and the remarks on them with the revision.

    Raises :class:`InputError` where no revision of the study touches anything of that name.
    """
    table = matrix(snapshots(session, [one.id for one in session.study.revisions]))
    rows = hook_lives(table, name)
    if not rows:
        raise InputError(
            f"no revision touches anything called {name}",
            str(session.study.path),
            "see what they touch: reviewtool matrix --all",
        )
    order = [one.id for one in session.study.revisions]
    said = dict.fromkeys(one for row in rows for one in remarks_on(session, row))
    return table, rows, tuple(sorted(said, key=lambda one: (order.index(one[0]), one[1].date)))


def _next(session: Session, chosen: Revision) -> Revision | None:
    """The revision that answers ``chosen``: the next one of its work."""
    following = successors(session.study)[chosen.id]
    return posting(session, following) if following else None
