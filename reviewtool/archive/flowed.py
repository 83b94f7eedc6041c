# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 3676 format=flowed text as its author saw it, without harming a patch inside it."""

from reviewtool.archive.hunks import find_diff, sound


def unflow(text: str, *, delsp: bool = False) -> str:
    """``text`` with space stuffing undone and soft line breaks joined.

    A patch sent flowed has trailing blanks and leading blanks of its own, which a joiner would
    destroy: where the stuffing undone alone gives a sound diff, the text stays line by line. Some
    programs call text flowed that they never stuffed.
    """
    lines = text.split("\n")
    unstuffed = "\n".join(_unstuff(line) for line in lines)
    joined = "\n".join(_joined(lines, delsp, stuffed=True))
    never_stuffed = "\n".join(_joined(lines, delsp, stuffed=False))
    for candidate in (unstuffed, text, joined, never_stuffed):
        if find_diff(candidate) is not None and sound(candidate):
            return candidate
    return joined


def _unstuff(line: str) -> str:
    return line[1:] if line.startswith(" ") else line


def _joined(lines: list[str], delsp: bool, *, stuffed: bool) -> list[str]:
    joined: list[str] = []
    open_depth: int | None = None
    for raw in lines:
        depth = len(raw) - len(raw.lstrip(">"))
        line = _unstuff(raw[depth:]) if stuffed or depth else raw
        flows = line.endswith(" ") and line != "-- "
        content = line[:-1] if flows and delsp else line
        if open_depth == depth and joined:
            joined[-1] += content
        else:
            joined.append(">" * depth + (" " if depth and content else "") + content)
        open_depth = depth if flows else None
    return joined
