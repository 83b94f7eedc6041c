# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo's summary: what a reviewer reads after ``make demo``."""

from dataclasses import replace
from typing import Any

from reviewtool.interface.shapes import matrix_shape
from reviewtool.report.apply import apply_shape
from reviewtool.report.behaviour import behaviour_text
from reviewtool.report.diff import diff_shape
from reviewtool.report.interface import PARTIAL, matrix_text, outward
from reviewtool.report.table import table
from reviewtool.report.verdict import (
    finding_lines,
    held_shape,
    held_table,
    sandbox_note,
    suites_text,
)
from reviewtool.review.demo import Demo
from reviewtool.review.testing import Failure
from reviewtool.text import visible_line


def demo_shape(demo: Demo) -> dict[str, Any]:
    """The demo document."""
    return {
        "study": demo.study,
        "base": demo.base,
        "applied": [apply_shape(tree) for tree in demo.trees],
        "matrix": matrix_shape(demo.matrix),
        "diff": diff_shape(demo.diff),
        "tests": [held_shape(held) for held in demo.held],
        "without_kernel": demo.without_kernel or None,
        "without_sandbox": demo.unenclosed or None,
        "seconds": round(demo.seconds, 1),
    }


def demo_text(demo: Demo) -> str:
    """Five parts: mail, tree, interface, behaviour, kernels."""
    rows = tuple(row for row in demo.matrix.rows if outward(row))
    note = f" ({PARTIAL})" if any(demo.matrix.partial.values()) else ""
    parts = [
        f"{visible_line(demo.study)}\n",
        "MAIL\n" + _mail(demo),
        "TREE\n" + _tree(demo),
        f"INTERFACE{note}\n" + matrix_text(replace(demo.matrix, rows=rows)),
    ]
    if demo.diff.behaviour is not None:
        told = behaviour_text(demo.diff.behaviour, demo.diff.a, demo.diff.b)
        parts.append(f"BEHAVIOUR of {demo.diff.a} against {demo.diff.b}: {told}")
    parts.append("KERNELS\n" + _kernels(demo))
    parts.append(_closing(demo))
    return "\n".join(parts)


def _closing(demo: Demo) -> str:
    """What was done in this run; kernels and mail known from before are looked up by content."""
    if not demo.held:
        return f"Extracted and explored in this run, in {demo.seconds:.1f} s.\n"
    return f"Extracted, explored, booted and held in this run, in {demo.seconds:.1f} s.\n"


def _mail(demo: Demo) -> str:
    rows = [
        (
            entry.study.id,
            entry.study.date or entry.mail.date[:10],
            f"{len(entry.mail.patches)} patches",
            f"{entry.study.origin} of <{entry.study.original}>"
            if entry.study.original
            else entry.study.origin,
        )
        for entry in demo.entries
    ]
    return table(("revision", "date", "patches", "what"), rows)


def _tree(demo: Demo) -> str:
    if not demo.trees:
        return f"none: {visible_line(demo.without_kernel)}\n"
    lines = [f"on {demo.base}"]
    for tree in demo.trees:
        outcomes = (*tree.others, *tree.outcomes)
        states = sorted({one.state for one in outcomes})
        counts = ", ".join(f"{sum(o.state == s for o in outcomes)} {s}" for s in states)
        lines.append(f"  {tree.ref}: {len(outcomes)} patches with prerequisites: {counts}")
    return "\n".join(lines) + "\n"


def _kernels(demo: Demo) -> str:
    if demo.without_kernel:
        return f"Nothing was held against a kernel: {visible_line(demo.without_kernel)}\n"
    text = held_table(demo.held) + sandbox_note(demo.unenclosed)
    for held in demo.held:
        if isinstance(held, Failure) or held.disagreements:
            text += "\n" + suites_text(held)
    findings = [
        f"{held.revision}, {visible_line(line)}" if at == 0 else visible_line(line)
        for held in demo.held
        if not isinstance(held, Failure)
        for finding in held.findings
        for at, line in enumerate(finding_lines(finding))
    ]
    return text + ("\n" + "\n".join(findings) + "\n" if findings else "")
