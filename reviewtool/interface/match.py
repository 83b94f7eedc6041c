# SPDX-License-Identifier: GPL-2.0-or-later
"""Which element of one revision is which of another, and how it differs there."""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from reviewtool.interface.similarity import (
    ACCEPT,
    ASK,
    Context,
    contained,
    context,
    signature,
    similarity,
)
from reviewtool.interface.types import UNSEEN, Change, ChangeKind, Element, Kind, Snapshot

# Hooks first: who sets a hook is evidence for the functions, their names for the rest.
_ORDER: tuple[Kind, ...] = (
    "table", "struct", "hook", "member", "flag", "ioctl", "function", "object", "prototype",
    "export", "reference", "kconfig", "tracepoint", "selftest",
)  # fmt: skip

_WITH_MEMBERS = ("struct", "table")
_ALL_PAIRS = 100_000
_RARE = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """The same element in two snapshots; ``evidence`` is "" where it has the same name."""

    a: Element
    b: Element
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Pairing:
    """All pairs, what is left over on either side, and renames too weak to be taken."""

    pairs: tuple[Pair, ...]
    only_a: tuple[Element, ...]
    only_b: tuple[Element, ...]
    doubtful: tuple[Pair, ...]
    around: Context


def pair(a: Iterable[Element], b: Iterable[Element]) -> Pairing:
    """Pair the elements of two revisions: by name and file, by name, then by evidence."""
    left, right = list(a), list(b)
    around = context(left, right)
    pairs: list[Pair] = []
    doubtful: list[Pair] = []
    for kind in _ORDER:
        mine = [one for one in left if one.kind == kind]
        other = [one for one in right if one.kind == kind]
        pairs += _by_name(mine, other, lambda one: (*one.key, one.path))
        pairs += _by_name(mine, other, lambda one: one.key)
        accepted, asked = _by_evidence(mine, other, around)
        for found in accepted:
            around.renamed[found.a.key] = found.b.name
            if kind == "hook":  # slots are looked up without their struct
                around.renamed[("hook", "", found.a.name)] = found.b.name
        pairs += accepted
        doubtful += asked
    taken_a = {id(found.a) for found in pairs}
    taken_b = {id(found.b) for found in pairs}
    return Pairing(
        tuple(pairs),
        tuple(one for one in left if id(one) not in taken_a),
        tuple(one for one in right if id(one) not in taken_b),
        tuple(doubtful),
        around,
    )


def match(a: Snapshot, b: Snapshot) -> tuple[Change, ...]:
    """How the interface of ``b`` differs from that of ``a``.

    Of two partial snapshots (or two made against their bases) only what the revisions themselves
    do is compared: what neither touches is the same.
    """
    found = pair(a.touched(), b.touched())
    changes = [change for one in found.pairs for change in differences(one, found.around)]
    splits = list(_splits(found))
    changes += splits
    split = {id(one.a) for one in splits} | {id(one.b) for one in splits}
    hints_a = {id(one.a): f"perhaps now {one.b.name}: {one.evidence}" for one in found.doubtful}
    hints_b = {id(one.b): f"perhaps was {one.a.name}: {one.evidence}" for one in found.doubtful}
    was_a, was_b = _before(a), _before(b)
    gone_b = {one.key for one in b.removed}
    gone_a = {one.key for one in a.removed}
    for one in found.only_a:
        if id(one) in split:
            continue
        if one.state == "changed" and one.key not in gone_b:
            if not _as_it_was(was_a(one), one, found.around):
                changes.append(_left_alone(one, None, b.revision))
        else:
            changes.append(Change(one.kind, "removed", one, None, None, hints_a.get(id(one), "")))
    for one in found.only_b:
        if id(one) in split:
            continue
        if one.state == "changed" and one.key not in gone_a:
            if not _as_it_was(was_b(one), one, found.around):
                changes.append(_left_alone(None, one, a.revision))
        else:
            hint = hints_b.get(id(one), "")
            changes.append(Change(one.kind, "added", None, one, one.patch, hint))
    changes += _removals(a, b)
    return _in_order(changes)


def series_changes(snapshot: Snapshot) -> tuple[Change, ...]:
    """What one revision does to its base, patch by patch."""
    before = _before(snapshot)
    changes: list[Change] = []
    found = pair(snapshot.removed, [one for one in snapshot.elements if one.state == "added"])
    for both in found.pairs:
        changes += differences(both, found.around)
    changes += [Change(one.kind, "removed", one, None, one.patch) for one in found.only_a]
    changes += [Change(one.kind, "added", None, one, one.patch) for one in found.only_b]
    for element in snapshot.elements:
        if element.state != "changed":
            continue
        was = before(element)
        told = list(differences(Pair(was, element), found.around)) if was is not None else []
        if not told and not _as_it_was(was, element, found.around):
            told = [Change(element.kind, "reimplemented", was, element, element.patch)]
        changes += told
    return _in_order(changes)


def _before(snapshot: Snapshot) -> Callable[[Element], Element | None]:
    """What an element was before the revision changed it: in its own file, else in another."""
    here = {(one.key, one.path): one for one in snapshot.before}
    anywhere = {one.key: one for one in snapshot.before}
    return lambda element: here.get((element.key, element.path)) or anywhere.get(element.key)


def _as_it_was(was: Element | None, now: Element, around: Context) -> bool:
    """Whether nothing is to be told of a change: it is of a comment, or of the sign after it."""
    if was is None or not _says_all(was):
        return False
    return next(differences(Pair(was, now), around), None) is None


def _in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """By kind and place; that a struct moved or has a new name is not said again of its members."""
    told = list(changes)
    holders = {
        (one.change, one.a.name, one.b.name)
        for one in told
        if one.kind in _WITH_MEMBERS and one.a and one.b
    }
    kept = [one for one in told if not _follows(one, holders)]
    return tuple(sorted(kept, key=_place))


def _follows(change: Change, holders: Container[tuple[str, str, str]]) -> bool:
    a, b = change.a, change.b
    if a is None or b is None or change.change not in ("moved", "renamed"):
        return False
    own = change.change == "renamed" and a.name != b.name
    return not own and (change.change, a.parent, b.parent) in holders


def _says_all(one: Element) -> bool:
    """Whether there is no more to a thing than what is compared."""
    seen = one.kind == "flag" or (one.kind in ("member", "hook") and bool(one.type))
    return seen and one.guard != UNSEEN


def differences(found: Pair, around: Context) -> Iterator[Change]:
    """The changes between an element and itself in another revision.

    A slot that holds the same function under its new name is not changed. A body seen whole and
    a body seen by its changes cannot be compared, and nothing is said of them.
    """
    a, b = found.a, found.b

    def change(kind: ChangeKind, evidence: str = "") -> Change:
        return Change(b.kind, kind, a, b, b.patch, evidence or found.evidence)

    if a.name != b.name or a.parent != b.parent:
        yield change("renamed")
    if a.type and b.type and signature(a.type, a.name) != signature(b.type, b.name):
        yield change("retyped")
    if _renamed_options(a.guard, around) != b.guard and UNSEEN not in (a.guard, b.guard):
        yield change("reguarded")
    if a.kind == "object" and around.now("function", "", a.value) != b.value:
        yield change("reimplemented")
    elif a.kind not in ("object", "reference") and a.value != b.value:
        yield change("revalued")
    if a.path != b.path and a.kind != "reference":
        yield change("moved", f"from {a.path} to {b.path}")
    comparable = a.digest and b.digest and a.digest[0] != "~" != b.digest[0]
    if (
        a.kind == "function"
        and a.digest != b.digest
        and (comparable or (a.digest[:1] == "~" == b.digest[:1]))
    ):
        yield change("reimplemented")


def _renamed_options(guard: str, around: Context) -> str:
    """``guard`` with the Kconfig symbols the newer revision calls otherwise under their new names.

    Else the renaming of one symbol is told once for everything that depends on it.
    """
    for (kind, _, old), new in around.renamed.items():
        if kind == "kconfig":
            bare = old.removeprefix("CONFIG_")
            guard = re.sub(rf"\b{bare}\b", new.removeprefix("CONFIG_"), guard)
            guard = re.sub(rf"\b{old}\b", new, guard)
    return guard


def _left_alone(a: Element | None, b: Element | None, revision: str) -> Change:
    one = a or b
    assert one is not None  # noqa: S101 - one of the two is given
    return Change(
        one.kind, "reimplemented", a, b, b.patch if b else None,
        f"{revision} leaves it as its base has it",
    )  # fmt: skip


def _removals(a: Snapshot, b: Snapshot) -> Iterator[Change]:
    mine, other = {one.key for one in a.removed}, {one.key for one in b.removed}
    here, there = {one.key for one in a.elements}, {one.key for one in b.elements}
    for one in b.removed:
        if one.key not in mine and one.key not in here:
            yield Change(one.kind, "removed", one, None, one.patch, "taken from the base")
    for one in a.removed:
        if one.key not in other and one.key not in there:
            yield Change(one.kind, "added", None, one, None, f"{b.revision} keeps it")


def _by_name(
    left: list[Element], right: list[Element], key: Callable[[Element], tuple[str, ...]]
) -> list[Pair]:
    """Pairs of equal ``key``, taken out of both lists."""
    waiting: dict[tuple[str, ...], list[Element]] = {}
    for one in right:
        waiting.setdefault(key(one), []).append(one)
    pairs = []
    for one in left:
        candidates = waiting.get(key(one))
        if candidates:
            pairs.append(Pair(one, candidates.pop(0)))
    taken = {id(one) for found in pairs for one in (found.a, found.b)}
    left[:] = [one for one in left if id(one) not in taken]
    right[:] = [one for one in right if id(one) not in taken]
    return pairs


def _by_evidence(
    left: Sequence[Element], right: Sequence[Element], around: Context
) -> tuple[list[Pair], list[Pair]]:
    """The best pairs first; an element is in one accepted pair at most."""
    scored = []
    for one, other in _candidates(left, right):
        score, evidence = similarity(one, other, around)
        if score >= ASK:
            scored.append((score, one, other, evidence))
    scored.sort(key=lambda item: (-item[0], item[1].name, item[2].name))
    accepted: list[Pair] = []
    asked: list[Pair] = []
    used: set[int] = set()
    for score, one, other, evidence in scored:
        if id(one) in used or id(other) in used:
            continue
        if score >= ACCEPT:
            accepted.append(Pair(one, other, evidence))
            used |= {id(one), id(other)}
        else:
            asked.append(Pair(one, other, evidence))
    asked = [one for one in asked if id(one.a) not in used and id(one.b) not in used]
    return accepted, asked


def _candidates(
    left: Sequence[Element], right: Sequence[Element]
) -> Iterator[tuple[Element, Element]]:
    """The pairs worth a look: all of them, or of very many those that share something rare.

    A renamed element keeps its value, its body or its neighbour; generated headers have more
    constants than all pairs of them could be looked at.
    """
    if len(left) * len(right) <= _ALL_PAIRS:
        yield from product(left, right)
        return
    shelves: dict[tuple[str, str], list[Element]] = {}
    for other in right:
        for trait in _traits(other):
            shelves.setdefault(trait, []).append(other)
    for one in left:
        near: dict[int, Element] = {}
        for trait in _traits(one):
            shelf = shelves.get(trait, ())
            if len(shelf) <= _RARE:
                near.update((id(other), other) for other in shelf)
        for other in near.values():
            yield one, other


def _traits(one: Element) -> Iterator[tuple[str, str]]:
    for name, text in (("value", one.value), ("digest", one.digest), ("after", one.after)):
        if text:
            yield (name, text)


def _splits(found: Pairing) -> Iterator[Change]:
    """A function that went, whose text is now in two or more new ones."""
    new: dict[str, list[Element]] = {}
    for other in found.only_b:
        if other.kind == "function":
            new.setdefault(other.path, []).append(other)
    for one in found.only_a:
        if one.kind != "function" or not one.sketch:
            continue
        parts = [other for other in new.get(one.path, ()) if contained(other, one) >= 0.3]
        if len(parts) >= 2:
            names = ", ".join(part.name for part in parts)
            for part in parts:
                yield Change("function", "split", one, part, part.patch, f"its text is in {names}")


def _place(change: Change) -> tuple[int, str, int, str, str]:
    one = change.b or change.a
    assert one is not None  # noqa: S101 - a change has at least one side
    return (_ORDER.index(one.kind), one.path, one.line, one.name, change.change)
