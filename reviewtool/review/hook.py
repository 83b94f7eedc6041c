# SPDX-License-Identifier: GPL-2.0-or-later
"""One hook in the whole tree of a revision: who defines it, who sets it, who calls it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from reviewtool import cache
from reviewtool.errors import InputError
from reviewtool.interface.from_tree import questions
from reviewtool.interface.hookuse import HookUse, HookUses, hook_uses
from reviewtool.interface.scan import ask_tree
from reviewtool.review.session import Session, applied, base_of, revision
from reviewtool.tree.delta import changes_between, files_holding
from reviewtool.tree.outcome import Applied, require_complete

Question = Callable[[str, bytes], Sequence[HookUse]]


def hook_in_revision(session: Session, name: str, hook: str) -> HookUses:
    """``hook`` is its name, or ``struct::name`` where several structs have one of that name.

    The base is searched once for each hook and remembered; a revision costs what it changed.
    Raises :class:`InputError` if the revision does not apply, or has no such hook.
    """
    found = revision(session, name)
    tree = require_complete(applied(session, found.id))
    struct, _, slot = hook.rpartition("::")
    uses = hook_uses(slot, [struct] if struct else [], _asker(session, tree))
    if not uses.defined:
        raise InputError(
            f"has no hook {hook}", f"revision {found.id}", f"see: reviewtool extract {found.id}"
        )
    return uses


def _asker(session: Session, tree: Applied) -> Callable[..., tuple[HookUse, ...]]:
    base = base_of(session)
    changed = changes_between(tree.store, tree.base_commit, tree.commit)
    own = {one.path: one.content for one in changed if one.path.endswith((".c", ".h"))}
    identity = tree.base_commit if base.kind == "git" else base.identity

    def ask(question: Question, words: Sequence[str]) -> tuple[HookUse, ...]:
        def compute() -> list[dict[str, Any]]:
            if base.kind == "git":
                held = files_holding(tree, words).items()
                found = tuple(one for path, raw in held for one in question(path, raw))
            else:
                found = ask_tree(base.path, question, words, progress=session.progress)
            return [asdict(one) for one in found]

        key = cache.digest(questions(), identity, _named(question), *words)
        everywhere = [HookUse(**held) for held in cache.cached_json("hooks", key, compute)]
        needles = [word.encode() for word in words]
        here = [
            one
            for path, raw in sorted(own.items())
            if raw is not None and any(needle in raw for needle in needles)
            for one in question(path, raw)
        ]
        return (*(one for one in everywhere if one.path not in own), *here)

    return ask


def _named(question: Question) -> str:
    assert isinstance(question, partial)  # noqa: S101 - hookuse makes them so
    return f"{question.func.__name__} {question.args}"
