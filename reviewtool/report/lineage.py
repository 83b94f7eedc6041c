# SPDX-License-Identifier: GPL-2.0-or-later
"""The lineage as text and as the log document."""

from collections.abc import Sequence
from typing import Any

from reviewtool.archive.trailers import person
from reviewtool.lineage.study import Study
from reviewtool.report.table import table
from reviewtool.review.lineage import Discussion, Entry
from reviewtool.text import visible_line

_NAMED = 4  # who replied to a revision most; the other replies are counted


def log_shape(
    study: Study, entries: Sequence[Entry], discussions: Sequence[Discussion] = ()
) -> dict[str, Any]:
    """The log document; ``fetch`` prints the same, but for the discussions."""
    said = {one.revision: one for one in discussions}
    return {
        "study": {"name": study.name, "title": study.title, "path": str(study.path)},
        "revisions": [_entry_shape(entry, said.get(entry.study.id)) for entry in entries],
    }


def _entry_shape(entry: Entry, said: Discussion | None) -> dict[str, Any]:
    mail = entry.mail
    return {
        "id": entry.study.id,
        "title": mail.title,
        "rfc": mail.rfc,
        "version": mail.version,
        "date": mail.date,
        "author": mail.author,
        "cover": mail.cover.message_id if mail.cover else None,
        "original": entry.study.original,
        "origin": entry.study.origin,
        "base": mail.base or entry.study.base,
        "prerequisites": list(entry.study.prerequisites or mail.prerequisites),
        "model": entry.study.model,
        "patches": [
            {"subject": patch.subject, "message_id": patch.message_id} for patch in mail.patches
        ],
        "replies": len(mail.replies),
        "replied": said and dict(said.people),
        "remarks": said and dict(said.states),
        "complete": mail.complete,
        "missing": list(mail.missing),
        "evidence": list(entry.study.evidence or mail.evidence),
        "warnings": list(mail.warnings),
    }


def log_text(study: Study, entries: Sequence[Entry]) -> str:
    """The lineage, oldest first, one line a revision."""
    rows = [_row(entry) for entry in entries]
    head = ("revision", "date", "author", "origin", "patches", "replies", "base", "title")
    lines = [visible_line(f"{study.name}: {study.title}"), "", table(head, rows)]
    warnings = [
        visible_line(f"{entry.study.id}: {text}")
        for entry in entries
        for text in entry.mail.warnings
    ]
    return "\n".join([*lines, *warnings]) + ("\n" if warnings else "")


def _row(entry: Entry) -> tuple[str, ...]:
    mail = entry.mail
    count = f"{len(mail.patches)}/{len(mail.patches) + len(mail.missing)}"
    base = (mail.base or entry.study.base or "not stated")[:12]
    return (
        entry.study.id,
        (entry.study.date or mail.date)[:10],
        person(mail.author),
        entry.study.origin,
        str(len(mail.patches)) if mail.complete else count,
        str(len(mail.replies)),
        base,
        mail.title,
    )


def discussed_text(discussions: Sequence[Discussion]) -> str:
    """Who replied to each revision, and what became of the remarks reviewers made."""
    rows = []
    for one in discussions:
        people = ", ".join(f"{name} {count}" for name, count in one.people[:_NAMED])
        if others := sum(count for _, count in one.people[_NAMED:]):
            people += f", others {others}"
        states = ", ".join(f"{count} {state}" for state, count in one.states) or "none"
        if people:
            rows.append((one.revision, states, people))
    return f"\n{table(('revision', 'remarks of reviewers', 'replied'), rows)}" if rows else ""


def why_text(entries: Sequence[Entry]) -> str:
    """What ties each revision to those before it, as the study file has it."""
    lines: list[str] = []
    for entry in entries:
        reasons = entry.study.evidence or ("nothing that the mail says",)
        lines += ["", f"{entry.study.id} <{entry.study.original or entry.mail.root}>"]
        lines += [f"    {visible_line(reason)}" for reason in reasons]
    return "\n".join(lines) + "\n"
