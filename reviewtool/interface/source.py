# SPDX-License-Identifier: GPL-2.0-or-later
"""One C text with everything the questions need: masks, tree, conditions, comments above."""

import hashlib
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tree_sitter import Node, Tree

from reviewtool.interface.guards import NEVER
from reviewtool.interface.mask import Masked, mask
from reviewtool.interface.parse import one_line, tree_of, tree_of_windows

_SPACE = re.compile(rb"\s+")
_TOKEN = re.compile(rb"\w+|[^\w\s]")
_SKETCH = 48

TORN_TYPE = "__torn_type"
"""Put where a type would stand that no hunk shows; it is not told."""


@dataclass(frozen=True, slots=True)
class Source:
    """A C text at ``path``, masked and parsed."""

    path: str
    masked: Masked
    tree: Tree
    lines: tuple[bytes, ...]
    code_lines: tuple[bytes, ...]

    def code(self, node: Node) -> str:
        """What ``node`` says, on one line, without comments and conditionals."""
        return one_line(self.raw(node))

    def raw(self, node: Node) -> bytes:
        """The bytes of ``node`` without comments; conditionals within it are kept."""
        return self.masked.code[node.start_byte : node.end_byte]

    def guard(self, node: Node) -> str:
        """The condition ``node`` begins under."""
        return self.masked.guards.at(node.start_point.row)

    def alive(self, node: Node) -> bool:
        """Whether any build compiles it: it does not stand under ``#if 0``."""
        return self.guard(node) != NEVER

    def comment_above(self, row: int) -> str:
        """The comment that ends on the line before ``row`` (from 0), bare of its stars."""
        last = row
        while last > 0 and self.code_lines[last - 1].lstrip().startswith(b"#if"):
            last -= 1  # "#ifdef" stands between a hook and the comment on it
        first = last
        while first > 0 and self._only_comment(first - 1):
            first -= 1
        words = b" ".join(self.lines[first:last]).decode("utf-8", "replace")
        return " ".join(re.sub(r"/\*+|\*+/|(?:^|(?<=\s))\*(?=\s|$)|//", " ", words).split())

    def _only_comment(self, row: int) -> bool:
        return bool(self.lines[row].strip()) and not self.code_lines[row].strip()


def read(path: str, raw: bytes, above: Sequence[str] = ()) -> Source:
    """Mask and parse ``raw``; ``above`` are conditions open where more of the file was seen."""
    masked = mask(raw, above=above)
    return Source(
        path,
        masked,
        tree_of(masked.text),
        tuple(raw.split(b"\n")),
        tuple(masked.code.split(b"\n")),
    )


def read_windows(
    path: str, raw: bytes, window: Callable[[bytes], Sequence[tuple[int, int]]]
) -> Source:
    """Mask and parse only what ``window`` finds in ``raw``, comments and directives gone."""
    masked = mask(raw, window)
    tree = tree_of_windows(masked.text, window(masked.text))
    return Source(path, masked, tree, (), ())


def body_digest(raw: bytes) -> str:
    """A name for a body that white space does not change."""
    return hashlib.sha256(_SPACE.sub(b" ", raw).strip()).hexdigest()[:16]


def sketch(raw: bytes) -> tuple[int, ...]:
    """The smallest hashes of the body's runs of three tokens: bodies that share much of their
    text share much of their sketch (Broder's min-wise sampling)."""
    tokens = _TOKEN.findall(raw)
    runs = {zlib.crc32(b" ".join(tokens[i : i + 3])) for i in range(max(len(tokens) - 2, 1))}
    return tuple(sorted(runs)[:_SKETCH])


def declared_name(node: Node) -> Node | None:
    """The identifier a declarator declares, however deep in pointers, arrays and parentheses."""
    current: Node | None = node
    while current is not None:
        if current.type in ("identifier", "field_identifier", "type_identifier"):
            return current
        inner = current.child_by_field_name("declarator")
        if inner is None:
            inner = next(
                (child for child in current.named_children if "declarator" in child.type), None
            ) or next(
                (child for child in current.named_children if child.type.endswith("identifier")),
                None,
            )
        current = inner
    return None
