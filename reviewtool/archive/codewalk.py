# SPDX-License-Identifier: GPL-2.0-or-later
"""Which function a line of a diff is in, and which hooks a diff defines or assigns.

Told from the diff alone by section headings and column 0, as ``diff -p`` does; the exact reading,
from a whole tree, is the interface stage's.
"""

import re
from collections.abc import Iterable

_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@ ?(.*)$")
_FILE = re.compile(r"^(?:diff --git a/\S+ b/|\+\+\+ b/)(\S+)")
_CALLABLE = re.compile(r"([A-Za-z_]\w*)\s*\(")
_OBJECT = re.compile(r"\b(?:struct|union)\s+(\w+)\s+(\w+)(?:\[\w*\])?\s*=\s*\{?\s*$")
_STRUCT = re.compile(r"^(?:typedef\s+)?(?:struct|union|enum)\s+(\w+)\s*\{?\s*$")
_ASSIGNED = re.compile(r"^\s*\.(\w+)\s*=\s*&?([a-z_][a-z0-9_]*)\s*,?\s*$")
_POINTER = re.compile(r"\(\s*\*\s*(?:const\s+)?(\w+)\s*\)\s*\(")
_NO_NAMES = frozenset(
    (
        *("__attribute__", "__aligned", "__must_check", "__printf", "__acquires", "__releases"),
        *("__weak", "__init", "__exit", "if", "for", "while", "switch", "return", "sizeof"),
        *("typeof", "defined"),
    )
)


def places(lines: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """For each line of a diff (or of a quoted part of one) its file and the name it is inside of.

    The name is a function's, a struct's or an initialised object's; "" where none can be told.
    """
    found: list[tuple[str, str]] = []
    path = name = ""
    hunk = False
    for line in lines:
        if match := _FILE.match(line):
            path, name, hunk = match.group(1), "", False
        elif match := _HUNK.match(line):
            name, hunk = _opened(match.group(1)), True
        elif _begins(line, hunk):
            name = _opened(line[1:]) or (name if line[1] in "{}#/*" or line.endswith(":") else "")
        found.append((path, name))
        if line[:2] in ("+}", " }"):
            name = ""
    return tuple(found)


def _begins(line: str, hunk: bool) -> bool:
    """Whether ``line`` has code at column 0; out of a hunk (in prose) an added line alone does."""
    return line[:1] in ("+ -" if hunk else "+") and len(line) > 1 and not line[1].isspace()


def hooks_in(diff: str) -> dict[str, frozenset[str]]:
    """The hooks ``diff`` adds, removes or assigns, each with the functions assigned to it."""
    found: dict[str, set[str]] = {}
    kind: str | None = None
    for line in diff.split("\n"):
        head = match.group(1) if (match := _HUNK.match(line)) else line[1:]
        opened = _OBJECT.search(head)
        if opened:
            kind = opened.group(1)
        elif match:
            kind = None
        if line[:1] not in ("+", "-", " "):
            continue
        assigned = _ASSIGNED.match(line[1:])
        if assigned and _may_be_hook(assigned.group(1), assigned.group(2), kind):
            found.setdefault(assigned.group(1), set()).add(assigned.group(2))
        for name in _POINTER.findall(line[1:]):
            found.setdefault(name, set())
    return {name: frozenset(functions) for name, functions in found.items()}


def _may_be_hook(name: str, value: str, kind: str | None) -> bool:
    """An assignment in an ops struct; where the struct cannot be told, one named after its hook."""
    if kind is None:
        return "_" in value and name in value
    return "op" in kind and "_" in value


def _opened(text: str) -> str:
    """The function, struct or object whose definition ``text`` (at column 0) begins, or ""."""
    text = text.rstrip()
    if not text or text[0] in "#{}/*:" or text.endswith(";"):
        return ""
    if match := _STRUCT.match(text):
        return match.group(1)
    if match := _OBJECT.search(text):
        return match.group(2)
    names = [name for name in _CALLABLE.findall(text) if name not in _NO_NAMES]
    return names[0] if names and not text.startswith((" ", "\t")) else ""
