# SPDX-License-Identifier: GPL-2.0-or-later
"""Where in a text instances of some structs are initialised, found without a grammar.

A whole tree is asked about a struct in the time it takes to read it because only these places are
parsed. All three answers are for struct names as bytes, without "struct".
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

# Atomic: a comment that could also end later would be tried with every later end.
_COMMENT = rb"(?>/\*(?:[^*]|\*(?!/))*\*/)|(?>//[^\n]*)"
_OUTSIDE = rb"[^;{}()=]*"
_DECLARATION = re.compile(_OUTSIDE + rb"(?:\([^;{}()=]*\)" + _OUTSIDE + rb")*=\s*(\{)")
_STRUCT = re.compile(rb"\bstruct\s+\Z")
_BRACE = re.compile(rb"[{}]")
KEYWORD = 80
"""How far before a name a "struct" is looked for."""
_END = re.compile(rb"\s*;")


def places(names: tuple[bytes, ...], text: bytes) -> list[int]:
    """Where the names begin in ``text``; one may end a longer word."""
    return [match.start() for match in _name(names).finditer(text)]


def holds_literal(names: tuple[bytes, ...], raw: bytes, named: Sequence[int]) -> bool:
    """Whether a compound literal of one of the structs may be in ``raw``: ``(struct x) {``.

    ``named`` are the :func:`places` of ``raw``.
    """
    pattern = _literal(names)
    return any(pattern.match(raw, at) for at in named)


def may_hold_initialiser(names: tuple[bytes, ...], raw: bytes, named: Sequence[int]) -> bool:
    """False only if ``raw``, comments and all, declares none of the structs with ``= {``."""
    pattern = _candidate(names)
    return any(pattern.match(raw, at) for at in named)


def initialisers(names: tuple[bytes, ...], code: bytes) -> list[tuple[int, int]]:
    """Offsets where declarations with an initialiser begin and end.

    ``code`` has neither comments nor preprocessor lines.
    """
    found: list[tuple[int, int]] = []
    stop = 0
    for start, end in mentions(names, code):
        declared = _DECLARATION.match(code, end) if start >= stop else None
        if declared is not None:
            stop = closing(code, declared.start(1))
            found.append((start, stop))
    return found


def mentions(names: tuple[bytes, ...], code: bytes) -> Iterator[tuple[int, int]]:
    """Where each of the names begins and ends as a word, with a "struct" before it."""
    for match in _name(names).finditer(code):
        start = match.start()
        before = code[max(0, start - KEYWORD) : start]
        if before[-1:].isalnum() or before[-1:] == b"_":
            continue
        keyword = _STRUCT.search(before)
        yield start - len(keyword[0]) if keyword else start, match.end()


def closing(code: bytes, opening: int) -> int:
    """The offset after the brace that closes the one at ``opening``, and a semicolon there."""
    depth = 0
    for match in _BRACE.finditer(code, opening):
        depth += 1 if match[0] == b"{" else -1
        if depth == 0:
            tail = _END.match(code, match.end())
            return tail.end() if tail else match.end()
    return len(code)


# No word boundary stands before a name: without it the search begins with the name's own letters,
# which is ten times as fast.
@cache
def _name(names: tuple[bytes, ...]) -> re.Pattern[bytes]:
    return re.compile(_any(names) + rb"(?!\w)")


@cache
def _literal(names: tuple[bytes, ...]) -> re.Pattern[bytes]:
    space = rb"(?:\s|" + _COMMENT + rb")*"
    array = rb"(?:\[[^]]*\])?"
    parts = (_any(names) + rb"(?!\w)", array, rb"\)", rb"\{")
    return re.compile(space.join(parts), re.DOTALL)


@cache
def _candidate(names: tuple[bytes, ...]) -> re.Pattern[bytes]:
    between = rb"(?:" + _COMMENT + rb"|[^;{}/]|/(?![/*]))*?"
    space = rb"(?:\s|" + _COMMENT + rb")*"
    return re.compile(
        _any(names) + rb"(?!\w)" + between + rb"=" + space + rb"\{",
        re.DOTALL,
    )


def _any(names: Sequence[bytes]) -> bytes:
    return rb"(?:" + rb"|".join(map(re.escape, names)) + rb")"
