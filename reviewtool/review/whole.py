# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions to the whole tree of a revision; it costs what the revision changed.

The base is searched once for each question and the answers are remembered; of a revision only the
files that differ from its base are read.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from reviewtool import cache
from reviewtool.interface.from_tree import questions
from reviewtool.interface.scan import ask_tree, objects_of
from reviewtool.interface.types import Element
from reviewtool.review.session import Session, applied, base_of, revision
from reviewtool.tree.delta import changes_between, files_holding
from reviewtool.tree.outcome import Applied, require_complete


class Placed(Protocol):
    """An answer: a dataclass that says which file it is about."""

    @property
    def path(self) -> str: ...


Answer = TypeVar("Answer", bound=Placed)
Question = Callable[[str, bytes], Sequence[Answer]]


def objects_in_revision(session: Session, name: str, structs: Sequence[str]) -> tuple[Element, ...]:
    """Every slot set by an initialiser of one of ``structs`` in revision ``name``'s whole tree."""
    tree = require_complete(applied(session, revision(session, name).id))
    return objects_in_applied(session, tree, structs)


def objects_in_applied(
    session: Session, tree: Applied, structs: Sequence[str]
) -> tuple[Element, ...]:
    """The same of a revision that has been applied."""
    wanted = tuple(sorted(set(structs)))
    return ask_revision(session, tree, partial(objects_of, wanted), wanted, Element)


def ask_revision(
    session: Session,
    tree: Applied,
    question: partial[Sequence[Answer]],
    words: Sequence[str],
    kind: type[Answer],
) -> tuple[Answer, ...]:
    """The answers of every C file of ``tree`` that has one of ``words``, by path; ``kind`` is
    the dataclass they are of."""
    base = base_of(session)

    def compute() -> list[Answer]:
        if base.kind == "git":
            held = files_holding(tree, words).items()
            return [one for path, raw in sorted(held) for one in question(path, raw)]
        return list(ask_tree(base.path, question, words, progress=session.progress))

    identity = tree.base_commit if base.kind == "git" else base.identity
    key = cache.digest(questions(), identity, f"{question.func.__name__} {question.args}", *words)
    form: type[list[Answer]] = list[kind]  # type: ignore[valid-type]
    everywhere = cache.cached_typed("whole", key, form, compute)
    changed = changes_between(tree.store, tree.base_commit, tree.commit)
    own = {one.path: one.content for one in changed if one.path.endswith((".c", ".h"))}
    needles = [word.encode() for word in words]
    here = [
        one
        for path, raw in own.items()
        if raw is not None and any(needle in raw for needle in needles)
        for one in question(path, raw)
    ]
    found = [*(one for one in everywhere if one.path not in own), *here]
    return tuple(sorted(found, key=lambda one: one.path))
