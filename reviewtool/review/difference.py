# SPDX-License-Identifier: GPL-2.0-or-later
"""What changed between two revisions: in the patches, in the interface, in the behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from refmodel.world import World
from reviewtool.behaviour.compare import BehaviourDiff
from reviewtool.errors import InputError
from reviewtool.interface.match import match, series_changes
from reviewtool.interface.types import Change
from reviewtool.lineage.study import Study
from reviewtool.lineage.succession import lineages, predecessors
from reviewtool.review.compared import compared
from reviewtool.review.parts import PARTS
from reviewtool.review.session import (
    Described,
    Session,
    described,
    mispaired,
    model,
    posting,
    revision,
    snapshots,
)
from reviewtool.tree.pair import Pair, pair

BASE = "base"
"""What a revision is compared with when it is the only one: the tree it was written on."""
WORLD = World(pages=2, threads=2, vcpus=1, past_eof=True)
_WRITES = frozenset({"write", "write_iter"})


@dataclass(frozen=True, slots=True)
class RevisionDiff:
    """The three parts of a diff; a part not asked for is None.

    ``partial``: the interface was read from mail alone. ``unknown`` says why there is no
    behaviour to compare, where there is none.
    """

    a: str
    b: str
    patches: tuple[Pair, ...] | None
    interface: tuple[Change, ...] | None
    partial: bool
    behaviour: BehaviourDiff | None
    unknown: str = ""
    models: tuple[Described, ...] = ()
    """The models compared: of a, then of b."""

    @property
    def differs(self) -> bool:
        """Whether any part asked for found a difference."""
        return (
            any(one.state != "same" for one in self.patches or ())
            or bool(self.interface)
            or (self.behaviour is not None and not self.behaviour.equivalent)
        )


def difference(
    session: Session,
    a: str,
    b: str,
    parts: tuple[str, ...] = PARTS,
    world: World = WORLD,
    limit: int | None = None,
) -> RevisionDiff:
    """Compare revisions ``a`` and ``b`` of the session's study in ``parts``; ``a`` may be BASE.

    Where only behaviour is asked for, both may be names of models.
    """
    if parts == ("behaviour",) and a != BASE:
        for name in (a, b):
            model(session, name)  # asked for nothing else: that there is none is an error
        behaviour, unknown, models = _behaviour(session, a, b, world, limit)
        if behaviour is None:
            raise InputError(unknown, str(session.study.path), "mend its model there")
        return RevisionDiff(a, b, None, None, False, behaviour, models=models)
    if a == BASE:
        return _from_base(session, revision(session, b).id, parts)
    one, other = revision(session, a), revision(session, b)
    patches = None
    if "patches" in parts:
        patches = pair(posting(session, one.id).patches, posting(session, other.id).patches)
    changes, partial = None, False
    if "interface" in parts:
        before, after = snapshots(session, (one.id, other.id))
        changes = match(before, after)
        partial = before.partial or after.partial
    behaviour, unknown, models = None, "", ()
    if "behaviour" in parts:
        behaviour, unknown, models = _behaviour(session, one.id, other.id, world, limit)
    return RevisionDiff(one.id, other.id, patches, changes, partial, behaviour, unknown, models)


def _behaviour(
    session: Session, a: str, b: str, world: World, limit: int | None
) -> tuple[BehaviourDiff | None, str, tuple[Described, ...]]:
    """The models of ``a`` and ``b`` compared, or why they cannot be, and which they are."""
    one, other = described(session, a), described(session, b)
    if one is None or other is None:
        without = [name for name, found in ((a, one), (b, other)) if found is None]
        return None, f"no reference model is known of {' and '.join(without)}", ()
    for described_one in (one, other):
        why = mispaired(session, described_one)
        if why:
            return None, f"{described_one.revision}: {why}", ()
    if all(each.model.hooks & _WRITES for each in (one, other)):
        world = replace(world, short_writes=True)  # what write() does is what they are about
    found = compared(one.model, other.model, world, limit, session.progress)
    return found, "", (one, other)


def _from_base(session: Session, name: str, parts: tuple[str, ...]) -> RevisionDiff:
    """What one revision does to its base."""
    patches = pair((), posting(session, name).patches) if "patches" in parts else None
    changes, partial = None, False
    if "interface" in parts:
        (snapshot,) = snapshots(session, (name,))
        changes, partial = series_changes(snapshot), snapshot.partial
    unknown = "a base has no reference model of its own here" if "behaviour" in parts else ""
    return RevisionDiff(BASE, name, patches, changes, partial, None, unknown)


def chosen_pair(session: Session, names: Sequence[str]) -> tuple[str, str]:
    """The two revisions meant by up to two names: one with the revision before it of the same
    work, the first (or the only one) of a work with its base; by default the last of the study."""
    if len(names) > 2:
        raise InputError(f"{len(names)} revisions are named", " ".join(names), "name two at most")
    if len(names) == 2:
        return names[0], names[1]
    chosen = revision(session, names[0] if names else None).id
    return predecessors(session.study)[chosen] or BASE, chosen


def pair_against(session: Session, name: str | None, against: str | None) -> tuple[str, str]:
    """The revision ``name`` (the last, if None) with ``against`` (the one before it, if None)."""
    before, chosen = chosen_pair(session, [name] if name else [])
    return (revision(session, against).id if against else before), chosen


def neighbours(study: Study) -> tuple[tuple[str, str], ...]:
    """Each revision of the study with the one before it of the same work; that of a work of one
    posting with its base. Unrelated series are not compared."""
    before = predecessors(study)
    alone = {each[0] for each in lineages(study) if len(each) == 1}
    return tuple(
        (before[one.id] or BASE, one.id)
        for one in study.revisions
        if before[one.id] is not None or one.id in alone
    )
