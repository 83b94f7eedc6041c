# SPDX-License-Identifier: GPL-2.0-or-later
"""One hook in the whole tree of a revision: who defines it, who sets it, who calls it."""

from collections.abc import Sequence
from functools import partial

from reviewtool.errors import InputError
from reviewtool.interface.hookuse import HookUse, HookUses, hook_uses
from reviewtool.review.session import Session, applied, revision
from reviewtool.review.whole import ask_revision
from reviewtool.tree.outcome import require_complete


def hook_in_revision(session: Session, name: str, hook: str) -> HookUses:
    """``hook`` is its name, or ``struct::name`` where several structs have one of that name.

    Raises :class:`InputError` if the revision does not apply, or has no such hook.
    """
    found = revision(session, name)
    tree = require_complete(applied(session, found.id))
    struct, _, slot = hook.rpartition("::")

    def ask(question: partial[Sequence[HookUse]], words: Sequence[str]) -> tuple[HookUse, ...]:
        return ask_revision(session, tree, question, words, HookUse)

    uses = hook_uses(slot, [struct] if struct else [], ask)
    if not uses.defined:
        raise InputError(
            f"has no hook {hook}", f"revision {found.id}", f"see: reviewtool extract {found.id}"
        )
    return uses
