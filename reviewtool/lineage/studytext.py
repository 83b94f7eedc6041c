# SPDX-License-Identifier: GPL-2.0-or-later
"""Editing a study file as text: blocks are put in place, every other byte stays as it was.

tomlkit keeps comments too, but moves them about when tables are inserted into nested arrays.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*([\w. \t]+?)[ \t]*\]\]")
_KEY = re.compile(r"^[ \t]*(\w+)[ \t]*=")
_MAIL = re.compile(r"^([ \t]*mail[ \t]*=[ \t]*)([\"'])(thread:[0-9a-f]+)\2", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """One ``[[…]]`` table: its kind, the line of its header, and the line its content ends before.

    ``top`` is the first of the comment lines that stand directly above the header.
    """

    kind: str
    top: int
    header: int
    end: int


def blocks(text: str) -> tuple[Block, ...]:
    """The array tables of ``text`` in order."""
    lines = text.split("\n")
    heads = [(n, match.group(1)) for n, line in enumerate(lines) if (match := _HEADER.match(line))]
    found: list[Block] = []
    for (start, kind), (after, _) in pairwise([*heads, (len(lines), "")]):
        end = after
        while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
            end -= 1
        top = start
        while top > 0 and lines[top - 1].startswith("#"):
            top -= 1
        found.append(Block(kind, top, start, end))
    return tuple(found)


def block_text(kind: str, values: Mapping[str, object]) -> str:
    """A table as text; lists get one line an item, empty values are left out."""
    lines = [f"[[{kind}]]"]
    for key, value in values.items():
        if isinstance(value, Sequence) and not isinstance(value, str):
            if len(value) == 1 and len(str(value[0])) < 60:
                lines.append(f"{key} = [{quoted(str(value[0]))}]")
            elif value:
                lines.append(f"{key} = [")
                lines.extend(f"    {quoted(str(item))}," for item in value)
                lines.append("]")
        elif value:
            plain = key == "date"
            lines.append(f"{key} = {value if plain else quoted(str(value))}")
    return "\n".join(lines)


def insert(text: str, line: int, block: str) -> str:
    """``text`` with ``block`` before ``line``, a blank line on each side of it."""
    lines = text.split("\n")
    before, after = lines[:line], lines[line:]
    while before and not before[-1].strip():
        before.pop()
    while after and not after[0].strip():
        after.pop(0)
    parts = [part for part in ("\n".join(before), block, "\n".join(after)) if part.strip()]
    return "\n\n".join(parts).rstrip("\n") + "\n"


def renew_thread(text: str, old: str, new: str) -> str:
    """``text`` with the stored thread ``old`` replaced where a table names it as its mail."""
    return _MAIL.sub(
        lambda match: (
            f"{match.group(1)}{match.group(2)}{new}{match.group(2)}"
            if match.group(3) == old
            else match.group()
        ),
        text,
    )


def fill_in(text: str, original: str, values: Mapping[str, str]) -> str:
    """``text`` with ``values`` (key to TOML) written below the ``original`` of the table that names
    it, but for the keys that table has."""
    lines = text.split("\n")
    for block in blocks(text):
        own = range(block.header + 1, block.end)
        keys = {found.group(1): n for n in own if (found := _KEY.match(lines[n]))}
        if "original" in keys and original in lines[keys["original"]]:
            fresh = [f"{key} = {value}" for key, value in values.items() if key not in keys]
            after = keys["original"] + 1
            return "\n".join([*lines[:after], *fresh, *lines[after:]])
    return text


def quoted(value: str) -> str:
    """``value`` as a TOML string."""
    import tomlkit  # takes longer to import than a fetch that finds nothing new may last

    return tomlkit.string(value).as_string()
