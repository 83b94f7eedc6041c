# SPDX-License-Identifier: GPL-2.0-or-later
"""Structs and enumerations: ops structs with their hooks, members of the others, constants."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from reviewtool.interface.parse import matches, one_line
from reviewtool.interface.source import TORN_TYPE, Source, body_digest, declared_name
from reviewtool.interface.types import Element

_OPS_NAME = re.compile(r"(?:^|_)(?:ops|operations|operations_struct|funcs|callbacks|fops|aops)$")


def named_like_ops(name: str) -> bool:
    """Whether the kernel's habits call a struct of this name an ops struct."""
    return bool(_OPS_NAME.search(name))


def is_table(name: str, members: list[tuple[Node, Node]]) -> bool:
    """Whether a struct is an ops struct: at least half its members are function pointers.

    Of a struct seen in part the name decides as well, as long as there is no member seen that
    speaks against it.
    """
    hooks = sum(_is_function_pointer(declarator) for _, declarator in members)
    if named_like_ops(name):
        return hooks * 4 >= len(members)
    return hooks > 0 and hooks * 2 >= len(members)


def tables(source: Source) -> set[str]:
    """Names of the ops structs ``source`` defines."""
    return {name for name, _, members in _structs(source) if is_table(name, members)}


def structs(source: Source) -> Iterator[Element]:
    """Structs: kind "table" with kind "hook" for each slot, or "struct" with "member"s."""
    for name, node, members in _structs(source):
        table = is_table(name, members)
        yield Element(
            kind="table" if table else "struct",
            name=name,
            guard=source.guard(node),
            type=f"struct {name}" if node.type == "struct_specifier" else name,
            path=source.path,
            line=node.start_point.row + 1,
            end=node.end_point.row + 1,
            comment=source.comment_above(node.start_point.row),
            digest=body_digest(source.raw(node)),
        )
        before = ""
        for member, declarator in members:
            identifier = declared_name(declarator)
            if identifier is None or not source.alive(member):
                continue
            own = source.code(identifier)
            first, last = _rows(member, declarator)
            yield Element(
                kind="hook" if table else "member",
                name=own,
                parent=name,
                guard=source.guard(member),
                type=_member_type(source, member, declarator),
                path=source.path,
                line=first + 1,
                end=last + 1,
                comment=source.comment_above(member.start_point.row),
                after=before,
            )
            before = own


def enumerators(source: Source) -> Iterator[Element]:
    """Kind "flag": the entries of enumerations, with their values where they are written."""
    before: dict[int, str] = {}
    for captures in matches("c/enumerators", source.tree.root_node):
        node = captures["enumerator"][0]
        if not source.alive(node):
            continue
        name = source.code(captures["name"][0])
        owner = node.parent.parent if node.parent is not None else None
        title = owner.child_by_field_name("name") if owner is not None else None
        value = node.child_by_field_name("value")
        yield Element(
            kind="flag",
            name=name,
            parent=f"enum {source.code(title)}" if title is not None else "enum",
            guard=source.guard(node),
            value=source.code(value) if value is not None else "",
            path=source.path,
            line=node.start_point.row + 1,
            end=node.end_point.row + 1,
            comment=source.comment_above(node.start_point.row),
            after=before.get(owner.id if owner is not None else 0, ""),
        )
        before[owner.id if owner is not None else 0] = name


def _structs(source: Source) -> Iterator[tuple[str, Node, list[tuple[Node, Node]]]]:
    for captures in matches("c/structs", source.tree.root_node):
        node, body = captures["struct"][0], captures["body"][0]
        if not source.alive(node):
            continue
        members = [
            (one["member"][0], one["declarator"][0])
            for one in matches("c/members", body)
            if _owner(one["member"][0]) == body
        ]
        yield source.code(captures["name"][0]), node, members


def _owner(member: Node) -> Node | None:
    """The body of the named struct ``member`` belongs to: unnamed unions inside are part of it."""
    body = member.parent
    while body is not None:
        holder = body.parent
        outer = holder.parent if holder is not None else None
        if (
            holder is None
            or holder.child_by_field_name("name") is not None
            or outer is None
            or outer.type != "field_declaration"
            or outer.child_by_field_name("declarator") is not None
        ):
            return body
        body = outer.parent
    return None


def _rows(member: Node, declarator: Node) -> tuple[int, int]:
    """The lines of one declarator; the first of a declaration has its type before it, the last
    the end of it after it."""
    every = member.children_by_field_name("declarator")
    first = every[0].start_byte == declarator.start_byte
    last = every[-1].start_byte == declarator.start_byte
    torn = member.text is not None and member.text.startswith(TORN_TYPE.encode())
    return (
        (member if first and not torn else declarator).start_point.row,
        (member if last else declarator).end_point.row,
    )


def _is_function_pointer(declarator: Node) -> bool:
    stack = [declarator]
    while stack:
        node = stack.pop()
        if node.type == "function_declarator":
            inner = node.child_by_field_name("declarator")
            return inner is not None and inner.type == "parenthesized_declarator"
        inner = node.child_by_field_name("declarator")
        if inner is not None:
            stack.append(inner)
    return False


def _member_type(source: Source, member: Node, declarator: Node) -> str:
    """The whole declaration of one declarator: ``vm_fault_t (*fault)(struct vm_fault *vmf)``."""
    first = member.child_by_field_name("declarator")
    if first is None or first.start_byte == declarator.start_byte:
        words = source.code(member).rstrip("; ").removeprefix(f"{TORN_TYPE} ")
        if len(member.children_by_field_name("declarator")) == 1:
            return words
    head = member.start_byte
    stop = first.start_byte if first is not None else declarator.start_byte
    both = source.masked.code[head:stop] + source.raw(declarator)
    return one_line(both).removeprefix(f"{TORN_TYPE} ")
