# SPDX-License-Identifier: GPL-2.0-or-later
"""All that a page about a lineage shows, gathered from every stage."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import metadata

from refmodel.model import Revision as Model
from refmodel.world import World
from reviewtool import __version__, cache
from reviewtool.archive.remarks import Remark, remarks_of
from reviewtool.behaviour.explore import Machine, explore
from reviewtool.errors import RequestError
from reviewtool.interface.matrix import matrix
from reviewtool.interface.types import Matrix
from reviewtool.lineage.study import Study
from reviewtool.lineage.succession import successors
from reviewtool.review.asked import Asked, asked
from reviewtool.review.failures import sources
from reviewtool.review.lineage import Entry, lineage
from reviewtool.review.session import Session, described, posting, snapshots, with_base
from reviewtool.review.testing import Held, hold_revision
from reviewtool.review.told import Told, told

PICTURE = World(pages=1, threads=1, vcpus=0, values=("A",), alias=False, kvm=False)
"""The world a state machine is drawn in: larger ones give pictures nobody can read."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A model, the revisions it describes, and its machine in the world of the picture."""

    revisions: tuple[str, ...]
    model: Model
    machine: Machine


@dataclass(frozen=True, slots=True)
class Page:
    """``pairs`` are the comparisons in the order asked for; ``requests`` what was asked of the
    first of each. ``held`` is empty where no kernel was asked for; ``unheld`` says why one is
    missing. ``method`` are (what, value) lines on how all of it was computed."""

    title: str
    entries: tuple[Entry, ...]
    matrix: Matrix
    pairs: tuple[Told, ...]
    requests: tuple[tuple[Asked, ...], ...]
    remarks: tuple[tuple[str, tuple[Remark, ...]], ...]
    drawn: tuple[Drawn, ...]
    held: tuple[Held, ...]
    unheld: tuple[str, ...]
    tested: bool
    method: tuple[tuple[str, str], ...]


def page(session: Session, pairs: Sequence[tuple[str, str]], *, test: bool = False) -> Page:
    """Gather everything about ``pairs`` of revisions, and of the lineage around them.

    With ``test`` every revision compared that has a model is held against its kernel, or what came
    of that before is looked up; a revision that cannot be is said to be so.
    """
    names = tuple(dict.fromkeys(name for pair in pairs for name in pair if name != "base"))
    compared = tuple(told(session, a, b) for a, b in pairs)
    entries = lineage(session)
    found = matrix(snapshots(session, [entry.study.id for entry in entries]))
    held, unheld = _held(session, names) if test else ((), ())
    return Page(
        f"{session.study.name}: {session.study.title}",
        entries,
        found,
        compared,
        tuple(asked(one.before, one.mail) if one.before else () for one in compared),
        _remarks(session.study, entries),
        _drawn(session, names),
        held,
        unheld,
        test,
        _method(session, names, held),
    )


def _remarks(study: Study, entries: Sequence[Entry]) -> tuple[tuple[str, tuple[Remark, ...]], ...]:
    """The remarks on each revision, held against the next one of its work."""
    mails = {entry.study.id: entry.mail for entry in entries}
    after = successors(study)
    return tuple(
        (name, remarks_of(mail, mails.get(after[name] or ""))) for name, mail in mails.items()
    )


def _drawn(session: Session, names: Sequence[str]) -> tuple[Drawn, ...]:
    by_model: dict[str, Drawn] = {}
    for name in names:
        found = described(session, name)
        if found is None:
            continue
        known = by_model.get(found.model.name)
        if known is not None:
            by_model[found.model.name] = replace(known, revisions=(*known.revisions, name))
            continue
        userfault = "KVM_MEM_USERFAULT" in found.model.hooks
        world = replace(PICTURE, vcpus=1, userfault=True) if userfault else PICTURE
        machine = explore(found.model, world, progress=session.progress)
        by_model[found.model.name] = Drawn((name,), found.model, machine)
    return tuple(by_model.values())


def _held(session: Session, names: Sequence[str]) -> tuple[tuple[Held, ...], tuple[str, ...]]:
    held: list[Held] = []
    unheld: list[str] = []
    try:
        session = with_base(session)
    except RequestError as error:
        return (), (str(error),)
    for name in names:
        if described(session, name) is None:
            unheld.append(f"{name}: no reference model is known")
            continue
        try:
            held.append(hold_revision(session, name))
        except RequestError as error:
            unheld.append(f"{name}: {error}")
    return tuple(held), tuple(unheld)


def _method(
    session: Session, names: Sequence[str], held: Sequence[Held]
) -> tuple[tuple[str, str], ...]:
    lines = [
        ("reviewtool", __version__),
        ("Python", platform.python_version()),
        ("b4", metadata.version("b4")),
        ("study", f"{session.study.name} ({cache.digest(session.study.path.read_bytes())[:16]})"),
    ]
    for name in names:
        mail = posting(session, name)
        text = cache.digest(*(patch.diff for patch in mail.patches))[:16]
        lines.append((f"mail of {name}", f"<{mail.root}>, patches {text}"))
        found = described(session, name)
        if found is not None:
            lines.append(
                (f"model of {name}", f"{found}, {cache.digest(*sources(found.model))[:16]}")
            )
    for one in held:
        kernel = getattr(one, "kernel", None)
        if kernel:
            base = getattr(one, "base", "")
            lines.append((f"kernel of {one.revision}", f"{kernel} on {base}"))
    return tuple(lines)
