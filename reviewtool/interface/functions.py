# SPDX-License-Identifier: GPL-2.0-or-later
"""Functions: signature, and a digest of the body."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from reviewtool.interface.parse import matches
from reviewtool.interface.source import Source, body_digest, sketch
from reviewtool.interface.types import Element

_SYSCALL = re.compile(
    rb"^((?:COMPAT_)?SYSCALL_DEFINE\d|BPF_CALL_\d)\s*\(\s*(\w+)((?:[^()]|\([^()]*\))*)\)",
    re.MULTILINE,
)
_DEFINERS = ("SYSCALL_DEFINE", "COMPAT_SYSCALL_DEFINE", "BPF_CALL_")
_KEYWORDS = {"if", "for", "while", "switch", "return", "sizeof", "else", "do", "case"}


def functions(source: Source) -> Iterator[Element]:
    """Kind "function" for definitions, "prototype" for declarations of a file's top level."""
    for captures in matches("c/functions", source.tree.root_node):
        node = captures["declarator"][0]
        holder = _holder(node)
        if holder is None or not source.alive(holder):
            continue
        name = source.code(captures["name"][0])
        if name in _KEYWORDS or name.startswith(_DEFINERS):
            continue
        body = holder.child_by_field_name("body")
        stop = body.start_byte if body is not None else holder.end_byte
        signature = source.masked.code[holder.start_byte : stop]
        if body is None and b"=" in signature:  # macros called in an initialiser seen in part
            continue
        yield Element(
            kind="function" if body is not None else "prototype",
            name=name,
            guard=source.guard(holder),
            type=" ".join(_plain(signature).split()).rstrip("; "),
            path=source.path,
            line=holder.start_point.row + 1,
            end=holder.end_point.row + 1,
            comment=source.comment_above(holder.start_point.row),
            digest=body_digest(source.raw(body)) if body is not None else "",
            sketch=sketch(source.raw(body)) if body is not None else (),
        )
    yield from _syscalls(source)


def named_by_macro(macro: str, name: str) -> str:
    """The function ``macro(name, …)`` defines: a system call, or a helper BPF programs call."""
    prefix = {"S": "sys_", "C": "compat_sys_", "B": ""}[macro[0]]
    return prefix + name


def _plain(signature: bytes) -> str:
    """Without conditionals, which a signature written twice has inside."""
    kept = [line for line in signature.split(b"\n") if not line.lstrip().startswith(b"#")]
    return b"\n".join(kept).decode("utf-8", "replace")


def _holder(node: Node) -> Node | None:
    """The definition or top-level declaration around a function declarator."""
    current = node.parent
    while current is not None and current.type in (
        "pointer_declarator",
        "init_declarator",
        "attributed_declarator",
        "parenthesized_declarator",
    ):
        current = current.parent
    if current is None:
        return None
    if current.type == "function_definition":
        return current
    if current.type == "declaration" and _at_top(current):
        return current
    return None


def _at_top(node: Node) -> bool:
    outer = node.parent
    while outer is not None and outer.type in (
        "linkage_specification",
        "declaration_list",
        "ERROR",
    ):
        outer = outer.parent
    return outer is not None and outer.type == "translation_unit"


def _syscalls(source: Source) -> Iterator[Element]:
    """Definitions by SYSCALL_DEFINEn or BPF_CALL_n; they end at the next brace in column 0."""
    code = source.masked.code
    for found in _SYSCALL.finditer(code):
        row = code.count(b"\n", 0, found.start())
        stop = code.find(b"\n}", found.end())
        if stop < 0:
            continue
        yield Element(
            kind="function",
            name=named_by_macro(found[1].decode(), found[2].decode()),
            guard=source.masked.guards.at(row),
            type=" ".join(found[0].decode("utf-8", "replace").split()),
            path=source.path,
            line=row + 1,
            end=code.count(b"\n", 0, stop) + 2,
            comment=source.comment_above(row),
            digest=body_digest(code[found.end() : stop + 2]),
            sketch=sketch(code[found.end() : stop + 2]),
        )
