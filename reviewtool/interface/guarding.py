# SPDX-License-Identifier: GPL-2.0-or-later
"""Objects that use a function in configurations that have no such function.

``shmem_can_userfault`` of April 2025 was defined under CONFIG_NUMA and set without a condition:
what was mailed does not build without NUMA, and nobody said so on the list.
"""

import re
from collections.abc import Mapping

from reviewtool.interface.from_tree import elements_of
from reviewtool.interface.types import UNSEEN, Element

_MACRO = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE)
_FUNCTIONS = ("function", "prototype")


def unguarded(files: Mapping[str, bytes | None]) -> tuple[Element, ...]:
    """Kind "reference", type "not always there": slots set where their function may be missing.

    ``files`` are whole files as a revision leaves them. A condition is compared by its parts
    joined by "and"; nothing is said of one with an "or" or a negation in it, nor where a macro
    stands in for the function (``#define smaps_hugetlb_range NULL``). Only static functions are
    looked at: a header may stand in for the others.
    """
    found = []
    for path, raw in files.items():
        if raw is None or b"#if" not in raw:
            continue
        elements = elements_of(path, raw)
        functions: dict[str, list[Element]] = {}
        for one in elements:
            if one.kind in _FUNCTIONS and one.type.startswith("static"):
                functions.setdefault(one.name, []).append(one)
        macros = {name.decode() for name in _MACRO.findall(raw)}
        for slot in elements:
            if slot.kind != "object" or slot.guard == UNSEEN or slot.value in macros:
                continue
            missing = [_missing(slot.guard, one.guard) for one in functions.get(slot.value, ())]
            if missing and all(missing):
                found.append(_element(slot, min(missing, key=len)))
    return tuple(found)


def _missing(has: str, needs: str) -> tuple[str, ...]:
    """What of ``needs`` is not in ``has``; nothing where that cannot be told."""
    parts = _parts(needs)
    if parts is None:
        return ()
    return tuple(part for part in parts if part not in (_parts(has) or ()) and part not in has)


def _parts(guard: str) -> tuple[str, ...] | None:
    parts = tuple(guard.split(" && ")) if guard else ()
    return parts if all(re.fullmatch(r"CONFIG_\w+", part) for part in parts) else None


def _element(slot: Element, missing: tuple[str, ...]) -> Element:
    lacking = " and ".join(missing)
    return Element(
        kind="reference",
        name=slot.value,
        parent=slot.name,
        type="not always there",
        guard=slot.guard,
        value=f"defined under {lacking}, set {f'under {slot.guard}' if slot.guard else 'always'}",
        path=slot.path,
        line=slot.line,
        end=slot.end,
        state=slot.state,
        patch=slot.patch,
    )
