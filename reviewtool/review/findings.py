# SPDX-License-Identifier: GPL-2.0-or-later
"""What a reviewer should be told of a revision, one finding at a time, each on its patch.

A finding has an id that is made of what it says, not of where or when: it stays the same when the
series is sent again, so that a study can acknowledge it once.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reviewtool import cache
from reviewtool.archive.types import Revision
from reviewtool.behaviour.compare import BehaviourDiff, Difference
from reviewtool.interface.types import Change, ChangeKind, Element
from reviewtool.review.pinning import Pin

Kind = Literal["interface", "behaviour", "property", "changelog", "remark"]
Status = Literal["info", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Witness:
    """The shortest operations that show a finding, and what each side answers.

    ``b`` is the revision told of; ``a`` is empty where only it was asked.
    """

    inputs: tuple[str, ...]
    a: tuple[str, ...]
    b: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to tell.

    ``patch`` is the number of the patch that causes it, None where no patch of the series can be
    named. ``about`` is the name to quote the patch by: a function where ``inside`` is true.
    ``names`` are what a text that tells of it would name. ``reason`` is the study's, for a finding
    it acknowledges.
    """

    id: str
    kind: Kind
    status: Status
    patch: int | None
    title: str
    details: tuple[str, ...] = ()
    about: str = ""
    path: str = ""
    inside: bool = False
    witness: Witness | None = None
    also: tuple["Finding", ...] = ()
    reason: str = ""
    names: tuple[str, ...] = ()


def finding_id(kind: Kind, *parts: str) -> str:
    """The stable id of what ``parts`` say."""
    return f"{kind}-{cache.digest(*parts)[:8]}"


# What a user of the interface has to follow; the rest is how it is made.
_SURFACE = frozenset({"hook", "table", "flag", "ioctl", "export", "kconfig", "tracepoint"})
_BREAKING = frozenset({"removed", "retyped", "revalued", "reguarded"})


def interface_findings(changes: Sequence[Change]) -> Iterator[Finding]:
    """One finding an element of the interface, system calls among them; objects that came, went
    or were renamed with their hook are told with the hook."""
    groups: dict[tuple[Element | None, Element | None], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.a, change.b), []).append(change)
    slots = {
        (one.a.name if one.a else "", one.b.name if one.b else "")
        for one in changes
        if one.kind == "hook"
    }
    for group in groups.values():
        first = group[0]
        if first.kind == "reference":
            yield _reference(first)
        elif first.kind in _SURFACE or (first.kind == "object" and not _follows(first, slots)):
            yield _element(group, changes)
        elif calls := _system_calls(group):
            yield _element(calls, changes)


_SYSTEM_CALL = re.compile(r"(COMPAT_)?SYSCALL_DEFINE\d\(")


def _system_calls(group: Sequence[Change]) -> list[Change]:
    """Changes of a function that is a system call, under its own name, but for its body."""
    first = group[0]
    unknown = any(one is not None and not one.type for one in (first.a, first.b))
    if first.kind != "function" or unknown:
        return []
    a, b = (_named_as_called(one) for one in (first.a, first.b))
    told = [one for one in group if one.change not in ("reimplemented", "moved", "split")]
    if a is None or b is None:
        # Of a function that was none, or is none any more, the call itself came or went.
        kind: ChangeKind | None = "added" if b else "removed" if a else None
        return [replace(one, change=kind, a=a, b=b) for one in told[:1]] if kind else []
    return [replace(one, a=a, b=b) for one in told]


def _named_as_called(one: Element | None) -> Element | None:
    if one is None or not _SYSTEM_CALL.match(one.type):
        return None
    return replace(one, name=one.name.removeprefix("compat_").removeprefix("sys_"))


def _kind(one: Element) -> str:
    called = _SYSTEM_CALL.match(one.type) if one.kind == "function" else None
    return f"{'compat ' if called[1] else ''}system call" if called else one.kind


def _follows(change: Change, hooks: set[tuple[str, str]]) -> bool:
    """Whether an object changed only as the slot it fills came, went or was renamed."""
    old, new = (one.name.rpartition(".")[2] if one else "" for one in (change.a, change.b))
    return old != new and (old, new) in hooks


def _reference(change: Change) -> Finding:
    one = change.b or change.a
    if one is None:
        raise ValueError("a change of nothing")
    gone = change.b is None or change.change == "removed"
    title = (
        f"{one.parent}: {one.name} is no longer named"
        if gone
        else f"{one.parent}: names {one.name}, which cannot link where its owner is a module"
    )
    details = (one.value,) if one.value else ()
    status: Status = "info" if gone else "fail"
    return Finding(
        finding_id("interface", "reference", change.change, one.parent, one.name),
        "interface", status, change.patch, title, details, one.name, one.path, names=(one.name,),
    )  # fmt: skip


def _element(group: Sequence[Change], changes: Sequence[Change]) -> Finding:
    first = group[0]
    one = first.b or first.a
    if one is None:
        raise ValueError("a change of nothing")
    kinds = list(dict.fromkeys(change.change for change in group))
    name = _full(one)
    details: list[str] = []
    export = first.kind == "export"
    if first.a is not None and first.b is not None:
        words: list[str] = [kind for kind in kinds if kind != "renamed"]
        if export:
            macro = f"{first.a.type} -> {first.b.type}"
            words = [macro if word == "retyped" else word for word in words]
        elif first.kind == "function":
            words = ["other arguments" if word == "retyped" else word for word in words]
        if first.a.name != first.b.name:
            title = f"{_full(first.a, guard=False)} is now {first.b.name}{_under(one)}"
            title += f", {' and '.join(words)}" if words else ""
        else:
            said = f"{_kind(one)} " if first.kind in ("export", "function") else ""
            title = f"{said}{name}: {' and '.join(words)}"
        details += [
            f"{what}: {old or 'none'} -> {new or 'none'}"
            for what, old, new in (
                ("" if export else "type", _anonymous(first.a), _anonymous(first.b)),
                ("for modules" if export else "value", first.a.value, first.b.value),
                ("condition", first.a.guard, first.b.guard),
            )
            if what and old != new
        ]
        told = list(dict.fromkeys(change.evidence for change in group if change.evidence))
        setters = _setters(first.b.name, changes) if first.kind == "hook" and not told else ()
        details += [f"set by {', '.join(setters)}"] if setters else []
        if first.a.name != first.b.name:
            details += [f"held to be the same: {text}" for text in told]
    elif "added" in kinds:
        title = f"{_kind(one)} {name} is new"
        details += [one.type] if first.kind == "function" else []
        setters = _setters(one.name, changes) if first.kind == "hook" else ()
        details += [f"set by {', '.join(setters)}"] if setters else []
    else:
        title = f"{_kind(one)} {name} is gone"
    what = "for modules" if export else "value"
    details += (
        [f"{what}: {one.value}"] if one.value and (first.a is None or first.b is None) else []
    )
    breaking = first.kind != "object" and bool(_BREAKING & set(kinds))
    old, new = (element.name if element else "" for element in (first.a, first.b))
    return Finding(
        finding_id("interface", _kind(one), ",".join(sorted(kinds)), one.parent, old, new),
        "interface",
        "warn" if breaking else "info",
        first.patch,
        title,
        tuple(details),
        one.name.rpartition(".")[2],
        one.path,
        names=tuple(text.rpartition(".")[2] for text in (old, new) if text),
    )


def _anonymous(element: Element) -> str:
    """A type without the name it is given to: what is left is what was retyped."""
    if element.kind == "function":
        return element.type
    name = rf"(?<!struct )(?<!union )(?<!enum )\b{re.escape(element.name)}\b"
    return re.sub(name, "", element.type, count=1).strip()


def _setters(slot: str, changes: Sequence[Change]) -> tuple[str, ...]:
    found = (
        one.b.name.rpartition(".") for one in changes if one.kind == "object" and one.b is not None
    )
    return tuple(dict.fromkeys(table for table, _, name in found if name == slot))


def _full(element: Element, guard: bool = True) -> str:
    name = f"{element.parent}::{element.name}" if element.kind == "hook" else element.name
    return name + (_under(element) if guard else "")


def _under(element: Element) -> str:
    return f" [{element.guard}]" if element.guard else ""


def behaviour_findings(
    diff: BehaviourDiff, pins: Sequence[Pin], a: str, b: str
) -> Iterator[Finding]:
    """One finding a rule that answers otherwise: its shortest witness, the others with it."""
    by_rule: dict[tuple[str, str] | int, list[Finding]] = {}
    for number, (one, pin) in enumerate(zip(diff.differences, pins, strict=True)):
        key: tuple[str, str] | int = number
        if pin.rule is not None:
            key = ("now", f"{pin.rule.function} {pin.patch}")
        elif pin.before is not None:
            key = ("before", pin.before.function)
        by_rule.setdefault(key, []).append(_difference(one, pin, a, b))
    for group in by_rule.values():
        worst: Status = "fail" if any(one.status == "fail" for one in group) else "warn"
        yield replace(group[0], status=worst, also=tuple(group[1:]))


def _difference(one: Difference, pin: Pin, a: str, b: str) -> Finding:
    witness = Witness(tuple(map(str, one.inputs)), tuple(map(str, one.a)), tuple(map(str, one.b)))
    details = [
        f"{name}, {rule.function}(): {rule.text}"
        for name, rule in ((a, pin.before), (b, pin.rule))
        if rule is not None
    ]
    if pin.before is not None and pin.rule is None:
        details.append(f"{b} has no such rule: it does as its base")
    bad = one.b and (one.b[-1].result == "oops" or one.b[-1].result == "value stale")
    return Finding(
        finding_id("behaviour", one.cause),
        "behaviour",
        "fail" if bad else "warn",
        pin.patch,
        _told(one, a, b),
        tuple(details),
        pin.rule.function if pin.rule else "",
        inside=True,
        witness=witness,
        names=(pin.rule.function,) if pin.rule else (),
    )


def _told(one: Difference, a: str, b: str) -> str:
    """A difference in a sentence; an event that comes or goes is told as such."""
    what, _, outcomes = one.cause.partition(": ")
    mine, _, other = outcomes.partition(" against ")
    events = [
        next((effect.split()[1] for effect in seen.effects if effect.startswith("event ")), "")
        for seen in (one.a[-1], one.b[-1])
    ]
    accessed = one.inputs[-1].op in ("read", "write", "kvm-read")
    if accessed and events[0] and not events[1]:
        return f"no {events[0]} event any more on {what}: {mine} in {a}, {other} in {b}"
    if accessed and events[1] and not events[0]:
        return f"a {events[1]} event now on {what}: {mine} in {a}, {other} in {b}"
    return f"{what}: {mine} in {a}, {other} in {b}" if other else one.cause


def acknowledged(
    findings: Sequence[Finding], reasons: dict[str, str]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Those to tell, and those the study acknowledges, with its reason.

    A finding that stands for several is told unless each of them is acknowledged.
    """
    told: list[Finding] = []
    silent: list[Finding] = []
    for one in findings:
        every = (one, *one.also)
        silent += [
            replace(each, also=(), reason=reasons[each.id]) for each in every if each.id in reasons
        ]
        left = [each for each in every if each.id not in reasons]
        if left:
            told.append(replace(left[0], status=one.status, also=tuple(left[1:])))
    return tuple(told), tuple(silent)


def by_patch(findings: Sequence[Finding], posting: Revision) -> dict[int | None, list[Finding]]:
    """The findings of each patch, in the order of the series; those of none under None."""
    known: dict[int | None, list[Finding]] = {patch.index: [] for patch in posting.patches}
    known[None] = []
    for one in findings:
        known[one.patch if one.patch in known else None].append(one)
    return known
