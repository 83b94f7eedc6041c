# SPDX-License-Identifier: GPL-2.0-or-later
"""One revision: the facts of its mail, and what each patch does to the interface."""

from dataclasses import asdict
from typing import Any

from reviewtool.archive.footers import Diffstat, read_diffstat
from reviewtool.archive.types import Revision
from reviewtool.interface.shapes import changes_shape
from reviewtool.interface.types import Change, Element
from reviewtool.report.apply import apply_shape
from reviewtool.report.interface import PARTIAL, changes_text
from reviewtool.report.measures import (
    findings_shape,
    findings_text,
    function_lines,
    functions_shape,
    number,
    of_patch,
)
from reviewtool.review.difference import RevisionDiff
from reviewtool.review.measure import Measures
from reviewtool.text import visible_line
from reviewtool.tree.outcome import Applied, PatchOutcome


def show_shape(
    mail: Revision,
    changes: RevisionDiff,
    tree: Applied | None = None,
    measured: Measures | None = None,
) -> dict[str, Any]:
    """The show document; what needs a tree is null without one."""
    outcomes = {one.index: one for one in tree.outcomes} if tree else {}
    return {
        "id": mail.id,
        "title": mail.title,
        "author": mail.author,
        "date": mail.date,
        "base": mail.base,
        "prerequisites": list(mail.prerequisites),
        "change_id": mail.change_id,
        "diffstat": asdict(stat) if (stat := _stated(mail)) else None,
        "partial": changes.partial,
        "applied": apply_shape(tree) if tree else None,
        "patches": [
            {
                "index": patch.index,
                "subject": patch.subject,
                "message_id": patch.message_id,
                "trailers": [
                    {"name": one.name, "value": one.value, "given_by": one.given_by}
                    for one in patch.trailers
                ],
                "attestation": list(patch.attestation),
                "state": outcomes[patch.index].state if patch.index in outcomes else None,
                "interface": changes_shape(_by(changes, patch.index)),
                "again": [
                    {"kind": one.kind, "name": one.name} for one in _again(changes, patch.index)
                ],
                "functions": functions_shape(of_patch(measured, patch.index).values())
                if measured
                else None,
            }
            for patch in mail.patches
        ],
        "interface_of_no_patch": changes_shape(_by(changes, None)),
        "numbers": dict(measured.numbers) if measured and measured.numbers is not None else None,
        "findings": findings_shape(measured) if measured else None,
        "notes": list(measured.notes) if measured else [],
        "replies": len(mail.replies),
        "warnings": list(mail.warnings),
    }


def show_text(
    mail: Revision,
    changes: RevisionDiff,
    tree: Applied | None = None,
    measured: Measures | None = None,
) -> str:
    """Head, then each patch: how it applied, the trailers it was given, what it does to the
    interface, and with a tree how the functions it touches grow."""
    lines = [
        f"{mail.id}: {mail.title}",
        f"  {mail.author}, {mail.date[:10]}, <{mail.root}>",
        f"  base {mail.base or 'not stated'}; {len(mail.replies)} replies",
        *([f"  diffstat {stat}"] if (stat := _stated(mail)) else []),
        *(f"  {text}" for text in _signatures(mail)),
        *(f"  {text}" for text in mail.warnings),
    ]
    if tree is not None:
        lines.append(f"  {'applies' if tree.complete else 'does not apply'} on {tree.base_note}")
    if changes.partial:
        lines.append(f"  interface {PARTIAL}")
    lines += [f"  {text}" for text in (measured.notes if measured else ())]
    outcomes = {one.index: one for one in tree.outcomes} if tree else {}
    for patch in mail.patches:
        lines += ["", f"{patch.index}/{patch.total} {patch.subject}"]
        if patch.index in outcomes:
            lines += _outcome(outcomes[patch.index])
        lines += [f"  given: {one.name}: {one.value}" for one in patch.trailers if one.given_by]
        lines += _interface(_by(changes, patch.index), measured, patch.index)
        lines += [
            f"  {one.kind:9} {one.name}: changed again, see patch {one.patch}"
            for one in _again(changes, patch.index)
        ]
    sized = {(one.path, one.name) for one in measured.functions} if measured else set()
    rest = [
        change
        for change in _by(changes, None)
        if not any((one.path, one.name) in sized for one in (change.a, change.b) if one)
    ]
    if rest:
        lines += ["", "by no single patch", *_interface(rest, measured, None)]
    findings = findings_text(measured) if measured else []
    if findings:
        lines += ["", "FINDINGS", *findings]
    return "\n".join(visible_line(line) for line in lines) + "\n"


def _outcome(outcome: PatchOutcome) -> list[str]:
    # Of a conflict the detail is the first of the hunks that are listed anyway.
    told = outcome.state not in ("conflict", "not-applicable") or not outcome.rejected
    detail = f": {outcome.detail}" if outcome.detail and told else ""
    return [
        f"  {outcome.state}{detail}",
        *(f"    {text}" for text in (*map(str, outcome.rejected), *outcome.suspicions)),
    ]


def _interface(made: list[Change], measured: Measures | None, index: int | None) -> list[str]:
    sizes = of_patch(measured, index) if measured and index is not None else {}
    numbers = (measured.numbers if measured else None) or {}
    told: set[tuple[str, str]] = set()

    def more(change: Change) -> list[str]:
        one = change.b or change.a
        if one is None:
            return []
        if one.kind in ("flag", "ioctl"):
            found = number(one.name, numbers)
            return [f"number: {found}"] if found and found != one.value else []
        key = (one.path, one.name)
        if one.kind == "function" and key in sizes:
            told.update((each.path, each.name) for each in (change.a, change.b) if each)
            return [function_lines(sizes[key])]
        return []

    lines = changes_text(made, more).rstrip("\n").splitlines() if made else []
    for key, size in sizes.items():
        if key not in told:
            lines.append(f"  function  {size.name}: {size.change}  (patch {size.patch})")
            lines.append(f"{'':12}{function_lines(size)}")
    return lines


def _stated(mail: Revision) -> Diffstat | None:
    """The totals the series states of itself: in its cover, or a lone patch below its message."""
    if mail.cover:
        return read_diffstat(mail.cover.body)
    return read_diffstat(mail.patches[0].notes) if len(mail.patches) == 1 else None


def _signatures(mail: Revision) -> list[str]:
    """What is known of the signatures, patches of which the same is known on one line."""
    patches: dict[str, list[str]] = {}
    for patch in mail.patches:
        for said in patch.attestation or ("not signed",):
            patches.setdefault(said, []).append(str(patch.index))
    return [
        f"signature: {said}"
        if len(numbers) == len(mail.patches)
        else f"signature of patch {', '.join(numbers)}: {said}"
        for said, numbers in patches.items()
    ]


def _again(changes: RevisionDiff, index: int) -> list[Element]:
    """What an earlier patch brought or changed and this one changes again."""
    touched = [one.b for one in changes.interface or () if one.b is not None]
    return list(dict.fromkeys(one for one in touched if index in one.later))


def _by(changes: RevisionDiff, index: int | None) -> list[Change]:
    return [one for one in changes.interface or () if one.patch == index]
