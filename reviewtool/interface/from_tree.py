# SPDX-License-Identifier: GPL-2.0-or-later
"""The interface of a revision from the files it leaves behind, compared with its base's."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from reviewtool.cache import cached_json, digest
from reviewtool.interface.extract import elements_of_c, is_c, is_kconfig, merged
from reviewtool.interface.guards import guard_map
from reviewtool.interface.kconfig import options
from reviewtool.interface.mask import directives_of, without_comments
from reviewtool.interface.parse import query_text
from reviewtool.interface.references import (
    SeenLine,
    always_built_in,
    owners,
    references,
    subsystem,
)
from reviewtool.interface.types import Element, Snapshot

_QUERIES = ("structs", "members", "enumerators", "objects", "functions")
_IDENTIFIER = re.compile(rb"[A-Za-z_]\w*")
_KVM_PREFIX = re.compile(rb"\b_*(?:kvm|KVM)_")
_CONTAINERS = ("table", "struct")


def snapshot_tree(
    revision: str,
    files: Mapping[str, bytes | None],
    base: Mapping[str, bytes | None] | None = None,
    mail: Snapshot | None = None,
) -> Snapshot:
    """The interface in ``files`` (path to content, None for a file that is not there).

    ``base`` holds the same files before the revision: with it, states tell what the revision
    does; without it every element counts. ``mail``, the partial snapshot of the same revision,
    tells which patch does it. Files that are neither C nor Kconfig are passed over.
    """
    elements = _all(files)
    if base is None:
        return Snapshot(revision, False, tuple(elements), based=False)
    patches = _patches(mail) if mail is not None else {}
    old = _all(base)
    told, before, removed = _compared(elements, old)
    told += [one for one in mail.elements if one.kind == "selftest"] if mail is not None else []
    return Snapshot(
        revision,
        False,
        tuple(_attributed(one, patches) for one in told),
        tuple(_attributed(one, patches) for one in removed),
        tuple(before),
    )


def elements_of(path: str, raw: bytes) -> tuple[Element, ...]:
    """The elements of one file, computed once for each content of it."""
    if not (is_c(path) or is_kconfig(path)):
        return ()

    def compute() -> list[dict[str, Any]]:
        found: Iterable[Element]
        found = elements_of_c(path, raw) if is_c(path) else merged(options(path, raw))
        return [_as_dict(element) for element in found]

    key = digest(questions(), path, raw)
    return tuple(_from_dict(path, one) for one in cached_json("interface", key, compute))


@cache
def questions() -> str:
    """Changes when a query or the code that asks it does, and with it every cached answer."""
    code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return digest(*(query_text(f"c/{name}") for name in _QUERIES), *code)


_DEFAULTS = {
    one.name: one.default for one in fields(Element) if one.name not in ("kind", "name", "path")
}


def _as_dict(element: Element) -> dict[str, Any]:
    """What differs from the defaults: most fields of most elements are empty."""
    whole = asdict(element)
    kept = {key: whole[key] for key, default in _DEFAULTS.items() if whole[key] != default}
    return {"kind": element.kind, "name": element.name, **kept}


def _from_dict(path: str, held: dict[str, Any]) -> Element:
    return Element(path=path, **{**held, "sketch": tuple(held.get("sketch", ()))})


def _all(files: Mapping[str, bytes | None]) -> list[Element]:
    elements = [
        element
        for path, raw in sorted(files.items())
        if raw is not None
        for element in elements_of(path, raw)
    ]
    return elements + _border_crossings(files, elements)


def _border_crossings(
    files: Mapping[str, bytes | None], elements: Iterable[Element]
) -> list[Element]:
    defined = owners(elements)
    spans: dict[str, list[Element]] = {}
    for element in elements:
        if element.kind == "function":
            spans.setdefault(element.path, []).append(element)
    names = {name.encode() for name in defined}
    lines: list[SeenLine] = []
    for path, raw in files.items():
        if raw is None or not is_c(path) or not always_built_in(subsystem(path)):
            continue
        present = names & set(_IDENTIFIER.findall(raw))
        if not present and not _KVM_PREFIX.search(raw):
            continue
        wanted = re.compile(_KVM_PREFIX.pattern + b"".join(rb"|\b%s\b" % name for name in present))
        stripped = without_comments(raw)
        guards = guard_map(directives_of(raw, stripped))
        for row, code in enumerate(stripped.split(b"\n")):
            if not wanted.search(code):
                continue
            inside = next(
                (one.name for one in spans.get(path, ()) if one.line <= row + 1 <= one.end), ""
            )
            text = code.decode("utf-8", "replace")
            lines.append(SeenLine(path, row + 1, text, guards.at(row), inside, None))
    return list(references(lines, defined))


def _compared(
    elements: list[Element], old: list[Element]
) -> tuple[list[Element], list[Element], list[Element]]:
    """The elements with their states, the changed ones as they were, the removed ones."""
    here = {(one.path, one.key) for one in elements}
    known = {(one.path, one.key): one for one in old}
    by_key: dict[tuple[str, str, str], list[Element]] = {}
    for one in old:
        if (one.path, one.key) not in here:
            by_key.setdefault(one.key, []).append(one)
    told: list[Element] = []
    before: list[Element] = []
    moved: set[int] = set()
    for one in elements:
        was = known.get((one.path, one.key))
        if was is None and one.kind not in ("prototype", "selftest") and by_key.get(one.key):
            was = by_key[one.key].pop(0)
            moved.add(id(was))
        if was is None:
            told.append(replace(one, state="added"))
        elif _same(one, was):
            told.append(one)
        else:
            told.append(replace(one, state="changed"))
            before.append(was)
    removed = [
        replace(one, state="removed")
        for one in old
        if (one.path, one.key) not in here and id(one) not in moved
    ]
    return told, before, removed


def _same(one: Element, was: Element) -> bool:
    if one.kind in _CONTAINERS:
        return one.path == was.path
    return (one.path, one.type, one.value, one.guard, one.digest) == (
        was.path,
        was.type,
        was.value,
        was.guard,
        was.digest,
    )


def _patches(
    mail: Snapshot,
) -> dict[tuple[str, tuple[str, str, str]], tuple[int, tuple[int, ...]]]:
    return {
        (one.path, one.key): (one.patch, one.later)
        for one in (*mail.removed, *mail.touched())
        if one.patch is not None
    }


def _attributed(
    element: Element,
    patches: Mapping[tuple[str, tuple[str, str, str]], tuple[int, tuple[int, ...]]],
) -> Element:
    if element.state == "same" or element.patch is not None:
        return element
    patch, later = patches.get((element.path, element.key), (None, ()))
    return replace(element, patch=patch, later=later)
