# SPDX-License-Identifier: GPL-2.0-or-later
"""What only a tree tells of a revision: sizes of functions, numbers, what modpost would say."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from reviewtool import cache
from reviewtool.interface.extract import is_c
from reviewtool.interface.from_tree import elements_of, questions
from reviewtool.interface.guarding import unguarded
from reviewtool.interface.types import Change, Element
from reviewtool.interface.unexported import CORE, Core, core_of, unexported
from reviewtool.interface.values import values
from reviewtool.review.session import Session, applied, base_of, posting
from reviewtool.tree.delta import changes_between, files_at, part_of_base, touched_paths
from reviewtool.tree.mine import FunctionChange, mine
from reviewtool.tree.outcome import Applied
from reviewtool.tree.rangediff import RangeDiff, range_diff

_HEADERS = ("include/uapi", "arch/x86/include/uapi")


@dataclass(frozen=True, slots=True)
class Measures:
    """``functions``: what each patch does to each function it touches, with size and complexity.

    ``numbers``: what the compiler makes of UAPI constants and ioctls, by name; None where it
    cannot tell. ``unexported``: functions of the core that KVM calls and no module may.
    ``unguarded``: slots the revision sets where their function may be missing. ``notes`` says what
    could not be measured, and why.
    """

    functions: tuple[FunctionChange, ...] = ()
    numbers: Mapping[str, int | None] | None = None
    unexported: tuple[Element, ...] = ()
    unguarded: tuple[Element, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trees:
    """What two revisions' trees tell of their difference, beside mail and interface."""

    a: Measures
    b: Measures
    ranged: RangeDiff


def trees_of(session: Session, a: str, b: str, changes: Iterable[Change]) -> Trees | None:
    """None where the session has no tree, or one of the two does not apply to it whole."""
    if session.base is None:
        return None
    one, other = applied(session, a), applied(session, b)
    if not (one.complete and other.complete):
        return None
    told = tuple(changes)
    return Trees(
        measures(session, a, one, (change.a for change in told if change.a)),
        measures(session, b, other, (change.b for change in told if change.b)),
        range_diff(one, other),
    )


def measures(session: Session, name: str, tree: Applied, elements: Iterable[Element]) -> Measures:
    """Measure revision ``name``, applied whole as ``tree``; numbers are those of ``elements``."""
    numbers: dict[str, int | None] | None = None
    notes: tuple[str, ...] = ()
    if shutil.which("cc") is None:
        notes = ("numbers of UAPI constants are not shown: there is no C compiler (cc)",)
    else:
        numbers = _numbers(session, tree, tuple(elements))
    return Measures(
        mine(tree, find_functions),
        numbers,
        unexported(posting(session, name), _core(session, tree)),
        _unguarded(tree),
        notes,
    )


def find_functions(path: str, raw: bytes) -> list[tuple[str, int, int]]:
    """Name, first and last line of every function, as tree-sitter sees them."""
    return [
        (one.name, one.line, one.end)
        for one in (elements_of(path, raw) if is_c(path) else ())
        if one.kind == "function"
    ]


def _unguarded(tree: Applied) -> tuple[Element, ...]:
    """What is new in the revision; what the tree before it has is its maintainers' affair."""
    paths = touched_paths(tree)
    known = {
        (one.parent, one.name, one.value) for one in unguarded(files_at(tree, paths, tree.start))
    }
    found = unguarded(files_at(tree, paths, tree.commit))
    return tuple(one for one in found if (one.parent, one.name, one.value) not in known)


def _numbers(
    session: Session, tree: Applied, elements: tuple[Element, ...]
) -> dict[str, int | None]:
    if not any("/uapi/" in f"/{one.path}" for one in elements):
        return {}
    changed = changes_between(tree.store, tree.base_commit, tree.commit)
    files = {one.path: one.content for one in changed if "uapi/" in one.path}

    def compute() -> dict[str, int | None]:
        return values(elements, part_of_base(base_of(session), tree, _HEADERS), files)

    asked = (f"{one.kind} {one.name} {one.value} {one.path}" for one in elements)
    held: dict[str, int | None] = cache.cached_json(
        "numbers", cache.digest(questions(), tree.commit, *asked), compute
    )
    return held


def _core(session: Session, tree: Applied) -> Core:
    base = base_of(session)

    def compute() -> dict[str, Any]:
        found = core_of(part_of_base(base, tree, CORE))
        return {**asdict(found), "exported": sorted(found.exported)}

    identity = tree.base_commit if base.kind == "git" else base.identity
    held = cache.cached_json("core", cache.digest(questions(), identity), compute)
    return Core(held["defined"], frozenset(held["exported"]))
