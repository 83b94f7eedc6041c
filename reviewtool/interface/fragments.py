# SPDX-License-Identifier: GPL-2.0-or-later
"""A fragment of a file made whole enough to be parsed.

A hunk begins and ends anywhere. What it stands in is in git's section heading: that is put in
front when it opens a struct, an enumeration or an initialiser; the inside of a function whose
head is not shown is blanked, and the function is reported by its heading; what is still open at
the end is closed.
"""

import re
from dataclasses import dataclass

from reviewtool.interface.functions import named_by_macro
from reviewtool.interface.mask import blanked, without_comments
from reviewtool.interface.source import TORN_TYPE
from reviewtool.interface.sparse import Fragment

_OPENER = re.compile(r"(?:=\s*\{|(?:\b(?:struct|union|enum)\b[^()]*)\{)\s*$")
_ANY_OPENER = re.compile(r"(?:^|\s)(?:struct|union|enum)\s+\w+\s*$|=\s*$")
_BY_MACRO = re.compile(r"^\s*((?:COMPAT_)?SYSCALL_DEFINE|BPF_CALL_)\d\s*\(\s*(\w+)")
_FUNCTION = re.compile(r"(?:^|[\s*])(\w+)\s*\(")
# "call_get_stack:1," of "u16 jited:1, call_get_stack:1;": the type stands further up.
_TORN_BITS = re.compile(rb"\s*\w+\s*:\s*\w+\s*[,;]")


@dataclass(frozen=True, slots=True)
class Whole:
    """``text``, its first line being the heading if there is one in front.

    ``numbers`` gives each line of the text its number in the file, 0 for a line that is not in
    it. ``inside`` is the heading of the function the fragment starts in, with the number of its
    lines; ``open`` is true when the last thing in the text goes on after it.
    """

    text: bytes
    numbers: tuple[int, ...]
    inside: str
    inside_lines: int
    open: bool


def whole(fragment: Fragment, header: bool = False) -> Whole:
    """``fragment``, of a header or not, as text a parser can read."""
    texts = [line.text for line in fragment.lines]
    raw = "\n".join(texts).encode("utf-8", "surrogateescape")
    if header and fragment.final:
        raw = _without_include_guard(raw)
    raw = _without_torn_macro(without_torn_comment(raw))
    code = without_comments(raw)
    lines = code.split(b"\n")
    raw_lines = raw.split(b"\n")
    numbers = [line.number for line in fragment.lines]
    inside, inside_lines = "", 0
    heading = fragment.heading
    if heading and _starts_inside(lines):
        if _OPENER.search(heading):
            torn = _torn_declaration(code)
            raw_lines = (blanked(raw[:torn]) + raw[torn:]).split(b"\n")
            opener = heading.encode("utf-8", "surrogateescape")
            raw_lines.insert(
                0, opener + b" " + TORN_TYPE.encode() if _TORN_BITS.match(code) else opener
            )
            numbers.insert(0, 0)
        elif function_in(heading) and not _ANY_OPENER.search(heading):
            inside = heading
            inside_lines = _end_of_inside(lines)
            for index in range(inside_lines):
                raw_lines[index] = _directive_or_blank(raw_lines[index], lines[index])
    text = b"\n".join(raw_lines)
    closers = _closers(without_comments(text))
    if closers:
        if without_comments(text + b"\n;")[-1:] != b";":  # the hunk ends within a comment
            text += b"*/"
        text += b"\n" + closers
        numbers.append(0)
    return Whole(text + b"\n", (*numbers, 0), inside, inside_lines, bool(closers))


def _without_include_guard(raw: bytes) -> bytes:
    """Blank the ``#endif`` at the end of a header if the fragment does not show what it ends."""
    code = without_comments(raw)
    last = code.rstrip().rfind(b"\n") + 1
    opened = len(re.findall(rb"^[ \t]*#[ \t]*if", code, re.MULTILINE))
    closed = len(re.findall(rb"^[ \t]*#[ \t]*endif", code, re.MULTILINE))
    if opened >= closed or not re.match(rb"[ \t]*#[ \t]*endif", code[last:]):
        return raw
    return raw[:last] + blanked(raw[last:])


def without_torn_comment(raw: bytes) -> bytes:
    """Blank the rest of a comment that began before the fragment."""
    start, stop = raw.find(b"/*"), raw.find(b"*/")
    if stop >= 0 and (start < 0 or stop < start):
        return blanked(raw[: stop + 2]) + raw[stop + 2 :]
    lines = raw.split(b"\n")
    if start < 0 and stop < 0 and all(re.match(rb"\s*\*|\s*$", line) for line in lines):
        return blanked(raw)
    first = next((line for line in lines if line.strip()), b"")
    if start >= 0 and re.match(rb"\s+\*(?:\s|$)", first):
        # A comment is torn when starred lines come first, whatever closes it further down.
        for index, line in enumerate(lines):
            if not re.match(rb"\s*\*", line):
                return b"\n".join([*(blanked(one) for one in lines[:index]), *lines[index:]])
    return raw


def _without_torn_macro(raw: bytes) -> bytes:
    """Blank the rest of a macro that began before the fragment: indented, continued lines."""
    lines = raw.split(b"\n")
    index = 0
    while index < len(lines) and lines[index].rstrip().endswith(b"\\"):
        if lines[index].lstrip().startswith(b"#"):
            return raw
        index += 1
    if index == 0:
        return raw
    return b"\n".join([*(blanked(line) for line in lines[: index + 1]), *lines[index + 1 :]])


def _torn_declaration(code: bytes) -> int:
    """Where a declaration ends that began before the fragment, 0 if none did.

    It closes a parenthesis it does not open: the last lines of a hook's parameters.
    """
    entry = _torn_entry(code)
    if entry:
        return entry
    depth = 0
    for found in re.finditer(rb"[();{}]", code):
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if depth < 0:
            stop = re.compile(rb"[;,{}]").search(code, found.end())
            return stop.end() if stop and stop[0] in (b";", b",") else found.end()
        if found[0] in b";{}" and depth == 0:
            return 0
    return 0


def _torn_entry(code: bytes) -> int:
    """Where an entry of an array ends that began before the fragment, 0 if none did."""
    depth = 0
    for found in re.finditer(rb"[{}]", code):
        depth += 1 if found[0] == b"{" else -1
        if depth < 0:
            comma = re.compile(rb"\s*,").match(code, found.end())
            return comma.end() if comma else 0
    return 0


def _starts_inside(lines: list[bytes]) -> bool:
    """Whether the first line stands inside the block the heading opens.

    It does when the first thing in the first column is the brace that closes it, or when there
    is nothing but indented code; a label of a function counts as inside.
    """
    indented = False
    for line in lines:
        if not line.strip() or line.lstrip().startswith(b"#"):
            continue
        if line[:1] in b" \t":
            indented = True
            continue
        if re.match(rb"\w+:(?!:)", line):
            continue
        return line.startswith((b"}", b"{"))
    return indented


def _end_of_inside(lines: list[bytes]) -> int:
    """How many lines belong to the function; a stub has its whole body on one."""
    for index, line in enumerate(lines):
        stub = line.startswith(b"{") and line.count(b"{") == line.count(b"}")
        if stub or line.startswith(b"}"):
            return index + 1
    return len(lines)


def _directive_or_blank(raw: bytes, code: bytes) -> bytes:
    return raw if code.lstrip().startswith(b"#") else blanked(raw)


def _closers(code: bytes) -> bytes:
    """The brackets that end what ``code`` leaves open."""
    stack: list[bytes] = []
    pairs = {b"{": b"}", b"(": b")", b"[": b"]"}
    masked = re.sub(rb'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', b"", code)
    masked = re.sub(rb"^[ \t]*#(?:\\\n|[^\n])*", b"", masked, flags=re.MULTILINE)
    for byte in re.findall(rb"[][(){}]", masked):
        if byte in pairs:
            stack.append(pairs[byte])
        elif byte in stack:
            while stack.pop() != byte:
                pass
    return b"".join(reversed(stack)) + b";" if stack else b""


def function_in(heading: str) -> str:
    """The name of the function a section heading opens, "" if it opens none."""
    if _OPENER.search(heading) or heading.endswith(";"):
        return ""
    if by_macro := _BY_MACRO.match(heading):
        return named_by_macro(by_macro[1], by_macro[2])
    found = _FUNCTION.search(heading)
    return found[1] if found else ""
