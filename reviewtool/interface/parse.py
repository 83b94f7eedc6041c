# SPDX-License-Identifier: GPL-2.0-or-later
"""Syntax trees of masked kernel C, and the queries of grammars/ asked of them."""

from collections.abc import Iterator, Mapping
from functools import cache

from tree_sitter import Language, Node, Parser, Query, QueryCursor, Tree

from reviewtool import paths
from reviewtool.errors import InputError
from reviewtool.interface.mask import mask_loops


@cache
def language(name: str) -> Language:
    """The grammar ``name``: "c" or "kconfig"."""
    if name == "c":
        import tree_sitter_c

        return Language(tree_sitter_c.language())
    import tree_sitter_kconfig

    return Language(tree_sitter_kconfig.language())


@cache
def query_text(name: str) -> str:
    """The query ``name`` ("c/objects"), as it stands in grammars/."""
    path = paths.grammars() / f"{name}.scm"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError("no such query", str(path), "reinstall reviewtool") from error


@cache
def query(name: str) -> Query:
    """The query ``name``, compiled once."""
    return Query(language(name.split("/")[0]), query_text(name))


def tree_of(text: bytes, name: str = "c") -> Tree:
    """The syntax tree of ``text``, masked by :func:`reviewtool.interface.mask.mask`.

    Where the grammar stumbles, a second try without loop macros is taken if it stumbles less.
    A tree without errors is not to be had for kernel code and not needed.
    """
    parser = Parser(language(name))
    tree = parser.parse(text)
    if name != "c" or not tree.root_node.has_error:
        return tree
    softer = mask_loops(text)
    if softer == text:
        return tree
    second = parser.parse(softer)
    return second if _damage(second) <= _damage(tree) else tree


def _damage(tree: Tree) -> int:
    """Bytes within error nodes, and one for each missing token."""
    total = 0
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        if node.is_error:
            total += node.end_byte - node.start_byte
        elif node.is_missing:
            total += 1
        elif node.has_error:
            stack.extend(node.children)
    return total


def matches(name: str, node: Node) -> Iterator[Mapping[str, list[Node]]]:
    """The captures of each match of query ``name`` below ``node``, in the order of the text."""
    found = QueryCursor(query(name)).matches(node)
    captures = [{key: sorted(nodes, key=_start) for key, nodes in one.items()} for _, one in found]
    captures.sort(key=lambda one: min(node.start_byte for nodes in one.values() for node in nodes))
    yield from captures


def _start(node: Node) -> int:
    return node.start_byte


def text_of(source: bytes, node: Node) -> str:
    """The source of ``node`` on one line, comments and attributes included."""
    return one_line(source[node.start_byte : node.end_byte])


def one_line(raw: bytes) -> str:
    """``raw`` with all white space made single blanks."""
    return " ".join(raw.decode("utf-8", "replace").split())
