# SPDX-License-Identifier: GPL-2.0-or-later
"""How one patch changed from one revision to the next: lines, message, trailers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from reviewtool.archive.codewalk import places
from reviewtool.archive.types import Patch, Revision
from reviewtool.tree.pair import Pair


@dataclass(slots=True)
class Moved:
    """How one patch changed: ``came`` are diff lines only the new one has, ``gone`` only the
    old one, each with its first character."""

    pair: Pair
    came: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    said: str = ""
    unsaid: str = ""
    paths: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    trailers: list[str] = field(default_factory=list)

    @property
    def number(self) -> int | None:
        return self.pair.b


def how_moved(one: Pair, a: Revision, b: Revision) -> Moved:
    """How the patch of a pair changed from ``a`` to ``b``."""
    old = next((patch for patch in a.patches if patch.index == one.a), None)
    new = next((patch for patch in b.patches if patch.index == one.b), None)
    before, after = _lines(old), _lines(new)
    found = Moved(one)
    for lines, others, into in ((after, before, found.came), (before, after, found.gone)):
        left = Counter((path, line) for path, line, _ in others)
        for path, line, inside in lines:
            if left[path, line]:
                left[path, line] -= 1
            else:
                into.append(line)
                found.paths.add(path)
                found.functions.add(inside)
    if old is not None and new is not None:
        found.said, found.unsaid = _prose(new, old), _prose(old, new)
        had = {f"{each.name}: {each.value}" for each in old.trailers if each.given_by is None}
        found.trailers = [
            f"{each.name}: {each.value}"
            for each in new.trailers
            if each.given_by is None and f"{each.name}: {each.value}" not in had
        ]
    return found


def taken_over(one: Moved, told: Sequence[Moved]) -> bool:
    """Whether a patch is gone and all functions it was about are those of patches told of."""
    functions = one.functions - {""}
    others = {name for each in told for name in each.functions}
    return one.number is None and bool(functions) and functions <= others


def changes_code(one: Moved) -> bool:
    """Whether more than the wrapping and the blanks of lines changed."""
    return _unwrapped(one.came) != _unwrapped(one.gone)


def _unwrapped(lines: Sequence[str]) -> tuple[str, str]:
    added, removed = (
        "".join("".join(line[1:].split()) for line in lines if line[0] == mark) for mark in "+-"
    )
    return added, removed


def _lines(patch: Patch | None) -> list[tuple[str, str, str]]:
    """Path, changed line and the function it is in."""
    if patch is None:
        return []
    text = patch.diff.split("\n")
    return [
        (path, line.rstrip(), inside)
        for line, (path, inside) in zip(text, places(text), strict=True)
        if line[:1] in ("+", "-") and line[1:].strip() and not line.startswith(("+++ ", "--- "))
    ]


def _prose(one: Patch, other: Patch) -> str:
    """The words of a message and subject the other has not, as often as it has them more."""
    left = other.message.split() + other.subject.split()
    found = []
    for word in one.message.split() + one.subject.split():
        if word in left:
            left.remove(word)
        else:
            found.append(word)
    return " ".join(found)


def only_tests(one: Moved) -> bool:
    """Whether it is about selftests and nothing else."""
    return all(path.startswith("tools/testing/") for path in one.paths)
