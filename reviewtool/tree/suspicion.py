# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a patch that applied may have landed wrongly.

Each finding is a reason to look, told as such. A file that is byte for byte what the author had is
never suspicious; these rules look only at files that differ.
"""

import itertools
import re
from collections.abc import Iterable, Iterator

from reviewtool.text import visible_line
from reviewtool.tree.hunks import Placement
from reviewtool.tree.patchfile import FilePatch

# What git itself takes for a function's head in a hunk's heading (its default rule).
_HEAD = re.compile(rb"^[A-Za-z_$]")
_LABEL = re.compile(rb"^\w+:\s*(?:/\*.*)?$")
_WORD = re.compile(rb"[A-Za-z_]\w{3,}")
_UNLOCK = re.compile(rb"\b(\w*?)unlock(\w*)\s*\(")
_NAME = re.compile(rb"(\w+)\s*\(")

Placed = tuple[FilePatch, bytes, tuple[Placement, ...]]


def suspicions(placed: Iterable[Placed], merged: bool = False) -> tuple[str, ...]:
    """Findings over all files of a patch. ``merged``: a three-way merge placed the hunks, so only
    what holds wherever they landed is judged."""
    found: list[str] = []
    for patch, before, placements in placed:
        lines = before.split(b"\n")
        for number, spot in enumerate(placements, 1):
            if spot.state not in ("exact", "offset", "fuzz"):
                continue
            where = f"{patch.path}: hunk {number}"
            if not merged:
                found += (f"{where} {words}" for words in _fuzz(spot))
                found += (f"{where} {words}" for words in _place(spot, lines))
            found += (f"{where} {words}" for words in _locks(spot, lines))
    return tuple(visible_line(words) for words in found)


def _fuzz(spot: Placement) -> Iterator[str]:
    """Context that fuzz ignored, worst first: lines that speak of what the hunk changes."""
    changed = b"\n".join(line[1:] for line in spot.hunk.lines if line[:1] in b"-+")
    words = {_stem(word) for word in _WORD.findall(changed)}
    for expected, stands in spot.dropped:
        if not expected.strip() and not (stands or b"").strip():
            continue
        here = f"finds {_quote(stands)}" if stands is not None else "is beyond the end of the file"
        text = f"expects {_quote(expected)} beside it, but {here}"
        shared = sorted(words & {_stem(word) for word in _WORD.findall(expected)})
        if shared:
            text += f", and its change is about {shared[0].decode()}"
        yield text


def _stem(word: bytes) -> bytes:
    # lock and unlock, get and put of the same thing are one matter.
    return re.sub(rb"_?(?:un)?lock(?:ed)?", b"lock", word.lower())


def _place(spot: Placement, lines: list[bytes]) -> Iterator[str]:
    if spot.places > 1:
        yield f"fits at {spot.places} places; the nearest, line {spot.line}, was taken"
    if spot.state == "exact":
        return
    # The heading names the function only if the change is inside it, not after its end.
    context = itertools.takewhile(lambda line: line[:1] == b" ", spot.hunk.lines)
    if any(_HEAD.match(line[1:]) or line[1:2] == b"}" for line in context):
        return
    # Only two names can contradict each other: a heading may be a macro, a struct, or cut short.
    mailed = _function(spot.hunk.section.encode("utf-8", "surrogateescape"))
    head = _enclosing(lines, spot.line - 1)
    landed = _function(head)
    if mailed and landed and mailed != landed:
        yield f"is mailed for {mailed.decode('utf-8', 'replace')}() but lands in {_quote(head)}"


def _function(head: bytes) -> bytes:
    match = _NAME.search(head)
    return match[1] if match else b""


def _enclosing(lines: list[bytes], line: int) -> bytes:
    """The head of the function or struct around ``line`` (from 0); empty outside of any."""
    for above in reversed(lines[: max(0, line)]):
        if above[:1] == b"}":
            return b""
        if _HEAD.match(above) and not _LABEL.match(above):
            return above
    return b""


def _locks(spot: Placement, lines: list[bytes]) -> Iterator[str]:
    """An unlock added to a function that neither takes nor drops that lock as it stands.

    The real case: a hunk of 2025 adds filemap_invalidate_unlock_shared() to a fault handler that
    no longer takes the lock. A function the hunk itself brings is its author's own affair.
    """
    marks = [line[:1] for line in spot.hunk.lines]
    changed = spot.line - 1 + sum(1 for _ in itertools.takewhile(lambda m: m == b" ", marks))
    if not _enclosing(lines, changed):
        return
    added = b"\n".join(line[1:] for line in spot.hunk.lines if line[:1] == b"+")
    if any(_HEAD.match(line) and not _LABEL.match(line) for line in added.split(b"\n")):
        return
    body = _body(lines, changed)
    for first, last in dict.fromkeys(match.groups() for match in _UNLOCK.finditer(added)):
        family = re.compile(
            rb"\b" + re.escape(first) + rb"(?:un|try)?lock" + re.escape(last) + rb"\w*\s*\("
        )
        takes = re.search(rb"\b" + re.escape(first) + rb"(?:try)?lock\w*\s*\(", added)
        if not takes and not family.search(body):
            name = (first + b"unlock" + last).decode("utf-8", "replace")
            yield f"adds {name}() to a function that takes no such lock here"


def _body(lines: list[bytes], line: int) -> bytes:
    """The function around ``line`` (from 0): between two lines that begin with a brace."""
    start = max((i for i in range(min(line, len(lines))) if lines[i][:1] == b"}"), default=-1)
    end = next((i for i in range(line, len(lines)) if lines[i][:1] == b"}"), len(lines))
    return b"\n".join(lines[start + 1 : end])


def _quote(line: bytes | None) -> str:
    return f"'{(line or b'').strip().decode('utf-8', 'replace')[:60]}'"
