# SPDX-License-Identifier: GPL-2.0-or-later
"""How likely two elements of different names are one element renamed, and why.

Scores add up evidence a reviewer would accept; the weights are judged by the tests on real
series. From :data:`ACCEPT` on a rename is taken as one, from :data:`ASK` on it is only mentioned.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from reviewtool.interface.types import Element

ACCEPT = 0.6
ASK = 0.45
_SOME_TEXT = 8  # runs of three tokens from which on a body says whose it is


@dataclass(slots=True)
class Context:
    """What is known of two snapshots while they are matched.

    ``sets_a[slot]`` are the objects setting a hook, ``slots_a[function]`` the slots a function is
    put into, in the older snapshot; ``_b`` in the newer. ``renamed`` maps (kind, parent, name) of
    the older to the name in the newer one.
    """

    sets_a: Mapping[tuple[str, str], frozenset[str]]
    sets_b: Mapping[tuple[str, str], frozenset[str]]
    slots_a: Mapping[str, frozenset[tuple[str, str]]]
    slots_b: Mapping[str, frozenset[tuple[str, str]]]
    members_a: Mapping[str, frozenset[str]]
    members_b: Mapping[str, frozenset[str]]
    renamed: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def now(self, kind: str, parent: str, name: str) -> str:
        """The name in the newer snapshot of what the older calls ``name``."""
        return self.renamed.get((kind, parent, name), name)


def context(a: Iterable[Element], b: Iterable[Element]) -> Context:
    """The relations among the elements of two snapshots."""
    a, b = list(a), list(b)
    return Context(_sets(a), _sets(b), _slots(a), _slots(b), _members(a), _members(b))


def similarity(a: Element, b: Element, around: Context) -> tuple[float, str]:
    """A score (0 to about 1.3) that ``b`` is ``a`` under another name, and the evidence."""
    scorer = _SCORERS.get(a.kind)
    if scorer is None or a.kind != b.kind:
        return 0.0, ""
    parts = [(weight, why) for weight, why in scorer(a, b, around) if weight]
    return sum(weight for weight, _ in parts), ", ".join(why for _, why in parts if why)


_Parts = list[tuple[float, str]]


def _hook(a: Element, b: Element, around: Context) -> _Parts:
    if around.now("table", "", a.parent) != b.parent:
        return []
    both = around.sets_a.get((a.parent, a.name), frozenset()) & around.sets_b.get(
        (b.parent, b.name), frozenset()
    )
    either = around.sets_a.get((a.parent, a.name), frozenset()) | around.sets_b.get(
        (b.parent, b.name), frozenset()
    )
    return [
        *_position(a, b, around, 0.25),
        *_type(a, b, 0.3, 0.15),
        (0.3 * len(both) / len(either), f"set by {', '.join(sorted(both))}") if both else (0, ""),
        *_words(a, b, 0.15),
        (0.15 * (_alike(a.comment, b.comment) > 0.8), "same comment"),
        (0.05 * (a.guard == b.guard), ""),
    ]


def _object(a: Element, b: Element, around: Context) -> _Parts:
    if around.now("table", "", a.parent) != b.parent:
        return []
    holder_a, _, slot_a = a.name.rpartition(".")
    holder_b, _, slot_b = b.name.rpartition(".")
    same_slot = around.now("hook", a.parent, slot_a) == slot_b
    same_function = around.now("function", "", a.value) == b.value
    if not same_slot and not (same_function and holder_a == holder_b):
        return []
    return [
        (0.4 * same_slot, "same slot" if slot_a == slot_b else f"slot {slot_a} is now {slot_b}"),
        (0.4 * (holder_a == holder_b), "same object"),
        (0.3 * (same_function and bool(b.value)), f"same function {b.value}"),
        (0.1 * (a.path == b.path), "same file"),
    ]


def _function(a: Element, b: Element, around: Context) -> _Parts:
    slots_a = {
        (holder, around.now("hook", "", slot)) for holder, slot in around.slots_a.get(a.name, ())
    }
    same_slots = slots_a & around.slots_b.get(b.name, frozenset())
    told = ", ".join(f"{holder}.{slot}" for holder, slot in sorted(same_slots))
    body = shared(a, b)
    if a.digest and a.digest == b.digest:
        body = 1.0
    if not same_slots and body < 0.3:
        return []
    # The stubs of a header all return the same.
    weight = min(1.0, len(a.sketch) / _SOME_TEXT) if a.sketch else 1.0
    return [
        (0.3 * bool(same_slots), f"both are {told}" if told else ""),
        (0.4 * body * weight, f"{round(100 * body)} % of the body" if body > 0.3 else ""),
        *_type(a, b, 0.15, 0.05),
        *_words(a, b, 0.25),
        (0.1 * (a.path == b.path), "same file"),
    ]


def _prototype(a: Element, b: Element, around: Context) -> _Parts:
    if around.now("function", "", a.name) == b.name and a.path == b.path:
        return [(1.0, "its function was renamed")]
    return [
        *_type(a, b, 0.3, 0.0),
        (0.2 * (a.path == b.path), "same file"),
        *_words(a, b, 0.3),
    ]


def _flag(a: Element, b: Element, around: Context) -> _Parts:
    if a.parent != b.parent or a.path != b.path or _first_word(a.name) != _first_word(b.name):
        return []
    return [
        (0.2, "same enumeration" if a.parent.startswith("enum") else "same header"),
        (0.4 * (a.value == b.value and bool(a.value)), f"same value {a.value}"),
        *_position(a, b, around, 0.15),
        *_words(a, b, 0.3),
    ]


def _member(a: Element, b: Element, around: Context) -> _Parts:
    if around.now("struct", "", a.parent) != b.parent:
        return []
    return [
        *_position(a, b, around, 0.3),
        *_type(a, b, 0.4, 0.2),
        *_words(a, b, 0.3),
        (0.2 * (_alike(a.comment, b.comment) > 0.8), "same comment"),
    ]


def _struct(a: Element, b: Element, around: Context) -> _Parts:
    mine = around.members_a.get(a.name, frozenset())
    other = around.members_b.get(b.name, frozenset())
    both = mine & other
    if not both:
        return []
    return [
        (0.7 * len(both) / len(mine | other), f"members {', '.join(sorted(both)[:6])}"),
        *_words(a, b, 0.3),
    ]


def _kconfig(a: Element, b: Element, around: Context) -> _Parts:
    del around
    if a.path != b.path:
        return []
    return [
        (0.2 * (a.type == b.type), "same type"),
        (0.2 * (a.guard == b.guard), "same dependencies"),
        (0.3 * (bool(a.value) and a.value == b.value), "same defaults and selects"),
        (0.3 * (_alike(a.comment, b.comment) > 0.8), "same help"),
        *_words(a, b, 0.3),
    ]


def _named_after_function(a: Element, b: Element, around: Context) -> _Parts:
    if around.renamed.get(("function", "", a.name)) == b.name and a.parent == b.parent:
        return [(1.0, "its function was renamed")]
    return []


_SCORERS = {
    "hook": _hook,
    "object": _object,
    "function": _function,
    "prototype": _prototype,
    "flag": _flag,
    "ioctl": _flag,
    "member": _member,
    "struct": _struct,
    "table": _struct,
    "kconfig": _kconfig,
    "export": _named_after_function,
    "reference": _named_after_function,
}


def shared(a: Element, b: Element) -> float:
    """The part of two bodies' text that is the same (an estimate of Jaccard's index)."""
    return _overlap(a.sketch, b.sketch)


def _overlap(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    if not a or not b:
        return 0.0
    size = min(len(a), len(b))
    smallest = sorted({*a, *b})[: max(size, 1)]
    return len(set(a) & set(b) & set(smallest)) / len(smallest)


def contained(part: Element, in_whole: Element) -> float:
    """How much of the sketch of ``part`` is in that of ``in_whole``."""
    if not part.sketch:
        return 0.0
    top = in_whole.sketch[-1] if in_whole.sketch else 0
    comparable = [one for one in part.sketch if one <= top]
    return len(set(comparable) & set(in_whole.sketch)) / len(comparable) if comparable else 0.0


_STORAGE = re.compile(r"\b(?:static|inline|extern|__always_inline|noinline|asmlinkage)\b")
_BARE_UNSIGNED = re.compile(r"\bunsigned\b(?!\s+(?:int|long|short|char)\b)")


def signature(text: str, name: str) -> tuple[str, tuple[str, ...]]:
    """Return type and parameter types of a declaration, without names and storage classes."""
    text = _BARE_UNSIGNED.sub("unsigned int", _STORAGE.sub(" ", text))
    found = re.search(rf"\b{re.escape(name)}\b", text)
    if found is None:
        return " ".join(text.split()), ()
    head, tail = text[: found.start()], text[found.end() :]
    opened = tail.find("(")
    if opened < 0:
        return _plain(head), (" ".join(tail.split()),) if tail.strip() else ()  # char pad[13]
    parameters = tail[opened + 1 : tail.rfind(")")]
    return _plain(head), tuple(_plain(_parameter_type(one)) for one in _split(parameters))


def _parameter_type(parameter: str) -> str:
    """Without the parameter's name, if it has one."""
    parameter = parameter.strip()
    if re.search(r"[\w*]\s+\**\w+$|\*\w+$", parameter):
        return re.sub(r"\s*\b\w+\s*$", "", parameter)
    return parameter


def _plain(text: str) -> str:
    return re.sub(r"\s*\*\s*", "*", " ".join(text.split())).strip("( ").rstrip("(")


def _split(parameters: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for letter in parameters:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += letter
    return [*parts, current] if current.strip() else parts


def _type(a: Element, b: Element, same: float, returns: float) -> _Parts:
    if not a.type or not b.type:
        return []
    one, two = signature(a.type, a.name), signature(b.type, b.name)
    if one == two:
        return [(same, "same type")]
    return [(returns * (one[0] == two[0]), f"same return type {one[0].rstrip('(*')}".rstrip())]


def _position(a: Element, b: Element, around: Context, weight: float) -> _Parts:
    if not a.after or not b.after:
        return []
    same = around.now(a.kind, a.parent, a.after) == b.after
    return [(weight * same, f"same position, after {b.after}")]


def _words(a: Element, b: Element, weight: float) -> _Parts:
    one, two = set(a.name.lower().split("_")), set(b.name.lower().split("_"))
    return [(weight * len(one & two) / len(one | two), "")]


def _first_word(name: str) -> str:
    return name.lstrip("_").split("_")[0]


def _alike(a: str, b: str) -> float:
    if not a or not b:
        return 0.0
    return SequenceMatcher(None, a.split(), b.split(), autojunk=False).ratio()


def _sets(elements: Iterable[Element]) -> dict[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for element in elements:
        if element.kind == "object":
            holder, _, slot = element.name.rpartition(".")
            found.setdefault((element.parent, slot), set()).add(holder)
    return {key: frozenset(held) for key, held in found.items()}


def _slots(elements: Iterable[Element]) -> dict[str, frozenset[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for element in elements:
        if element.kind == "object":
            holder, _, slot = element.name.rpartition(".")
            found.setdefault(element.value, set()).add((holder, slot))
    return {key: frozenset(held) for key, held in found.items()}


def _members(elements: Iterable[Element]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for element in elements:
        if element.kind in ("hook", "member"):
            found.setdefault(element.parent, set()).add(element.name)
    return {key: frozenset(held) for key, held in found.items()}
