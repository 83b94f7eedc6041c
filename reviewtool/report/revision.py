# SPDX-License-Identifier: GPL-2.0-or-later
"""One revision: the facts of its mail, and what each patch does to the interface."""

from typing import Any

from reviewtool.archive.types import Revision
from reviewtool.interface.shapes import changes_shape
from reviewtool.interface.types import Change
from reviewtool.report.interface import PARTIAL, changes_text
from reviewtool.review.difference import RevisionDiff
from reviewtool.text import visible_line


def show_shape(mail: Revision, changes: RevisionDiff) -> dict[str, Any]:
    """The show document."""
    return {
        "id": mail.id,
        "title": mail.title,
        "author": mail.author,
        "date": mail.date,
        "base": mail.base,
        "prerequisites": list(mail.prerequisites),
        "change_id": mail.change_id,
        "partial": changes.partial,
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
                "interface": changes_shape(_by(changes, patch.index)),
            }
            for patch in mail.patches
        ],
        "replies": len(mail.replies),
        "warnings": list(mail.warnings),
    }


def show_text(mail: Revision, changes: RevisionDiff) -> str:
    """Head, then each patch with the trailers it was given and what it does to the interface."""
    lines = [
        f"{mail.id}: {mail.title}",
        f"  {mail.author}, {mail.date[:10]}, <{mail.root}>",
        f"  base {mail.base or 'not stated'}; {len(mail.replies)} replies",
        *(f"  {text}" for text in _signatures(mail)),
        *(f"  {text}" for text in mail.warnings),
    ]
    if changes.partial:
        lines.append(f"  interface {PARTIAL}")
    for patch in mail.patches:
        lines += ["", f"{patch.index}/{patch.total} {patch.subject}"]
        lines += [f"  given: {one.name}: {one.value}" for one in patch.trailers if one.given_by]
        made = _by(changes, patch.index)
        lines += changes_text(made).rstrip("\n").splitlines() if made else []
    return "\n".join(visible_line(line) for line in lines) + "\n"


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


def _by(changes: RevisionDiff, index: int) -> list[Change]:
    return [one for one in changes.interface or () if one.patch == index]
