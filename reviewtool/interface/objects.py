# SPDX-License-Identifier: GPL-2.0-or-later
"""Instances of ops structs: which function each puts into which slot, and when."""

from collections.abc import Callable, Iterator

from tree_sitter import Node

from reviewtool.interface.entries import ENTRY_TABLES, entries, handlers, holds_functions
from reviewtool.interface.parse import matches
from reviewtool.interface.source import Source, declared_name
from reviewtool.interface.structs import named_like_ops
from reviewtool.interface.types import Element

_GLOBALS = {"current", "jiffies", "init_mm"}
_CONSTANTS = {"NULL", "true", "false", "THIS_MODULE"}


def objects(source: Source, is_table: Callable[[str], bool] | None = None) -> Iterator[Element]:
    """Kind "object", one for each slot set by an initialiser: name ``object.slot``.

    ``is_table`` tells ops structs by name; without it the name and the values decide, for the
    struct is seldom defined where its objects are, and of some tables each entry is one.
    """
    for captures in matches("c/objects", source.tree.root_node):
        struct = source.code(captures["type"][0])
        node = captures["object"][0]
        if not source.alive(node):
            continue
        if "declarator" in captures:
            declarator = captures["declarator"][0]
            identifier = declared_name(declarator)
            name = source.code(identifier) if identifier is not None else ""
            array = declarator.type == "array_declarator"
        else:
            name, array = f"({struct})@{_enclosing(source, node)}", False
        if not name:
            continue
        if is_table is None and "declarator" in captures and holds_functions(declarator, struct):
            for values in captures["values"]:
                yield from handlers(source, values, name, struct)
        if array and is_table is None and struct in ENTRY_TABLES:
            for values in captures["values"]:
                yield from entries(source, values, name, struct)
            continue
        found = [
            item
            for values in captures["values"]
            for item in _slots(source, values, name, struct, array)
        ]
        if is_table(struct) if is_table is not None else _looks_like_table(source, node, found):
            yield from found


def _slots(source: Source, values: Node, name: str, struct: str, array: bool) -> Iterator[Element]:
    before = ""
    for index, item in enumerate(values.named_children):
        if array:
            inner, label = _array_item(source, item, index)
            if inner is not None:
                yield from _slots(source, inner, f"{name}[{label}]", struct, False)
            continue
        if item.type != "initializer_pair" or not source.alive(item):
            continue
        value = item.child_by_field_name("value")
        slot = ".".join(
            source.code(part).lstrip(".")
            for part in item.children_by_field_name("designator")
            if part.type in ("field_designator", "field_identifier")
        )
        if value is None or not slot:
            continue
        yield Element(
            kind="object",
            name=f"{name}.{slot}",
            parent=struct,
            guard=source.guard(item),
            value=_function(source, value),
            path=source.path,
            line=item.start_point.row + 1,
            end=item.end_point.row + 1,
            after=before,
        )
        before = slot


def _array_item(source: Source, item: Node, index: int) -> tuple[Node | None, str]:
    """The braces of one array entry, and how to name the entry."""
    if item.type == "initializer_list":
        return item, str(index)
    if item.type == "initializer_pair":
        value = item.child_by_field_name("value")
        designator = item.child_by_field_name("designator")
        if value is not None and value.type == "initializer_list" and designator is not None:
            return value, source.code(designator).strip("[] ")
    return None, ""


def _function(source: Source, value: Node) -> str:
    """The function named by a value: a cast or an address operator around it is dropped."""
    node = value
    while True:
        if node.type == "cast_expression":
            inner = node.child_by_field_name("value")
        elif node.type == "parenthesized_expression" and node.named_child_count == 1:
            inner = node.named_children[0]
        else:
            inner = None
        if inner is None:
            return source.code(node)
        node = inner


def _enclosing(source: Source, node: Node) -> str:
    """The function a compound literal stands in, or the variable it initialises."""
    current = node.parent
    while current is not None:
        if current.type in ("function_definition", "init_declarator"):
            declarator = current.child_by_field_name("declarator")
            identifier = declared_name(declarator) if declarator is not None else None
            if identifier is not None:
                return source.code(identifier)
        current = current.parent
    return str(node.start_point.row + 1)


def _looks_like_table(source: Source, node: Node, found: list[Element]) -> bool:
    """Whether the declaration ``node``, which sets the slots ``found``, is of an ops struct."""
    if found and named_like_ops(found[0].parent):
        return True
    functions = [
        item
        for item in found
        if item.value.isidentifier() and item.value not in _CONSTANTS and not item.value.isupper()
    ]
    if len(functions) * 2 <= len(found):
        return False
    function = _function_around(node)
    if function is not None:
        # What is no variable of the function itself is hardly anything else than another function.
        own = _variables_of(source, function) | _GLOBALS
        return any(item.value not in own for item in functions)
    # kvm_gmem_fault in .fault: a function's name tends to end in the slot's.
    return any(item.value.endswith(item.name.rpartition(".")[2]) for item in functions)


def _function_around(node: Node) -> Node | None:
    current = node.parent
    while current is not None and current.type != "function_definition":
        current = current.parent
    return current


def _variables_of(source: Source, function: Node) -> set[str]:
    """Parameters and variables."""
    names = set()
    stack = [function]
    while stack:
        current = stack.pop()
        if current.type in ("parameter_declaration", "declaration"):
            declared = map(declared_name, current.children_by_field_name("declarator"))
            names |= {source.code(name) for name in declared if name is not None}
        stack += current.named_children
    return names
