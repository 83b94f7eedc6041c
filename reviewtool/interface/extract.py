# SPDX-License-Identifier: GPL-2.0-or-later
"""All questions put to one file."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reviewtool.interface.functions import functions
from reviewtool.interface.guards import negated
from reviewtool.interface.macros import exports, kfuncs, macros, tracepoints
from reviewtool.interface.objects import objects
from reviewtool.interface.source import Source, read
from reviewtool.interface.structs import enumerators, structs
from reviewtool.interface.types import Element

_NO_INTERFACE = ("tools/", "samples/", "Documentation/", "scripts/", "usr/")


def is_c(path: str) -> bool:
    """Whether a path is C the kernel itself is built from."""
    return path.endswith((".c", ".h")) and not path.startswith(_NO_INTERFACE)


def is_kconfig(path: str) -> bool:
    """Whether a path is a Kconfig file: ``Kconfig``, ``Kconfig.debug``, ``mm/Kconfig``."""
    name = path.rpartition("/")[2]
    return name.startswith("Kconfig") and not path.startswith(_NO_INTERFACE)


def elements_of_c(path: str, raw: bytes) -> tuple[Element, ...]:
    """Every element the C file ``raw`` holds, in the order of its lines."""
    return tuple(merged(every(read(path, raw))))


def every(source: Source) -> Iterator[Element]:
    """The elements of ``source`` as they come, one for each branch of a condition."""
    yield from structs(source)
    yield from enumerators(source)
    yield from objects(source)
    yield from functions(source)
    yield from macros(source)
    yield from exports(source.path, source.masked.source, source.masked.code)
    yield from kfuncs(source)
    yield from tracepoints(source)


def merged(elements: Iterable[Element]) -> list[Element]:
    """One element where the branches of a condition each define it.

    ``#ifdef A`` value 1, ``#else`` value 2: always there, value ``1 if A; 2 if !A``.
    """
    groups: dict[tuple[str, str, str], list[Element]] = {}
    for element in elements:
        groups.setdefault(element.key, []).append(element)
    result = [group[0] if len(group) == 1 else _one(group) for group in groups.values()]
    result.sort(key=lambda element: (element.line, element.kind, element.name))
    return result


def _one(group: list[Element]) -> Element:
    first = group[0]
    guards = list(dict.fromkeys(element.guard for element in group))
    always = "" in guards or any(negated(guard) in guards for guard in guards)
    values = {element.value for element in group}
    types = {element.type for element in group}
    return replace(
        first,
        guard="" if always else " || ".join(guards),
        value=first.value if len(values) == 1 else _each(group, [one.value for one in group]),
        type=first.type if len(types) == 1 else _each(group, [one.type for one in group]),
        digest="+".join(dict.fromkeys(element.digest for element in group if element.digest)),
    )


def _each(group: list[Element], texts: list[str]) -> str:
    told = [
        f"{text} if {element.guard}" if element.guard else text
        for element, text in zip(group, texts, strict=True)
    ]
    return "; ".join(dict.fromkeys(told))
