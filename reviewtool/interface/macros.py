# SPDX-License-Identifier: GPL-2.0-or-later
"""What macros define: constants, ioctls, exported symbols, tracepoints. No grammar is needed."""

import re
from collections.abc import Iterator

from reviewtool.interface.guards import NEVER, guard_map
from reviewtool.interface.mask import directives_of
from reviewtool.interface.source import Source, body_digest
from reviewtool.interface.types import Element, Kind

_IOCTL = re.compile(r"\b_IO(?:R|W|WR)?(?:_BAD)?\s*\(")
_EXPORT = re.compile(
    rb"^[ \t]*(EXPORT_[A-Z_]*SYMBOL[A-Z_]*)\s*\(\s*(\w+)\s*((?:,[^()]*)?)\)",
    re.MULTILINE,
)
_TRACEPOINT = re.compile(
    rb"^(TRACE_EVENT\w*|DEFINE_EVENT\w*|DECLARE_TRACE\w*)\s*\(\s*(\w+)\s*(?:,\s*(\w+))?",
    re.MULTILINE,
)
_KFUNC = re.compile(
    rb"^[ \t]*BTF_ID_FLAGS\s*\(\s*func\s*,\s*(\w+)\s*(?:,([^()]*))?\)", re.MULTILINE
)
_NUMBER = re.compile(r"__NR_(?!syscalls$)")  # of a system call
_DEFINED = re.compile(r"([A-Za-z_]\w*+)(?:\(([^()]*)\))?\s*(\S.*)", re.DOTALL)
_LONG = 200  # of a value longer than this the beginning is shown
# Atomic: each piece of a value is read in one way, or a long value that is no constant would be
# tried in all ways there are to cut it.
_CONSTANT = re.compile(
    r"""(?>
        \(\s*_*[us]\d+\s*\) | BIT(?:_ULL)?\([^()]*\) | _BITULL?\([^()]*\)
      | GENMASK(?:_ULL)?\([^()]*\) | _?(?:AC|ULL?)\([^()]*\)
      | 0[xX][0-9a-fA-F]+[uUlL]* | \d+[uUlL]*
      | [A-Z_][A-Z0-9_]*
      | '(?:\\.|[^'])' | "[^"]*"
      | [\s()|&~+\-*/<>,]
    )++""",
    re.VERBOSE,
)


def macros(source: Source) -> Iterator[Element]:
    """Kinds "flag" and "ioctl": object-like macros with a constant value, in capitals.

    Of what user space compiles against every macro with a value counts, those with parameters too.
    """
    before = ""
    uapi = is_uapi(source.path)
    for directive in source.masked.directives:
        if directive.word != "define":
            continue
        found = _DEFINED.match(directive.argument)
        if found is None:
            continue
        called = found[2] is not None
        if called and not uapi:
            continue
        name, value = found[1], " ".join(found[3].split())
        guard = source.masked.guards.at(directive.first)
        if value == name:  # an enumerator that can be asked for by #ifdef
            continue
        told = name.isupper() or (called and name[0] != "_") or (uapi and _NUMBER.match(name))
        if guard == NEVER or not told:
            continue
        kind: Kind = "ioctl" if _IOCTL.search(value) and not called else "flag"
        if kind == "flag" and not uapi and not _CONSTANT.fullmatch(value):
            continue
        yield Element(
            kind=kind,
            name=name,
            parent="uapi" if uapi else "",
            guard=guard,
            type=f"{name}({' '.join(found[2].split())})" if called else "",
            value=value
            if len(value) <= _LONG
            else f"{value[:_LONG]} ... ({body_digest(value.encode())})",
            path=source.path,
            line=directive.first + 1,
            end=directive.last + 1,
            comment=source.comment_above(directive.first),
            after=before,
        )
        before = name


def is_uapi(path: str) -> bool:
    """Whether a header is part of what user space compiles against."""
    return "/uapi/" in f"/{path}"


def exports(path: str, source: bytes, code: bytes) -> Iterator[Element]:
    """Kind "export": ``type`` is the macro, ``value`` the modules or the namespace it is for.

    ``code`` is ``source`` without comments. No tree is needed.
    """
    guards = guard_map(directives_of(source, code))
    for row, found in _found(_EXPORT, code):
        guard = guards.at(row)
        if guard != NEVER:
            yield Element(
                kind="export",
                name=found[2].decode(),
                guard=guard,
                type=found[1].decode(),
                value=found[3].decode("utf-8", "replace").strip(', "'),
                path=path,
                line=row + 1,
                end=row + 1 + found[0].count(b"\n"),
            )


def kfuncs(source: Source) -> Iterator[Element]:
    """Kind "object": functions a BPF program may call, ``value`` with their flags."""
    if b"BTF_ID_FLAGS" not in source.masked.code:
        return
    for row, found in _found(_KFUNC, source.masked.code):
        guard = source.masked.guards.at(row)
        if guard != NEVER:
            flags = " ".join((found[2] or b"").decode("utf-8", "replace").split())
            yield Element(
                kind="object",
                name=found[1].decode(),
                parent="btf_kfunc_id_set",
                guard=guard,
                value=f"kfunc: {flags}" if flags else "kfunc",
                path=source.path,
                line=row + 1,
                end=row + 1 + found[0].count(b"\n"),
            )


def tracepoints(source: Source) -> Iterator[Element]:
    """Kind "tracepoint": events a header under include/trace declares."""
    if b"TRACE_EVENT" not in source.masked.code and b"DEFINE_EVENT" not in source.masked.code:
        return
    for row, found in _found(_TRACEPOINT, source.masked.code):
        guard = source.masked.guards.at(row)
        if guard == NEVER:
            continue
        event = found[3] if found[1].startswith(b"DEFINE_EVENT") and found[3] else found[2]
        yield Element(
            kind="tracepoint",
            name=event.decode(),
            guard=guard,
            type=found[1].decode(),
            path=source.path,
            line=row + 1,
            end=row + 1,
        )


def _found(pattern: re.Pattern[bytes], code: bytes) -> Iterator[tuple[int, re.Match[bytes]]]:
    row = position = 0
    for found in pattern.finditer(code):
        row += code.count(b"\n", position, found.start())
        position = found.start()
        yield row, found
