# SPDX-License-Identifier: GPL-2.0-or-later
"""Kconfig symbols with their dependencies, block by block.

A block reader, not the grammar: it reads fragments, it does not stumble over keywords newer than
the grammar (``transitional``), and the language is one of lines. Tests hold it against the
grammar on the whole tree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from reviewtool.interface.parse import matches, text_of, tree_of
from reviewtool.interface.types import Element

_BLOCK = re.compile(
    r"\s*(config|menuconfig|choice|menu|if|comment|source|endmenu|endif|endchoice|mainmenu)\b\s*(.*)"
)
_TYPE = re.compile(r"(bool|boolean|tristate|string|hex|int|def_bool|def_tristate)\b\s*(.*)")
_PROMPT = re.compile(r'"(?:\\.|[^"\\])*"\s*(?:if\s+(.*))?$')


@dataclass(slots=True)
class _Block:
    name: str
    first: int
    last: int
    type: str = ""
    depends: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    help: list[str] = field(default_factory=list)


def options(path: str, raw: bytes) -> Iterator[Element]:
    """Kind "kconfig": ``guard`` is what the symbol depends on, ``value`` its defaults and selects.

    Menus and ``if`` blocks around a symbol count among its dependencies.
    """
    outer: list[tuple[str, list[str]]] = []
    block: _Block | None = None
    help_indent: int | None = None
    for number, line in enumerate(_logical_lines(raw), start=1):
        text = line.expandtabs(8)
        stripped = text.strip()
        if help_indent is not None:
            indent = len(text) - len(text.lstrip())
            if not stripped:
                continue
            if help_indent < 0:
                help_indent = indent if indent else None
            if help_indent is not None and indent >= help_indent:
                if block is not None:
                    block.help.append(stripped)
                    block.last = number
                continue
            help_indent = None
        if not stripped or stripped.startswith("#"):
            continue
        found = _BLOCK.match(text)
        if found is not None and (found[1] != "comment" or not found[2].startswith("=")):
            if block is not None:
                yield _element(path, block, outer)
                block = None
            _nest(outer, found[1], _condition(found[2]))
            if found[1] in ("config", "menuconfig"):
                block = _Block(found[2].split()[0] if found[2] else "", number, number)
            continue
        if re.match(r"(?:help|---help---)\s*$", stripped):
            help_indent = -1
            if block is not None:
                block.last = number
            continue
        if block is not None:
            block.last = number
            _attribute(block, stripped)
        elif outer and stripped.startswith("depends on"):
            outer[-1][1].append(_condition(stripped[len("depends on") :]))
    if block is not None:
        yield _element(path, block, outer)


def grammar_symbols(raw: bytes) -> list[str] | None:
    """The symbols the grammar finds in a whole file, None where it does not understand the file.

    The second opinion on :func:`options`. ``transitional`` is newer than the grammar and masked.
    """
    text = re.sub(rb"(?m)^[ \t]*transitional[ \t]*$", lambda found: b" " * len(found[0]), raw)
    root = tree_of(text, "kconfig").root_node
    if root.has_error:
        return None
    found = matches("kconfig/symbols", root)
    return [text_of(text, one["name"][0]) for one in found]


def _logical_lines(raw: bytes) -> Iterator[str]:
    """Lines with continued ones joined to their first; the count of lines is kept."""
    held, pending = "", 0
    for line in raw.decode("utf-8", "replace").split("\n"):
        if line.endswith("\\"):
            held += line[:-1] + " "
            pending += 1
            continue
        yield held + line if held else line
        for _ in range(pending):
            yield ""
        held, pending = "", 0
    if held:
        yield held


def _nest(outer: list[tuple[str, list[str]]], word: str, condition: str) -> None:
    if word in ("menu", "choice"):
        outer.append((word, []))
    elif word == "if":
        outer.append((word, [condition]))
    elif word in ("endmenu", "endif", "endchoice"):
        # A fragment closes what it does not open.
        for index in range(len(outer) - 1, -1, -1):
            if outer[index][0] == word.removeprefix("end"):
                del outer[index:]
                break


def _condition(text: str) -> str:
    return " ".join(text.split("#")[0].split())


def _attribute(block: _Block, text: str) -> None:
    text = _condition(text)
    found = _TYPE.match(text)
    if text.startswith("depends on"):
        block.depends.append(text[len("depends on") :].strip())
    elif found is not None:
        word = found[1].replace("boolean", "bool")
        block.type = word.removeprefix("def_")
        if word.startswith("def_"):
            block.attributes.append(f"default {found[2]}")
        elif (prompt := _PROMPT.match(found[2])) and prompt[1]:
            block.attributes.append(f"prompt if {prompt[1]}")
    elif text.startswith(("select", "imply", "default", "range", "modules", "transitional")):
        block.attributes.append(text)


def _element(path: str, block: _Block, outer: list[tuple[str, list[str]]]) -> Element:
    conditions = [one for _, held in outer for one in held] + block.depends
    return Element(
        kind="kconfig",
        name=f"CONFIG_{block.name}",
        guard=" && ".join(
            f"({one})" if "||" in one and len(conditions) > 1 else one
            for one in dict.fromkeys(conditions)
        ),
        type=block.type,
        value="; ".join(block.attributes),
        path=path,
        line=block.first,
        end=block.last,
        comment=" ".join(block.help),
    )
