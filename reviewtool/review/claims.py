# SPDX-License-Identifier: GPL-2.0-or-later
"""A changelog held to its word: what "Changes in v3" says against how the patches changed.

Names are looked for in the lines the two revisions do not share. Where an item has no name to look
for, its words are, and that is said; where it has neither, nothing can be told.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reviewtool.archive.changelog import Changes, read_changelog
from reviewtool.archive.types import Revision
from reviewtool.review.moved import Moved, changes_code, how_moved, only_tests, taken_over
from reviewtool.tree.pair import Pair, pair

State = Literal["seen", "not seen", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One item of a changelog. ``patches`` are those of the new revision whose code shows it."""

    text: str
    state: State
    evidence: str
    patches: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Claims:
    """The items, and the patches that changed although no item is seen in them.

    ``written``: the posting has a changelog for its own version.
    """

    written: bool
    items: tuple[Claim, ...]
    unsaid: tuple[Pair, ...]
    base: str = ""
    """What the base was changed from and to, where no item says so."""
    text: str = ""


def claims(a: Revision, b: Revision) -> Claims:
    """Hold what ``b`` says of its changes since ``a`` against both."""
    entry = own_changelog(b)
    pairs = pair(a.patches, b.patches)
    moved = [how_moved(one, a, b) for one in pairs]
    items = tuple(_claim(text, a, b, moved) for text in items_of(entry.text)) if entry else ()
    seen = {number for one in items for number in one.patches}
    told = [one for one in moved if one.number in seen]
    unsaid = tuple(
        one.pair
        for one in moved
        if changes_code(one) and one.number not in seen and not taken_over(one, told)
    )
    rebased = a.base and b.base and a.base != b.base
    cover = b.cover.body if b.cover else ""
    said = any(_REBASE.search(one.text) for one in items) or _BASED.search(cover)
    base = f"{(a.base or '')[:12]} -> {(b.base or '')[:12]}" if rebased and not said else ""
    return Claims(entry is not None, items, unsaid, base, entry.text if entry else "")


def mentions(text: str, name: str) -> bool:
    """Whether ``text`` names ``name``, or something that looks like a misspelling of it."""
    return _has(name, [text]) or bool(
        difflib.get_close_matches(name, re.findall(r"\w{8,}", text), n=1, cutoff=0.9)
    )


def own_changelog(revision: Revision) -> Changes | None:
    """The entry of the cover letter that tells of this posting.

    By its number; else, as numbers are miscounted, the first that names no posting of its own or
    is relative to an earlier one.
    """
    body = revision.cover.body if revision.cover else revision.patches[0].notes
    entries = [one for one in read_changelog(body, revision.version) if one.text.strip()]
    label = f"v{revision.version}"
    for one in entries:
        if one.version.removeprefix("rfc-") == label and (one.since or not _mentions_itself(one)):
            return one
    first = entries[0] if entries else None
    return first if first is not None and not first.links else None


def _mentions_itself(entry: Changes) -> bool:
    """Whether the heading links to the posting it is about: then that is an earlier one."""
    return bool(entry.links) and not entry.since


_WIDTH = 70
"""Columns up to which people who wrap their mail at 72 or 75 fill a line."""
_BULLET = re.compile(r"^[ \t]*(?:[-*o+•]|\d+[.)])[ \t]+(.*)$")


def items_of(text: str) -> tuple[str, ...]:
    """The bullets of a changelog, each on one line; prose after the list is none of it. Without
    bullets each line is an item, but for those that go on with the one before."""
    items: list[str] = []
    plain: list[str] = []
    before = ""
    for line in text.split("\n"):
        bullet = _BULLET.match(line)
        if bullet:
            items.append(bullet[1])
        elif not line.strip():
            if items:
                break
        elif items:
            items[-1] += f" {line}"
        elif plain and before.strip() and _goes_on(plain[-1], before, line):
            plain[-1] += f" {line}"
        else:
            plain.append(line)
        before = line
    return tuple(" ".join(one.split()) for one in items or plain)


def _goes_on(item: str, before: str, line: str) -> bool:
    """Whether ``line`` is further in than the ``item`` begins, or was broken off the line
    ``before``, which had no room for its first word."""
    first = line.split(maxsplit=1)[0]
    return _indent(line) > _indent(item) or len(f"{before.rstrip()} {first}") > _WIDTH


def _indent(line: str) -> int:
    line = line.expandtabs()
    return len(line) - len(line.lstrip())


_REBASE = re.compile(r"\brebas", re.IGNORECASE)
_BASED = re.compile(r"\brebas|\bbased on\b|\bon top of\b", re.IGNORECASE)
_TAGS = re.compile(
    r"\b(?:add|collect|pick|include|gather)\w*\b.*\b(?:tags?|trailers?|R-?b|A-?b|"
    r"(?:reviewed|acked|tested)-by)s?\b",
    re.IGNORECASE,
)
_IN_MESSAGES = re.compile(r"\b(?:changelogs?|commit (?:messages?|logs?)|descriptions?)\b", re.I)
_NAME = r"(?:->|\.)?`?'?([A-Za-z_]\w*)(?:\(\))?'?`?"
_RENAME = re.compile(rf"\brenam\w*\s+{_NAME}\s+(?:to|into|as|->|=>)\s+{_NAME}", re.IGNORECASE)
_SUBSTITUTE = re.compile(r"\bs/(\w+)/(\w+)/")
_CONDITION = re.compile(
    r"\bcondition\w*\s+compil|\bcompil\w*\s+(?:support|only|out)|\bonly compile|#if", re.IGNORECASE
)
_FORM = re.compile(r"\b(?:checkpatch|formatting|whitespace|indent\w*|style)\b", re.IGNORECASE)
_TESTS = re.compile(r"\b(?:self)?tests?\b", re.IGNORECASE)
_IDENTIFIER = re.compile(
    r"(?:(?<=->)|(?<=\.))([A-Za-z]\w+)\b(?!->)|\b(\w+)\(\)|\b([A-Za-z]\w*_\w+|_\w+)\b(?!->)"
)
_ADDS = re.compile(r"^(?:\W*[\w/. ]{0,30}:\s*)?(?:add|introduc)\w*\b", re.IGNORECASE)
_DROPS = re.compile(
    r"^(?:\W*[\w/. ]{0,30}:\s*)?(?:remov|drop|delet|get rid of|replac)\w*\b", re.IGNORECASE
)
_WORD = re.compile(r"[A-Za-z]{4,}")
_IDLE = frozenset(
    """with from that this into when which instead make made using used uses than then them they
    more most less also added adds remove removed change changed changes fixed fixes reported
    implement implementing implementation support supports relying decide whether being have
    only some other after before does doing done allow allowed call calls calling code patch
    patches series version update updated improve improved handling same follow dependencies
    findings formatting errors error typos checkpatch build""".split()  # noqa: SIM905 - readable
)


def _claim(text: str, a: Revision, b: Revision, moved: Sequence[Moved]) -> Claim:
    if _TAGS.search(text):
        given = [(one.number, tag) for one in moved for tag in one.trailers if "-by:" in tag]
        return replace(_answer(text, given, "no tag that was not there before"), patches=())
    if _REBASE.search(text):
        if not (a.base and b.base):
            return Claim(text, "cannot tell", "a base is not stated")
        if a.base == b.base:
            return Claim(text, "not seen", f"both are on {a.base[:12]}")
        return Claim(text, "seen", f"base {a.base[:12]} -> {b.base[:12]}")
    rename = _RENAME.search(text) or _SUBSTITUTE.search(text)
    if rename is not None:
        messages = bool(_IN_MESSAGES.search(text))
        found = _renamed(rename[1], rename[2], moved, messages)
        told = _answer(text, found, f"{rename[1]} did not give way to {rename[2]}")
        return replace(told, patches=()) if messages else told
    if _FORM.search(text):
        found = [
            (one.number, f"only wrapping and blanks: {one.came[0]}")
            for one in moved
            if one.came and not changes_code(one)
        ]
        if found:
            return replace(_answer(text, found, ""), patches=())
    names = _names(text)
    found = [hit for name in names for hit in _named(name, text, moved)]
    found.sort(key=lambda hit: not hit[1].startswith("in "))
    if found:
        return _answer(text, found, "")
    if _CONDITION.search(text):
        found = [
            (one.number, line)
            for one in moved
            for line in (*one.came, *one.gone)
            if re.match(r"[+-]\s*#\s*(?:if|el|endif)", line)
        ]
        return _answer(text, found, "no #if came or went")
    if _TESTS.search(text):
        found = [
            (one.number, path)
            for one in moved
            for path in sorted(one.paths)
            if path.startswith("tools/testing/")
        ]
        return _answer(text, found, "no selftest changed")
    if names:
        return Claim(text, "not seen", f"no changed line has {', '.join(names)}")
    return _retitled(text, a, b, moved) or _by_words(text, moved)


def _retitled(text: str, a: Revision, b: Revision, moved: Sequence[Moved]) -> Claim | None:
    """An item that says what the title came to say tells of the whole series."""
    old, new = ({_stem(word) for word in _WORD.findall(one.title.lower())} for one in (a, b))
    if not (new - old) & {_stem(word) for word in _WORD.findall(text.lower())}:
        return None
    every = tuple(sorted(one.number for one in moved if one.number and changes_code(one)))
    return Claim(text, "seen", f"the series was “{a.title}”, is “{b.title}”", every)


def _answer(text: str, found: Sequence[tuple[int | None, str]], otherwise: str) -> Claim:
    if not found:
        return Claim(text, "not seen", otherwise)
    patches = tuple(sorted({number for number, _ in found if number is not None}))
    return Claim(text, "seen", _shown(found[0]), patches)


def _shown(hit: tuple[int | None, str]) -> str:
    number, what = hit
    where = f"patch {number}: " if number is not None else ""
    return f"{where}{' '.join(what.split())}"


def _renamed(
    old: str, new: str, moved: Sequence[Moved], messages: bool
) -> list[tuple[int | None, str]]:
    found: list[tuple[int | None, str]] = []
    for one in moved:
        if messages:
            if _part(old, one.unsaid) and _part(new, one.said):
                found.append((one.number, f"{old} gave way to {new} in the message"))
        elif _has(old, one.gone) and _has(new, one.came):
            line = next(line for line in one.came if _has(new, [line]))
            found.append((one.number, line))
    return found


def _has(name: str, lines: Iterable[str]) -> bool:
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(word.search(line) for line in lines)


def _part(word: str, text: str) -> bool:
    """Whether ``word`` is a word of ``text`` or of a name in it (MINOR of VM_UFFD_MINOR)."""
    return bool(re.search(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", text))


def _names(text: str) -> list[str]:
    """What is written as code: with an underscore, with ``()``, behind an arrow."""
    found = ("".join(groups) for groups in _IDENTIFIER.findall(text))
    return [name for name in dict.fromkeys(found) if len(name.strip("_")) > 2]


def _named(name: str, text: str, moved: Sequence[Moved]) -> list[tuple[int | None, str]]:
    """Changed lines with ``name`` (or what it is a misspelling of), in the direction said."""
    inside = [(one.number, f"in {name}()") for one in moved if name in one.functions]
    if inside:
        return inside
    found: list[tuple[int | None, str]] = []
    for one in moved:
        came, gone = one.came, one.gone
        if _ADDS.match(text):
            lines = [line for line in came if line[0] == "+"] + [x for x in gone if x[0] == "-"]
        elif _DROPS.match(text):
            lines = [line for line in gone if line[0] == "+"] + [x for x in came if x[0] == "-"]
        else:
            lines = [*came, *gone]
        known = name if _has(name, lines) else _meant(name, lines)
        line = next((line for line in lines if known and _has(known, [line])), None)
        if line is not None:
            found.append((one.number, line))
    return found


def _meant(name: str, lines: Sequence[str]) -> str:
    """The identifier ``name`` is part of or a misspelling of, "" if there is none."""
    words = {word for line in lines for word in re.findall(r"[A-Za-z_]\w{5,}", line)}
    if len(name) >= 8:
        whole = next((word for word in sorted(words) if name in word), "")
        if whole:
            return whole
    close = difflib.get_close_matches(name, sorted(words), n=1, cutoff=0.9)
    return close[0] if close else ""


def _by_words(text: str, moved: Sequence[Moved]) -> Claim:
    """Two words of an item in the identifiers that changed in one patch are taken as a sign."""
    words: dict[str, str] = {}
    for word in _WORD.findall(text):
        if word.lower() not in _IDLE:
            words.setdefault(_stem(word), word)
    if len(words) < 2:
        return Claim(text, "cannot tell", "nothing in it can be looked for")
    best: tuple[int, int | None, list[str]] = (0, None, [])
    # A test repeats the words of what it tests: it is no sign.
    for one in (each for each in moved if not only_tests(each)):
        parts = {
            _stem(part)
            for line in (*one.came, *one.gone)
            for part in re.findall(r"[a-z]{4,}", line.lower())
        }
        shared = [word for stem, word in words.items() if stem in parts]
        if len(shared) > best[0]:
            best = (len(shared), one.number, shared)
    if best[0] < 2:
        return Claim(text, "cannot tell", "none of its words is in a changed line")
    patches = (best[1],) if best[1] is not None else ()
    told = f"by words alone, patch {best[1]}: {', '.join(best[2])}"
    return Claim(text, "seen", told, patches)


def _stem(word: str) -> str:
    word = word.lower()
    return word[:5] if len(word) > 5 else word.rstrip("s")
