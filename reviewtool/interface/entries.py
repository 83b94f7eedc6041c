# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables whose entries user space or a guest sees, and whose rows are data rather than slots."""

from collections.abc import Iterator

from tree_sitter import Node

from reviewtool.interface.source import Source
from reviewtool.interface.types import Element

ENTRY_TABLES = frozenset({"ctl_table", "sys_reg_desc", "_kvm_stats_desc", "arm64_cpu_capabilities"})
"""Sysctls, system registers of a guest, statistics of KVM, features of a processor."""
_KEYS = (".procname", ".capability")
_CONTENT = ("initializer_list", "call_expression", "identifier")


def entries(source: Source, table: Node, name: str, struct: str) -> Iterator[Element]:
    """Kind "object", one for each entry of the array ``name``: ``vm_table[swappiness]``.

    ``line`` is that of what names the entry: the brace before it may be an older entry's.
    """
    before = ""
    for item in table.named_children:
        if item.type == "initializer_pair":  # [index] = { ... }
            item = item.child_by_field_name("value") or item
        key = _key(source, item) if item.type in _CONTENT and source.alive(item) else None
        if key is None:
            continue
        label, node = key
        own = f"{name}[{label}]"
        yield Element(
            kind="object",
            name=own,
            parent=struct,
            guard=source.guard(node),
            value=source.code(item),
            path=source.path,
            line=node.start_point.row + 1,
            end=item.end_point.row + 1,
            after=before,
        )
        before = own


def _key(source: Source, item: Node) -> tuple[str, Node] | None:
    """What names an entry, and where it stands; None for the empty one at the end."""
    if item.type != "initializer_list":
        return _named_by_macro(source, item), item
    for part in item.named_children:
        if part.type != "initializer_pair":
            return _argument(source, part) or source.code(part), part
        value = part.child_by_field_name("value")
        designator = part.child_by_field_name("designator")
        if value is None or designator is None:
            continue
        if source.code(designator) in _KEYS:
            return source.code(value).strip('"'), part
    return None


def _named_by_macro(source: Source, item: Node) -> str:
    """``ID_WRITABLE(ID_AA64PFR2_EL1, mask)`` by the register, others by the whole call."""
    first = _argument(source, item)
    return first if first is not None and "_" in first else source.code(item)


def _argument(source: Source, call: Node) -> str | None:
    """The first argument of a macro, if it is a name."""
    arguments = call.child_by_field_name("arguments")
    if call.type != "call_expression" or arguments is None or not arguments.named_children:
        return None
    first = arguments.named_children[0]
    return source.code(first) if first.type == "identifier" else None
