# SPDX-License-Identifier: GPL-2.0-or-later
"""Who defines, sets and calls a hook: one question to a whole tree.

A call is ``receiver->hook(``. What type a receiver has is told by its name: it is declared
somewhere as a pointer to the struct, in a header (for every file) or in the same file; and the
call has as many arguments as the hook has parameters. That is no type checker; where the name
tells nothing, the call is counted apart.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from reviewtool.interface.functions import functions
from reviewtool.interface.guards import NEVER
from reviewtool.interface.initialisers import closing
from reviewtool.interface.mask import mask
from reviewtool.interface.objects import objects
from reviewtool.interface.similarity import signature
from reviewtool.interface.source import read, read_windows
from reviewtool.interface.structs import structs
from reviewtool.interface.types import Element

_RECEIVER = r"([A-Za-z_]\w*)\s*(?:\([^()]*\)|\[[^][]*\])?\s*(?:->|\.)\s*"
_MARK = re.compile(r"[][(){},;]")
_ANY_NUMBER = -2
_STATIC = "kvm_x86_ops"  # kvm_x86_call(hook)(…) calls a copy of this table

Ask = Callable[["partial[Sequence[HookUse]]", Sequence[str]], tuple["HookUse", ...]]
"""Put a question to every file with one of some words; see :func:`scan.ask_tree`."""


@dataclass(frozen=True, slots=True)
class HookUse:
    """One line that has to do with a hook.

    ``what``: the struct's slot ("defined"), an object's value for it ("set"), a call of it
    ("called"), or a declaration of a pointer to the struct ("pointer"). ``struct`` is "" for a
    call, whose receiver ``text`` names; ``inside`` is the object or the function it stands in.
    ``arguments`` is how many a call has, -1 where that is not seen.
    """

    what: Literal["defined", "set", "called", "pointer"]
    path: str
    line: int
    struct: str
    inside: str
    text: str
    guard: str
    comment: str = ""
    arguments: int = -1


@dataclass(frozen=True, slots=True)
class HookUses:
    """``elsewhere`` counts calls of a hook of that name through another struct, or an unknown."""

    name: str
    structs: tuple[str, ...]
    defined: tuple[HookUse, ...]
    set: tuple[HookUse, ...]
    called: tuple[HookUse, ...]
    elsewhere: int


def hook_uses(name: str, structs_asked: Iterable[str], ask: Ask) -> HookUses:
    """What a tree says of hook ``name`` of ``structs_asked``, or of every ops struct with it."""
    found = ask(partial(_uses, name), (name,))
    wanted = tuple(dict.fromkeys(structs_asked)) or tuple(
        dict.fromkeys(one.struct for one in found if one.what == "defined")
    )
    calls = [one for one in found if one.what == "called"]
    pointers = ask(partial(_pointers, wanted), wanted) if calls and wanted else ()
    everywhere = {one.text for one in pointers if one.path.endswith(".h")}
    here = {(one.path, one.text) for one in pointers}
    defined = tuple(one for one in found if one.what == "defined" and one.struct in wanted)
    counts = {-1, *(_parameters(one.text, name) for one in defined)}
    called = [
        one
        for one in calls
        if (one.text in everywhere or (one.path, one.text) in here or one.text in wanted)
        and (one.arguments in counts or _ANY_NUMBER in counts)
    ]
    return HookUses(
        name,
        wanted,
        defined,
        tuple(one for one in found if one.what == "set" and one.struct in wanted),
        tuple(called),
        len(calls) - len(called),
    )


def _parameters(text: str, name: str) -> int:
    """How many parameters the hook's type has, :data:`_ANY_NUMBER` if that is open."""
    found = [one for one in signature(text, name)[1] if one != "void"]
    return _ANY_NUMBER if "..." in found or "(" not in text else len(found)


def _uses(name: str, path: str, raw: bytes) -> Sequence[HookUse]:
    """Everything about hook ``name`` in one file."""
    word = name.encode()
    pointer = re.search(rb"\(\s*\*\s*(?:const\s+)?" + word + rb"\s*\)\s*\(", raw)
    setting = re.search(rb"\.\s*" + word + rb"\s*=", raw)
    calling = re.search(rb"(?:->|\.)\s*" + word + rb"\s*\)?\s*\(|_call\s*\(\s*" + word, raw)
    found: list[HookUse] = []
    if pointer:
        every = structs(read(path, raw))
        found += [_use("defined", one, "") for one in every if _is(one, "hook", name)]
    if setting:
        every = objects(read_windows(path, raw, partial(_settings, word)))
        found += [_use("set", one, one.value) for one in every if _is(one, "object", name)]
    if calling:
        found += _calls(name, path, raw)
    return found


def _is(element: Element, kind: str, name: str) -> bool:
    return element.kind == kind and element.name.rpartition(".")[2] == name


def _use(what: Literal["defined", "set"], element: Element, text: str) -> HookUse:
    inside = element.name.rpartition(".")[0]
    return HookUse(
        what,
        element.path,
        element.line,
        element.parent,
        inside,
        text or element.type,
        element.guard,
        element.comment,
    )


def _settings(word: bytes, code: bytes) -> list[tuple[int, int]]:
    """Where the declarations with an initialiser that sets the slot begin and end."""
    found: list[tuple[int, int]] = []
    pattern = re.compile(rb"^[A-Za-z_\t ][^;{}()=]*(?:\([^;{}()=]*\)[^;{}()=]*)*=\s*(\{)", re.M)
    slot = re.compile(rb"\.\s*" + word + rb"\s*=")
    for match in pattern.finditer(code):
        stop = closing(code, match.start(1))
        if slot.search(code, match.start(1), stop) and (not found or found[-1][1] <= match.start()):
            found.append((match.start(), stop))
    return found


def _calls(name: str, path: str, raw: bytes) -> list[HookUse]:
    masked = mask(raw)
    pattern = re.compile(
        _RECEIVER
        + re.escape(name)
        + r"\s*\)?\s*\(|\b(kvm_x86)_call\s*\(\s*"
        + re.escape(name)
        + r"\s*\)"
    )
    text = masked.text.decode("latin-1")  # a letter a byte: offsets stay
    seen: list[tuple[int, str, int]] = []
    position = 0
    for row, line in enumerate(text.split("\n")):
        if name in line and masked.guards.at(row) != NEVER:
            seen += [
                (row, one[1] or _STATIC, _arguments(text, position + one.end()))
                for one in pattern.finditer(line)
            ]
        position += len(line) + 1
    if not seen:
        return []
    spans = [one for one in functions(read(path, raw)) if one.kind == "function"]
    return [
        HookUse(
            "called",
            path,
            row + 1,
            "",
            _around(spans, row + 1),
            receiver,
            masked.guards.at(row),
            arguments=arguments,
        )
        for row, receiver, arguments in seen
    ]


def _arguments(text: str, start: int) -> int:
    """How many arguments the call has whose parenthesis opened before ``start``, or opens there
    after the closing one of ``kvm_x86_call(hook)``."""
    if text[start - 1] == ")":
        start = text.find("(", start) + 1
    depth, commas = 0, 0
    for found in _MARK.finditer(text, start):
        mark = found[0]
        if mark == "," and depth == 0:
            commas += 1
        elif mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
            if depth < 0:
                return commas + 1 if text[start : found.start()].strip() else 0
        elif mark == ";":
            break
    return -1


def _around(spans: Sequence[Element], line: int) -> str:
    return next((one.name for one in spans if one.line <= line <= one.end), "")


def _pointers(names: tuple[str, ...], path: str, raw: bytes) -> Sequence[HookUse]:
    """The names declared in a file as pointers to (or instances of) the structs."""
    any_name = b"|".join(re.escape(name.encode()) for name in names)
    pattern = re.compile(
        rb"\bstruct\s+(" + any_name + rb")\b[\s*]*(?:(?:const|__\w+)\b[\s*]*)*(\w+)"
    )
    told = {(one[1].decode(), one[2].decode()) for one in pattern.finditer(raw)}
    return [HookUse("pointer", path, 0, struct, "", text, "") for struct, text in sorted(told)]
