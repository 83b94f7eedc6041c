# SPDX-License-Identifier: GPL-2.0-or-later
"""Writing study files: what a fetch found is added, what a person wrote is never touched."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reviewtool.archive.slugs import slug
from reviewtool.archive.store import is_thread
from reviewtool.archive.types import Revision
from reviewtool.cache import write_atomic
from reviewtool.lineage.naming import Run, name_runs, revision_ids, runs_of
from reviewtool.lineage.study import Study, load, parse
from reviewtool.lineage.studytext import (
    Block,
    block_text,
    blocks,
    fill_in,
    insert,
    quoted,
    renew_thread,
)
from reviewtool.text import visible_line

_HEAD = """\
# A study names a lineage: which postings are revisions of one piece of work, and
# what each was written on. reviewtool wrote this file and adds to it when it
# fetches again; it changes nothing you wrote but the threads it stored itself.
# Yours to edit: ids, titles, base, prerequisites, model, the order, and
#   ignore = ["message-id", ...]    postings that are no part of this work
#   [[acknowledged]]                a finding not to be told again: its id = "..."
#                                   (reviewtool report tells it) and reason = "..."
#   base = "6.12"                   what revisions apply to unless they say more
# A posting it missed: add [[series.revision]] with an id and original = "message-id",
# and fetch again.

name = {name}
title = {title}
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a fetch found: lineages, the stored mail and the reasons by root, and what is needed.

    ``needed`` maps a revision's root to the roots of its prerequisites, which are among ``bases``.
    ``models`` names the reference model of a posting that has one.
    """

    lineages: tuple[tuple[Revision, ...], ...]
    bases: tuple[Revision, ...]
    mail: Mapping[str, str]
    evidence: Mapping[str, tuple[str, ...]]
    needed: Mapping[str, tuple[str, ...]]
    models: Mapping[str, str]


def write(path: Path, name: str, title: str, finding: Finding) -> Study:
    """Make the study file ``path``, or add what is new in ``finding`` to it; the study it tells."""
    if path.exists():
        load(path)  # a file with mistakes is refused before anything is changed
        text = path.read_text("utf-8")
    else:
        text = _HEAD.format(name=quoted(name), title=quoted(visible_line(title)))
    text = _fill_in(text, finding)
    text = _add_bases(text, finding)
    for run, fresh in _runs(text, finding):
        text = _add_run(text, run, fresh, finding)
    text = _renew(text, finding)
    parse(text, path)
    write_atomic(path, text.encode())
    return load(path)


def _fill_in(text: str, finding: Finding) -> str:
    """A revision a person added by naming its message gets what was found of it."""
    every = {r.root: r for lineage in finding.lineages for r in lineage}
    for root, (_, table) in _homes(text).items():
        revision = every.get(root)
        if revision is not None and not table.get("mail"):
            found = {"title": quoted(visible_line(revision.title)), "date": revision.date[:10]}
            found |= {"mail": quoted(finding.mail[root])}
            found |= {"base": quoted(revision.base)} if revision.base else {}
            text = fill_in(text, root, found)
    return text


def _add_bases(text: str, finding: Finding) -> str:
    """What revisions new to the file are built on; a base a person took out stays out."""
    tables = tomllib.loads(text).get("prerequisite", [])
    known = {str(table.get("original", "")) for table in tables}
    names = {str(table["id"]) for table in tables}
    home = _homes(text)
    wanted = {base for root, bases in finding.needed.items() if root not in home for base in bases}
    for base in finding.bases:
        if base.root in known or base.root not in wanted:
            continue
        words = "-".join(w for w in visible_line(base.title).lower().split() if w.isalnum())
        stem = f"{words[-32:].lstrip('-')}-{slug(base)}".lstrip("-")
        name = next(n for n in [stem, *(f"{stem}-{k}" for k in range(2, 99))] if n not in names)
        names.add(name)
        text = insert(text, _place_for_base(text), _entry("prerequisite", name, base, finding, ()))
    return text


def _place_for_base(text: str) -> int:
    found = blocks(text)
    last = [block for block in found if block.kind == "prerequisite"]
    if last:
        return last[-1].end
    return found[0].top if found else len(text.split("\n"))


def _runs(text: str, finding: Finding) -> list[tuple[Run, tuple[Revision, ...]]]:
    """The runs of revisions by one author, with those the file lacks."""
    home = _homes(text)
    taken = {str(table["id"]) for _, table in home.values()} | _ids(text)
    prefixes = {root: _prefix_in_use(group) for root, (group, _) in home.items()}
    runs = name_runs(
        runs_of(finding.lineages),
        series={root: str(group["id"]) for root, (group, _) in home.items()},
        prefixes=prefixes,
        taken=taken,
    )
    return [(run, tuple(r for r in run.revisions if r.root not in home)) for run in runs]


def _add_run(text: str, run: Run, fresh: Sequence[Revision], finding: Finding) -> str:
    data = tomllib.loads(text)
    bases = {str(t.get("original", "")): str(t["id"]) for t in data.get("prerequisite", [])}
    ids = revision_ids(replace(run, revisions=tuple(fresh)), _ids(text))
    if run.id not in {str(group.get("id")) for group in data.get("series", [])} and fresh:
        head = {"id": run.id, "title": visible_line(run.title), "author": visible_line(run.author)}
        text = insert(text, _place_for_series(text, fresh[0].date), block_text("series", head))
    for revision in fresh:
        wanted = [bases[n] for n in finding.needed.get(revision.root, ()) if n in bases]
        entry = _entry("series.revision", ids[revision.root], revision, finding, wanted)
        text = insert(text, _place_for(text, run.id, revision.date), entry)
    return text


def _place_for_series(text: str, date: str) -> int:
    """The line before which a series begun at ``date`` goes: before the first begun later."""
    heads = [block for block in blocks(text) if block.kind == "series"]
    for block, group in zip(heads, tomllib.loads(text).get("series", []), strict=True):
        dates = [str(table["date"]) for table in group.get("revision", []) if table.get("date")]
        if dates and min(dates) > date[:10]:
            return block.top
    return len(text.split("\n"))


def _place_for(text: str, series: str, date: str) -> int:
    """The line before which a revision of ``date`` goes: before the first younger of its series."""
    data = tomllib.loads(text)
    number = next(n for n, group in enumerate(data["series"]) if str(group.get("id")) == series)
    found = blocks(text)
    heads = [n for n, block in enumerate(found) if block.kind == "series"]
    until = heads[number + 1] if number + 1 < len(heads) else len(found)
    own: list[Block] = [b for b in found[heads[number] : until] if b.kind == "series.revision"]
    for block, table in zip(own, data["series"][number].get("revision", []), strict=True):
        if str(table.get("date", "")) > date[:10]:
            return block.top
    return (own[-1] if own else found[heads[number]]).end


def _entry(
    kind: str, name: str, revision: Revision, finding: Finding, prerequisites: Sequence[str]
) -> str:
    evidence = [visible_line(line) for line in finding.evidence.get(revision.root, ())]
    return block_text(
        kind,
        {
            "id": name,
            "title": visible_line(revision.title),
            "date": revision.date[:10],
            "original": revision.root,
            "mail": finding.mail[revision.root],
            "base": revision.base or "",
            "prerequisites": list(prerequisites),
            "model": finding.models.get(revision.root, "") if kind != "prerequisite" else "",
            "evidence": evidence,
        },
    )


def _renew(text: str, finding: Finding) -> str:
    """New replies make a new thread; a file the user named instead is the user's choice."""
    data = tomllib.loads(text)
    tables = [*data.get("prerequisite", []), *(t for _, t in _homes(text).values())]
    for table in tables:
        old, new = table.get("mail"), finding.mail.get(str(table.get("original", "")))
        if isinstance(old, str) and is_thread(old) and new and old != new:
            text = renew_thread(text, old, new)
    return text


def _homes(text: str) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """(series, revision) tables by the message-id of the posting."""
    return {
        str(table["original"]).strip("<>"): (group, table)
        for group in tomllib.loads(text).get("series", [])
        for table in group.get("revision", [])
        if table.get("original")
    }


def _ids(text: str) -> set[str]:
    groups = tomllib.loads(text).get("series", [])
    return {str(table["id"]) for group in groups for table in group.get("revision", [])}


def _prefix_in_use(group: Mapping[str, Any]) -> str:
    """What stands before ``rfc`` or ``v2`` in the ids of a series, if it is the same in all."""
    found: set[str] = set()
    for table in group.get("revision", []):
        name = str(table["id"])
        for length in range(len(name)):
            rest = name[length:]
            if rest.startswith("rfc") or (rest[0] == "v" and rest[1:2].isdigit()):
                found.add(name[:length])
                break
    return found.pop() if len(found) == 1 else ""
