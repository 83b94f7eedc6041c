# SPDX-License-Identifier: GPL-2.0-or-later
"""The interface of a revision from its mail alone: what the hunks show before and after."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewtool.archive.types import Revision
from reviewtool.interface.extract import every, is_c, is_kconfig, merged
from reviewtool.interface.fragments import Whole, function_in, whole, without_torn_comment
from reviewtool.interface.hunks import FileDiff, file_diffs
from reviewtool.interface.kconfig import options
from reviewtool.interface.mask import without_comments
from reviewtool.interface.references import SeenLine, owners, references
from reviewtool.interface.source import Source, read
from reviewtool.interface.sparse import Fragment, Line, sparse_files
from reviewtool.interface.types import UNSEEN, Element, Snapshot

_CONTAINERS = ("table", "struct")
_MOVING = (
    *_CONTAINERS,
    *("function", "prototype", "export", "object", "flag", "ioctl", "kconfig", "tracepoint"),
)
"""Kinds that keep their name when they go to another file; members go with their struct."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """An element in one fragment, and what the series does within it there."""

    element: Element
    headed: bool  # its first line is in the fragment
    head_patch: int | None
    patches: frozenset[int]
    coding: frozenset[int]  # of them those that add (or remove) code, and not comments alone
    changed: tuple[str, ...]  # code of the lines added (removed, in a text before the series)
    conditions: frozenset[int]  # patches that touch a condition in the fragment
    complete: bool


_Where = tuple[str, tuple[str, str, str]]
"""Path and key of an element."""
_Found = dict[_Where, list[_Seen]]
_Member = tuple[str, str, str, str]
"""Path, kind, name and type: the same line, whatever struct it stands in."""


def snapshot_mail(revision: Revision) -> Snapshot:
    """The partial interface of ``revision``: its patches laid over what they show of the base."""
    patches = [(patch.index, tuple(file_diffs(patch.diff))) for patch in revision.patches]
    return snapshot_diffs(revision.id, patches)


def snapshot_diffs(revision: str, patches: Sequence[tuple[int, Sequence[FileDiff]]]) -> Snapshot:
    """The partial interface of the ``patches`` (index, diffs) of one revision, in order."""
    after: _Found = {}
    before: _Found = {}
    lines: list[SeenLine] = []
    old_lines: list[SeenLine] = []
    for file in sparse_files(patches).values():
        _collect(file.path, file.after(), after, lines)
        _collect(file.path, file.before(), before, old_lines)
    elements, replaced, removed = _compared(after, before)
    elements += _border_crossings(lines, elements)
    removed += [
        replace(one, state="removed")
        for one in _border_crossings(old_lines, removed)
        if one.name not in {element.name for element in elements if element.kind == "reference"}
    ]
    elements += _selftests(patches)
    elements.sort(key=_place)
    removed.sort(key=_place)
    return Snapshot(revision, True, tuple(elements), tuple(removed), tuple(replaced))


def added_lines(revision: Revision) -> tuple[SeenLine, ...]:
    """The lines of C the revision leaves added, comments gone, with the function around each."""
    patches = [(patch.index, tuple(file_diffs(patch.diff))) for patch in revision.patches]
    lines: list[SeenLine] = []
    for file in sparse_files(patches).values():
        _collect(file.path, file.after(), {}, lines)
    return tuple(lines)


def _place(element: Element) -> tuple[str, int, str, str]:
    return (element.path, element.line, element.kind, element.name)


def _collect(
    path: str, fragments: Iterable[Fragment], found: _Found, lines: list[SeenLine]
) -> None:
    above: tuple[str, ...] = ()
    for fragment in fragments:
        if is_c(path):
            text = whole(fragment, path.endswith(".h"))
            source = read(path, text.text, above)
            if source.masked.directives:
                above = source.masked.guards.open_at_end()
            elements = list(every(source))
            for seen in _seen(source, text, fragment, elements):
                found.setdefault((path, seen.element.key), []).append(seen)
            lines.extend(_code_lines(source, text, fragment, elements))
        elif is_kconfig(path):
            raw = "\n".join(line.text for line in fragment.lines).encode("utf-8", "replace")
            numbers = tuple(line.number for line in fragment.lines)
            code = [line.text for line in fragment.lines]
            lines_by_number = {line.number: line for line in fragment.lines}
            for option in options(path, raw):
                seen = _located(option, code, numbers, lines_by_number, True, frozenset())
                found.setdefault((path, option.key), []).append(seen)


def _seen(
    source: Source, text: Whole, fragment: Fragment, elements: Iterable[Element]
) -> Iterator[_Seen]:
    shown = _shown_code(fragment)
    code = [shown.get(number, "") for number in text.numbers]
    by_number = {line.number: line for line in fragment.lines}
    conditions = _condition_patches(fragment)
    last = len(text.numbers) - 1
    for element in elements:
        complete = text.numbers[element.line - 1] > 0 and not (text.open and element.end >= last)
        yield _located(element, code, text.numbers, by_number, complete, conditions)
    name = function_in(text.inside)
    if name:
        # A label or a blanked body: only the heading tells whose lines these are.
        head = Element(
            kind="function",
            name=name,
            type=text.inside if text.inside.count("(") == text.inside.count(")") else "",
            path=source.path,
            line=1,
            end=text.inside_lines,
        )
        yield replace(
            _located(head, code, text.numbers, by_number, False, conditions), headed=False
        )


def _located(
    element: Element,
    code: Sequence[str],
    numbers: Sequence[int],
    by_number: Mapping[int, Line],
    complete: bool,
    conditions: frozenset[int],
) -> _Seen:
    """``element`` with its line numbers in the file, and the changes within it."""
    covered = range(element.line - 1, min(element.end, len(numbers)))
    known = [(index, by_number[numbers[index]]) for index in covered if numbers[index]]
    headed = numbers[element.line - 1] > 0
    patches = {line.patch for _, line in known if line.patch is not None}
    patches |= {line.cut for _, line in known[1:] if line.cut is not None}
    first = known[0][1] if known else next(iter(by_number.values()))
    coded = [
        (line.patch, "".join(code[index].split()))
        for index, line in known
        if line.patch is not None and index < len(code) and code[index].strip()
    ]
    return _Seen(
        replace(
            element,
            line=first.number,
            end=known[-1][1].number if known else first.number,
            digest=element.digest if complete else "",
        ),
        headed,
        first.patch if headed else None,
        frozenset(patches),
        frozenset(patch for patch, _ in coded),
        tuple(text for _, text in coded),
        conditions,
        complete,
    )


def _condition_patches(fragment: Fragment) -> frozenset[int]:
    return frozenset(
        line.patch
        for line in fragment.lines
        if line.patch is not None and re.match(r"\s*#\s*(?:if|el|endif)", line.text)
    )


def _compared(after: _Found, before: _Found) -> tuple[list[Element], list[Element], list[Element]]:
    """Elements after the series with their state; those changed as they were; those removed."""
    elements: list[Element] = []
    replaced: list[Element] = []
    removed: list[Element] = []
    elsewhere: dict[tuple[str, str, str], list[_Where]] = {}
    carved, given = _reparented(after, before)
    for where in before:
        elsewhere.setdefault(where[1], []).append(where)
    taken = set()
    # A function that moves to another file of code moves there, and not to its stub in a header.
    for where, seen in sorted(after.items(), key=lambda item: item[0][0].endswith(".h")):
        origin = where if where in before else None
        if origin is None and seen[0].element.kind in _MOVING:
            found = elsewhere.get(where[1], ())
            gone = [one for one in found if one not in after and one not in taken]
            origin = gone[0] if gone else None
        if origin is not None:
            taken.add(origin)
        element, old = _state(seen, before.get(origin, []) if origin else [])
        if where in carved:
            element = replace(element, state="added", patch=carved[where])
        elements.append(element)
        if old is not None:
            replaced.append(old)
    for where, seen in before.items():
        if where in taken or where in after:
            continue
        heads = [*_heads(seen), *(given[where],)] if where in given else _heads(seen)
        if heads:
            removed.append(replace(_as_one(seen), state="removed", patch=min(heads)))
    return elements, replaced, removed


def _heads(seen: Iterable[_Seen]) -> list[int]:
    """The patches that add (or remove) the first line of an element."""
    return [one.head_patch for one in seen if one.headed and one.head_patch is not None]


def _reparented(after: _Found, before: _Found) -> tuple[dict[_Where, int], dict[_Where, int]]:
    """Members whose lines stay while the struct around them becomes another: what they are in
    afterwards, and what they were in, with the patch that draws the line."""
    won, lost = _kept_lines(after, before), _kept_lines(before, after)
    patches = {**_under_new_heads(won, after, before), **_under_new_heads(lost, before, after)}
    both = [line for line in patches if line in won and line in lost]
    return {won[one]: patches[one] for one in both}, {lost[one]: patches[one] for one in both}


def _kept_lines(found: _Found, other: _Found) -> dict[_Member, _Where]:
    """The members of structs that ``other`` does not have there, on lines no patch makes."""
    return {
        (where[0], seen[0].element.kind, seen[0].element.name, seen[0].element.type): where
        for where, seen in found.items()
        if seen[0].element.kind in ("member", "hook") and where not in other and not _heads(seen)
    }


def _under_new_heads(
    kept: Mapping[_Member, _Where], found: _Found, other: _Found
) -> dict[_Member, int]:
    """Those of ``kept`` whose struct a patch begins (or ends), and the patch."""
    told: dict[_Member, int] = {}
    for line, (path, (_, parent, _)) in kept.items():
        owners = [(path, (kind, "", parent)) for kind in _CONTAINERS]
        heads = [patch for owner in owners for patch in _heads(found.get(owner, ()))]
        if heads and not any(owner in other for owner in owners):
            told[line] = min(heads)
    return told


def _state(seen: list[_Seen], old: list[_Seen]) -> tuple[Element, Element | None]:
    element = _as_one(seen)
    changed = tuple(text for one in seen for text in one.changed)
    gone = tuple(text for one in old for text in one.changed)
    patches = {patch for one in (*seen, *old) for patch in one.patches}
    if not patches:
        patches = {patch for one in (*seen, *old) for patch in one.conditions}
    heads = _heads(seen)
    coding = {patch for one in (*seen, *old) for patch in one.coding}
    if not old and heads:
        first = min(heads)
        later = tuple(sorted(p for p in coding if p > first and element.kind not in _CONTAINERS))
        return replace(element, state="added", patch=first, later=later), None
    if not old:
        touched = bool(changed)
    else:
        was = _as_one(old)
        touched = "".join(changed) != "".join(gone) or (was.path, was.guard) != (
            element.path,
            element.guard,
        )
    moved = bool(old) and _as_one(old).path != element.path
    if not touched or (element.kind in _CONTAINERS and not moved):
        # What changes in a struct is told of its members.
        return replace(element, patch=None), None
    if element.kind == "function":
        # What two revisions do to it can be compared whatever their hunks show around it.
        text = "\0".join((*changed, "\1", *gone))
        digest = "~" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:15]
        element = replace(element, digest=digest)
    made = min(patches) if patches else None
    later = tuple(sorted(patch for patch in coding if made is not None and patch > made))
    element = replace(element, state="changed", patch=made, later=later)
    return element, _as_one(old) if old else None


def _as_one(seen: list[_Seen]) -> Element:
    """What the fragments together say of one element; those that show its head say most."""
    headed = [one.element for one in seen if one.headed]
    chosen = merged(headed or [seen[0].element])[0]
    if not headed:
        types = [one.element.type for one in seen if one.element.type]
        chosen = replace(chosen, type=types[0] if types else "")
    return chosen


def _code_lines(
    source: Source, text: Whole, fragment: Fragment, elements: Iterable[Element]
) -> Iterator[SeenLine]:
    """The lines of a fragment that the series adds (or removes), with the function around."""
    inside: dict[int, str] = {}
    for element in elements:
        if element.kind == "function":
            inside.update(dict.fromkeys(range(element.line - 1, element.end), element.name))
    heading = function_in(text.inside)
    if heading:
        inside.update(dict.fromkeys(range(text.inside_lines), heading))
    by_number = {line.number: line for line in fragment.lines}
    code = _shown_code(fragment)
    for index, number in enumerate(text.numbers):
        line = by_number.get(number)
        if line is not None and line.patch is not None:
            guard = source.masked.guards.at(index)
            yield SeenLine(
                source.path,
                number,
                code[number],
                "" if guard == UNSEEN else guard,
                inside.get(index, ""),
                line.patch,
            )


def _shown_code(fragment: Fragment) -> dict[int, str]:
    """The lines of a fragment by number, without comments."""
    raw = "\n".join(line.text for line in fragment.lines).encode("utf-8", "replace")
    code = without_comments(without_torn_comment(raw)).decode("utf-8", "replace").split("\n")
    return {line.number: text for line, text in zip(fragment.lines, code, strict=True)}


def _border_crossings(lines: Sequence[SeenLine], elements: Iterable[Element]) -> list[Element]:
    found = references(lines, owners(elements))
    return [replace(one, state="added") for one in found]


def _selftests(patches: Sequence[tuple[int, Sequence[FileDiff]]]) -> list[Element]:
    """Kind "selftest": the test programs a series touches, by path."""
    found: dict[str, Element] = {}
    for index, diffs in patches:
        for diff in diffs:
            path = diff.path
            if not path.startswith("tools/testing/"):
                continue
            if path in found:
                found[path] = replace(found[path], later=(*found[path].later, index))
                continue
            found[path] = Element(
                kind="selftest",
                name=path.removeprefix("tools/testing/"),
                path=path,
                state="changed" if diff.old else "added",
                patch=index,
            )
    return list(found.values())
