# SPDX-License-Identifier: GPL-2.0-or-later
"""Syntax trees of masked kernel C, and the queries of grammars/ asked of them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from tree_sitter import Language, Node, Parser, Query, QueryCursor, Range, Tree

from reviewtool import paths
from reviewtool.errors import InputError
from reviewtool.interface.mask import mask_bodies, mask_loops


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
    Where it stumbles on beyond the function it is in, that function's body is emptied. A tree
    without errors is not to be had for kernel code and not needed.
    """
    parser = Parser(language(name))
    tree = parser.parse(text)
    if name != "c" or not tree.root_node.has_error:
        return tree
    errors = _errors(tree)
    softer = mask_loops(text)
    if softer != text:
        second = parser.parse(softer)
        fewer = _errors(second)
        if _damage(fewer) < _damage(errors):
            tree, text, errors = second, softer, fewer
    beyond = [(start, stop) for start, stop in errors if text.find(b"\n}", start, stop) >= 0]
    return parser.parse(mask_bodies(text, beyond)) if beyond else tree


def tree_of_windows(text: bytes, windows: Sequence[tuple[int, int]]) -> Tree:
    """The syntax tree of parts of ``text`` (offsets, ascending); places stay those in ``text``."""
    ranges = []
    row = position = 0
    for start, stop in windows:
        row += text.count(b"\n", position, start)
        column = start - (text.rfind(b"\n", 0, start) + 1)
        rows = text.count(b"\n", start, stop)
        end_column = stop - (text.rfind(b"\n", 0, stop) + 1)
        ranges.append(Range((row, column), (row + rows, end_column), start, stop))
        row, position = row + rows, stop
    # The parser takes no ranges for everything.
    return Parser(language("c"), included_ranges=ranges).parse(text if ranges else b"")


def _errors(tree: Tree) -> list[tuple[int, int]]:
    """The extents of error nodes and missing tokens, in bytes."""
    found: list[tuple[int, int]] = []
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            found.append((node.start_byte, max(node.end_byte, node.start_byte + 1)))
        elif node.has_error:
            stack.extend(node.children)
    return found


def _damage(errors: list[tuple[int, int]]) -> int:
    return sum(stop - start for start, stop in errors)


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
