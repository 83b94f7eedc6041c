# SPDX-License-Identifier: GPL-2.0-or-later
"""A study with what is needed to answer questions about it: a tree, models, progress."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reviewtool.archive.types import Patch, Revision
from reviewtool.errors import InputError
from reviewtool.lineage import study as studies
from reviewtool.lineage.study import Study, StudyRevision
from reviewtool.progress import SILENT, Progress

if TYPE_CHECKING:
    # Mail is fetched and listed without git, grammars or models: they take longer to import.
    from refmodel.model import Revision as Model
    from reviewtool.interface.types import Snapshot
    from reviewtool.tree.base import Base
    from reviewtool.tree.outcome import Applied


@dataclass(frozen=True, slots=True)
class Session:
    """``base`` is None until a question needs a kernel tree: then nothing is read from one."""

    study: Study
    tree: Path | None = None
    base: "Base | None" = None
    progress: Progress = SILENT


def open_session(study: str | None, tree: str | None, progress: Progress = SILENT) -> Session:
    """The study and tree a command line names; nothing is downloaded or unpacked yet.

    Raises InputError where that study has no revision.
    """
    found = studies.find(study)
    if not found.revisions:
        raise InputError("has no revision", str(found.path), "fetch a series, or name another")
    return Session(found, Path(tree) if tree else None, progress=progress)


def base_of(session: Session) -> "Base":
    """The session's kernel tree: fetched from Debian if none was named.

    Raises InputError where the named tree is none, Unavailable where none can be had.
    """
    from reviewtool.tree.base import find_base

    return session.base or find_base(session.tree, session.progress)


def with_base(session: Session) -> Session:
    """The session with its kernel tree, so that what follows reads interfaces from it."""
    return replace(session, base=base_of(session))


def revision(session: Session, name: str | None) -> StudyRevision:
    """The revision called ``name``, the last if None; InputError names the known ones."""
    if name is None:
        if not session.study.revisions:
            raise InputError("has no revision", str(session.study.path), "fetch a series")
        return session.study.revisions[-1]
    return studies.resolve(session.study, name)


def posting(session: Session, name: str) -> Revision:
    """The mail of a revision."""
    return studies.revision_mail(session.study, name, progress=session.progress)


def prerequisites(session: Session, name: str) -> tuple[Patch, ...]:
    """The patches that go before a revision's own, in order."""
    series = studies.prerequisites_mail(session.study, name, progress=session.progress)
    return tuple(patch for one in series for patch in one.patches)


def applied(session: Session, name: str) -> "Applied":
    """The revision as commits on the session's base, prerequisites first."""
    from reviewtool.tree.apply import apply
    from reviewtool.tree.resolution import read_resolutions

    mail = posting(session, name)
    return apply(
        base_of(session),
        mail.patches,
        name=f"{session.study.name}/{name}",
        prerequisites=prerequisites(session, name),
        resolutions=[
            resolution
            for file in revision(session, name).resolutions
            for resolution in read_resolutions(session.study.path.parent / file)
        ],
        wanted_base=mail.base,
        progress=session.progress,
    )


def snapshots(session: Session, names: Sequence[str]) -> "tuple[Snapshot, ...]":
    """The interfaces of several revisions, all read the same way so that they can be compared.

    From the tree where the session has one and every revision applies to it whole; else from the
    mail alone, each marked partial.
    """
    from reviewtool.interface.from_mail import snapshot_mail

    if session.base is not None:
        trees = [applied(session, name) for name in names]
        if all(tree.complete for tree in trees):
            return tuple(
                _from_tree(session, name, tree) for name, tree in zip(names, trees, strict=True)
            )
    return tuple(snapshot_mail(posting(session, name)) for name in names)


def _from_tree(session: Session, name: str, tree: "Applied") -> "Snapshot":
    """The interface in the files a revision touches, with what each was before it."""
    from reviewtool.interface.from_mail import snapshot_mail
    from reviewtool.interface.from_tree import snapshot_tree
    from reviewtool.tree.delta import files_at, touched_paths

    paths = touched_paths(tree)
    return snapshot_tree(
        name,
        files_at(tree, paths, tree.commit),
        files_at(tree, paths, tree.start),
        snapshot_mail(posting(session, name)),
    )


@dataclass(frozen=True, slots=True)
class Described:
    """The reference model of a revision, and how the two came together.

    ``by`` is "study" where the study names the model, "message-id" where the model says it is of
    that posting, "name" where the model itself was asked for. ``others`` are names of further
    models of the same posting (as meant, repaired).
    """

    revision: str
    model: "Model"
    by: Literal["study", "message-id", "name"]
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = {"study": "named by the study", "name": ""}.get(self.by, "paired by message-id")
        words = [part for part in (said, self.model.variant) if part]
        if self.others:
            words.append(f"also modelled: {', '.join(self.others)}")
        told = f"{self.revision}: model {self.model.name}"
        return f"{told} ({'; '.join(words)})" if words else told


def described(session: Session, name: str) -> Described | None:
    """The reference model of a revision, or the model called ``name``; None where there is none.

    The study's own word comes first, then the message-id of the posting.
    """
    from reviewtool.behaviour import models

    ids = {found.id for found in session.study.revisions}
    if name not in ids and name in models.known():
        return Described(name, models.load(name), "name")
    try:
        found = revision(session, name)
    except InputError as error:
        remedy = f"{error.remedy}; models are {', '.join(models.known())}"
        raise InputError(error.what, error.where, remedy) from error
    of_posting = models.of_posting(found.original or "")
    if found.model is not None:
        chosen = models.load(found.model)
        others = tuple(each.name for each in of_posting if each.name != chosen.name)
        return Described(found.id, chosen, "study", others)
    if not of_posting:
        return None
    return Described(
        found.id, of_posting[0], "message-id", tuple(each.name for each in of_posting[1:])
    )


def mispaired(session: Session, found: Described) -> str:
    """Why a model is not one of its revision's patches, in one line; "" where it is.

    The hooks the patches show and the hooks the model names have to be the same. A model asked for
    by its own name, and one that names no hook, are taken as they are.
    """
    from reviewtool.behaviour.pairing import paired, told
    from reviewtool.interface.from_mail import snapshot_mail

    if found.by == "name" or not found.model.hooks:
        return ""
    mail = snapshot_mail(posting(session, found.revision))
    result = paired(found.model, mail)
    if result.only_in_model:
        before = studies.prerequisites_mail(
            session.study, found.revision, progress=session.progress
        )
        result = paired(found.model, mail, map(snapshot_mail, before))
    return "" if result.paired else told(result)


def model(session: Session, name: str) -> "Model":
    """The reference model of a revision, or the model called ``name``.

    InputError where neither the study nor any model's message-ids name one.
    """
    found = described(session, name)
    if found is None:
        raise InputError(
            "has no reference model",
            f"{session.study.path}: revision {revision(session, name).id}",
            'add model = "…" (a module of refmodel.revisions or a .py file)',
        )
    return found.model
