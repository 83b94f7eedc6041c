# SPDX-License-Identifier: GPL-2.0-or-later
"""One revision to be tested, as something that can be sent to another process."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from reviewtool.errors import RequestError
from reviewtool.review.session import Session, described, open_session
from reviewtool.review.spread import spread
from reviewtool.review.testing import Failure, Held, hold_revision, unmodelled


@dataclass(frozen=True, slots=True)
class Work:
    """A revision of a study file, and how to test it; as :func:`hold_revision` has them."""

    study: str
    tree: str | None
    revision: str
    profile: str = "fast"
    extra: int = 1
    seed: int = 1
    again: bool = False

    def __str__(self) -> str:
        return self.revision


def work_on(session: Session, revision: str, **how: object) -> Work:
    """``revision`` of ``session``, for a process that knows nothing of it."""
    tree = str(session.tree) if session.tree else None
    return replace(Work(str(session.study.path), tree, revision), **how)  # type: ignore[arg-type] # names of Work


def do(work: Work) -> Held:
    """Test it here. As hold_revision(), but what is returned and raised can be sent back."""
    held = _do_here(open_session(work.study, work.tree), work)
    if isinstance(held, Failure):
        error = held.error
        return replace(held, error=RequestError(error.what, error.where, error.remedy))
    return held


def hold_several(
    session: Session, names: Sequence[str], *, executor: str = "local", **how: object
) -> Iterator[Held]:
    """Test revisions, in order, on ``executor`` as :func:`spread` takes it; ``how`` as in Work.

    One of several that has no model is a Failure that says so. Raises what :func:`spread` does.
    """
    modelled = [name for name in names if len(names) == 1 or described(session, name)]
    works = [work_on(session, name, **how) for name in modelled]
    # Here the session's own tree, progress and mail serve all of them.
    here = partial(_do_here, session)
    found = spread(here if executor == "local" else do, works, executor)
    for name in names:
        yield next(found) if name in modelled else unmodelled(name)


def _do_here(session: Session, work: Work) -> Held:
    return hold_revision(
        session,
        work.revision,
        profile=work.profile,
        extra=work.extra,
        seed=work.seed,
        again=work.again,
    )
