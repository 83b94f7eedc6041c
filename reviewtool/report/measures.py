# SPDX-License-Identifier: GPL-2.0-or-later
"""What only a tree tells, as text and as data: sizes, complexity, numbers, modpost's view."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from reviewtool.interface.shapes import element_shape
from reviewtool.interface.types import Change, Element
from reviewtool.review.measure import Measures
from reviewtool.tree.mine import FunctionChange, whole


def function_lines(change: FunctionChange) -> str:
    """``lines 40 -> 52, complexity 8 -> 10``; "unknown" where the measure is not to be had."""
    lines = _from_to(change.lines_before, change.lines_after, change)
    complexity = _from_to(change.complexity_before, change.complexity_after, change)
    return f"lines {lines}, complexity {complexity}"


def _from_to(before: int | None, after: int | None, change: FunctionChange) -> str:
    told = ["unknown" if one is None else str(one) for one in (before, after)]
    if change.change == "added":
        return told[1]
    if change.change == "removed":
        return f"{told[0]} before"
    return told[0] if told[0] == told[1] else f"{told[0]} -> {told[1]}"


def number(name: str, numbers: Mapping[str, int | None]) -> str:
    """``0xc020aa00``, "" if it was not asked for, or what to say if the compiler cannot tell."""
    if name not in numbers:
        return ""
    found = numbers[name]
    return "unknown to the compiler" if found is None else f"{found:#x}"


def of_patch(measures: Measures, index: int) -> dict[tuple[str, str], FunctionChange]:
    """The functions one patch touches, by path and name."""
    return {(one.path, one.name): one for one in measures.functions if one.patch == index}


def functions_shape(functions: Iterable[FunctionChange]) -> list[dict[str, Any]]:
    """``[{path, name, change, patch, lines_before, lines_after, complexity_…}]``."""
    return [asdict(one) for one in functions]


def findings_shape(measures: Measures) -> dict[str, Any]:
    """``{not_exported, not_always_there}``: lists of elements."""
    return {
        "not_exported": [element_shape(one) for one in measures.unexported],
        "not_always_there": [element_shape(one) for one in measures.unguarded],
    }


def findings_text(measures: Measures) -> list[str]:
    """What does not build in some configuration, one finding an element."""
    lines = []
    for one in measures.unexported:
        patch = f"  (patch {one.patch})" if one.patch is not None else ""
        lines.append(f"  {one.parent}: {one.name} is not exported{patch}")
        lines.append(f"{'':12}{one.value}")
        lines.append(f"{'':12}KVM as a module does not link; built in, it does")
    for one in measures.unguarded:
        lines.append(f"  {one.parent}: {one.name} is not always there")
        lines.append(f"{'':12}{one.value} ({one.path}:{one.line})")
    return lines


def between(change: Change, a: Measures, b: Measures) -> list[str]:
    """What measures of two revisions say of one difference between them."""
    one = change.b or change.a
    if one is None:
        return []
    if one.kind in ("flag", "ioctl"):
        told = [
            number(element.name, measured.numbers or {}) if element is not None else ""
            for element, measured in ((change.a, a), (change.b, b))
        ]
        if told[0] and told[1] and told[0] != told[1]:
            return [f"number: {told[0]} -> {told[1]}"]
        return [f"number: {told[1] or told[0]}"] if any(told) else []
    if one.kind == "function":
        sizes = [_size(element, measured) for element, measured in ((change.a, a), (change.b, b))]
        known = [text for text in sizes if text]
        return [" -> ".join(dict.fromkeys(known))] if known else []
    return []


def _size(element: Element | None, measured: Measures) -> str:
    if element is None:
        return ""
    for one in whole(measured.functions):
        if (one.path, one.name) == (element.path, element.name) and one.lines_after is not None:
            complexity = "unknown" if one.complexity_after is None else one.complexity_after
            return f"{one.lines_after} lines, complexity {complexity}"
    return ""
