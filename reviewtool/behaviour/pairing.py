# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a model and the patches it models have the same hooks.

What counts of an extracted interface: slots of ops structs, flags and exports the patches touch,
what they set on guest_memfd's own tables, and the two functions that stand in for a hook.
"""

from collections.abc import Iterable

from refmodel.model import Model
from reviewtool.behaviour.models import Pairing, pair
from reviewtool.interface.types import Snapshot

PLUMBING = frozenset({"llseek", "mmap"})
"""Slots a patch fills that nothing in the alphabet can tell."""

INHERITED = frozenset({"fault"})
"""What every base has and a model may name although its patches leave it alone."""

_STANDS_FOR_A_HOOK = frozenset({"kvm_gmem_vma_is_gmem"})


def hooks_of(snapshot: Snapshot) -> frozenset[str]:
    """The names a model of the revision has to have."""
    names = set()
    for element in snapshot.touched():
        if element.kind in ("hook", "flag", "export"):
            names.add(element.name)
        if element.kind == "object" and element.name.startswith("kvm_gmem_"):
            names.add(element.name.rpartition(".")[2])
        if element.kind == "function" and element.name in _STANDS_FOR_A_HOOK:
            names.add(element.name)
    return frozenset(names) - PLUMBING


def paired(model: Model, snapshot: Snapshot, before: Iterable[Snapshot] = ()) -> Pairing:
    """What the model and the interface its patches show do not share.

    ``before`` are the interfaces of what the patches are built on: the model may name their hooks.
    A function counts where the model names it as a hook.
    """
    own = {each.name for each in snapshot.touched() if each.kind == "function"} & model.hooks
    inherited = set(INHERITED)
    for earlier in before:
        inherited |= hooks_of(earlier)
        inherited |= {each.name for each in earlier.touched() if each.kind == "function"}
    return pair(model, hooks_of(snapshot) | own, inherited)


def told(found: Pairing) -> str:
    """One line for a person: what either side lacks."""
    parts = []
    if found.only_in_patches:
        parts.append(f"the patches have {', '.join(found.only_in_patches)}, the model has not")
    if found.only_in_model:
        parts.append(f"the model has {', '.join(found.only_in_model)}, the patches have not")
    return f"model {found.model} does not pair with the patches: {'; '.join(parts)}"
