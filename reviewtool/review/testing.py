# SPDX-License-Identifier: GPL-2.0-or-later
"""A revision's model held against the revision's own kernel."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from refmodel.model import Model
from reviewtool.behaviour.explanation import Disagreement
from reviewtool.behaviour.guests import GuestFailed
from reviewtool.behaviour.onlooker import NOBODY, Onlooker
from reviewtool.behaviour.verdict import LARGE, Verdict, hold, standard_suites
from reviewtool.errors import InputError, RequestError
from reviewtool.kernel.make import BuildFailed
from reviewtool.progress import Cancelled
from reviewtool.review.deciding import decided_by
from reviewtool.review.kernels import kernel, ours
from reviewtool.review.session import (
    Session,
    applied,
    base_of,
    described,
    model,
    posting,
    prerequisites,
    revision,
)
from reviewtool.tree.outcome import Applied


@dataclass(frozen=True, slots=True)
class Failure:
    """A revision nothing could be held against: it has no model, or its kernel did not build or
    did not boot."""

    revision: str
    stage: Literal["model", "build", "boot"]
    error: RequestError
    applied: str = ""
    """How its patches came onto the base, in words."""

    @property
    def reason(self) -> str:
        """One line: what is wrong, where, and what mends it."""
        return str(self.error)


Held = Verdict | Failure


def hold_revision(
    session: Session,
    name: str,
    *,
    profile: str = "fast",
    extra: int = 0,
    seed: int = 1,
    again: bool = False,
    against: Sequence[str] | None = None,
    onlooker: Onlooker = NOBODY,
) -> Held:
    """Build and boot the revision's kernel and run every suite of its model on it.

    ``against`` are the revisions it has to be told apart from: by default the study's others.
    A kernel that does not build or come up is a result. Raises InputError where the revision has
    no model or does not apply, Unavailable where this machine cannot build or boot, Cancelled where
    the ``onlooker`` called it off.
    """
    found = revision(session, name)
    expected = model(session, found.id)
    try:
        built = kernel(session, found.id, profile, cancel=onlooker.stop)
    except BuildFailed as error:
        if onlooker.stop is not None and onlooker.stop.is_set():
            raise Cancelled(str(error)) from error
        return Failure(found.id, "build", error, how_applied(applied(session, found.id)))
    others = [one.id for one in session.study.revisions] if against is None else against
    suites = standard_suites(
        expected,
        _models(session, [name for name in others if name != found.id]),
        extra=extra,
        seed=seed,
        progress=session.progress,
    )
    onlooker.suites(suites)
    how = how_applied(applied(session, found.id))
    try:
        verdict = hold(
            built,
            expected,
            suites,
            revision=found.id,
            origin=found.origin,
            base=base_of(session).describe,
            trusted=ours(session),
            again=again,
            onlooker=onlooker,
            progress=session.progress,
        )
    except GuestFailed as error:
        told = GuestFailed(f"the kernel of {found.id}: {error.what}", error.where, error.remedy)
        return Failure(found.id, "boot", told, how)
    return replace(_located(session, found.id, expected, verdict), applied=how)


def unmodelled(name: str) -> Failure:
    """What comes of a revision nobody described."""
    error = InputError("has no reference model", name, "nothing was held against it")
    return Failure(name, "model", error)


def _located(session: Session, name: str, expected: Model, verdict: Verdict) -> Verdict:
    """The verdict with the lines of the revision that decide each disagreement."""
    if not verdict.disagreements:
        return verdict
    patches, before = posting(session, name).patches, prerequisites(session, name)
    world = replace(LARGE, userfault="KVM_MEM_USERFAULT" in expected.hooks)

    def located(each: Disagreement) -> Disagreement:
        return replace(each, decided=decided_by(expected, world, each, patches, before))

    suites = tuple(
        replace(suite, disagreements=tuple(map(located, suite.disagreements)))
        for suite in verdict.suites
    )
    return replace(verdict, suites=suites)


def how_applied(tree: Applied) -> str:
    """The states its patches are in, the most frequent first: ``3 bridged, 2 offset``."""
    states = Counter(outcome.state for outcome in tree.outcomes)
    return ", ".join(f"{count} {state}" for state, count in states.most_common())


def _models(session: Session, names: Sequence[str]) -> list[Model]:
    """The models of those revisions that have one."""
    found = [described(session, name) for name in names]
    return [each.model for each in found if each is not None]
