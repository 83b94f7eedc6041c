# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables whose entries user space or a guest sees, and whose rows are data rather than slots."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from reviewtool.interface.source import Source
from reviewtool.interface.types import Element

ENTRY_TABLES = frozenset(
    {"ctl_table", "sys_reg_desc", "_kvm_stats_desc", "arm64_cpu_capabilities"}
    | {"security_hook_list", "iommufd_ioctl_op", "drm_ioctl_desc", "v4l2_ioctl_info"}
)
"""Sysctls, system registers of a guest, statistics of KVM, features of a processor; hooks of
security modules, ioctls."""
_FUNCTION_TYPE = re.compile(r"fn|func|handle|call|hook|proc")
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


def handlers(source: Source, table: Node, name: str, type_name: str) -> Iterator[Element]:
    """Kind "object", one for each function an array of them has by index:
    ``svm_exit_handlers[SVM_EXIT_NPF]``."""
    before = ""
    for item in table.named_children:
        value = item.child_by_field_name("value")
        index = item.child_by_field_name("designator")
        if value is None or index is None or value.type != "identifier" or not source.alive(item):
            continue
        function = source.code(value)
        if not index.type.startswith("subscript") or function.isupper():
            continue
        own = f"{name}[{source.code(index).strip('[] ')}]"
        yield Element(
            kind="object",
            name=own,
            parent=type_name,
            guard=source.guard(item),
            value=function,
            path=source.path,
            line=item.start_point.row + 1,
            end=item.end_point.row + 1,
            after=before,
        )
        before = own


def holds_functions(declarator: Node, type_name: str) -> bool:
    """Whether what is declared is an array of functions: by its own words, or by its type's."""
    if declarator.type == "array_declarator":
        return _FUNCTION_TYPE.search(type_name) is not None
    inner: Node | None = declarator
    while declarator.type == "function_declarator" and inner is not None:
        if inner.type == "array_declarator":
            return True
        inner = inner.child_by_field_name("declarator") or next(
            (child for child in inner.named_children if "declarator" in child.type), None
        )
    return False


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
    """``ID_WRITABLE(ID_AA64PFR2_EL1, mask)`` by the register, ``LSM_HOOK_INIT(capget, f)`` by the
    hook, ``HWCAP_CAP(register, …, bit)`` by what user space is told, others by the whole call."""
    if source.code(item).startswith("HWCAP_"):
        last = item.child_by_field_name("arguments")
        return source.code(last.named_children[-1] if last and last.named_children else item)
    first = _argument(source, item)
    named = first is not None and ("_" in first or first.islower())
    return first if first is not None and named else source.code(item)


def _argument(source: Source, call: Node) -> str | None:
    """The first argument of a macro, if it is a name."""
    arguments = call.child_by_field_name("arguments")
    if call.type != "call_expression" or arguments is None or not arguments.named_children:
        return None
    first = arguments.named_children[0]
    return source.code(first) if first.type == "identifier" else None
