# SPDX-License-Identifier: GPL-2.0-or-later
"""From raw mail to a study: what it holds is stored, tied into lineages and written down."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from reviewtool.archive.assemble import assemble_sorted
from reviewtool.archive.mail import Mail, parse_mail
from reviewtool.archive.postings import Sorted, sort_mails
from reviewtool.archive.raw import read_raw
from reviewtool.archive.read import require_complete
from reviewtool.archive.sources.choose import open_archive, read_message
from reviewtool.archive.store import keep_thread
from reviewtool.archive.types import Revision
from reviewtool.cache import write_atomic
from reviewtool.errors import InputError, Unavailable
from reviewtool.lineage import studyfile
from reviewtool.lineage.discover import discover
from reviewtool.lineage.links import ids_of, lineages, links_between, needs_of
from reviewtool.lineage.naming import study_name
from reviewtool.lineage.study import Study, current_file, load, studies_folder
from reviewtool.progress import SILENT, Progress


def fetch_files(
    sources: Iterable[str | Path],
    name: str | None = None,
    *,
    incomplete: bool = False,
    progress: Progress = SILENT,
) -> Study:
    """Read ``sources`` (mbox, maildir, ``-``; gzip or not) into the study ``name``, and make it
    the current one.

    All series found become part of it; revisions of one work stand together, whoever posted them.
    An existing study of that name is added to. Raises :class:`InputError` before anything is
    written if a source is no mail or a series lacks a patch (unless ``incomplete``).
    """
    places = [str(source) for source in sources]
    mails = [parse_mail(raw) for place in places for raw in read_raw(place)]
    where = ", ".join(places)
    sorted_mails = sort_mails(mails)
    revisions = assembled(sorted_mails, progress)
    if not revisions:
        raise InputError("no patch series in it", where, "give the mails of at least one series")
    if not incomplete:
        require_complete(revisions, where)
    finding = finding_of(sorted_mails, revisions, revisions)
    return record(finding, name)


@dataclass(frozen=True, slots=True)
class Fetched:
    """The study a fetch wrote, the ids of the revisions new in it, and what could not be asked."""

    study: Study
    new: tuple[str, ...]
    warnings: tuple[str, ...]


def fetch_message(
    message: str,
    name: str | None = None,
    *,
    place: str | None = None,
    refresh: bool = False,
    offline: bool = False,
    progress: Progress = SILENT,
) -> Fetched:
    """Find every revision of the work ``message`` (an id, or an address) belongs to.

    ``place`` is the archive: the base address of a public-inbox, an epoch or inbox on disk, an
    mbox or maildir; by default the one the address names, else lore. The study is the one that
    has the message already, else ``name``, else one named after the work; it becomes the current
    one. Incomplete revisions are part of it, as what they are.
    """
    message_id, inbox = read_message(message)
    archive = open_archive(place, inbox, refresh=refresh, offline=offline, progress=progress)
    before = _study_with(message_id, name)
    known = [r.original for r in before.revisions if r.original] if before else []
    try:
        found = discover(
            archive,
            message_id,
            ignore=before.ignore if before else (),
            known=known,
            progress=progress,
        )
    except Unavailable as error:
        if before is None or not offline:
            raise
        _make_current(before.name)
        return Fetched(before, (), (f"nothing new can be looked for: {error}",))
    chosen = {*found.lineage, *found.needed}
    kept = Sorted(
        tuple(p for p in found.mails.postings if p.first.message_id in chosen),
        (),
        found.mails.warnings,
    )
    revisions = assembled(kept, progress)
    wanted = [r for r in revisions if r.root in set(found.lineage)]
    study = record(finding_of(kept, wanted, revisions), before.name if before else name)
    old = {revision.id for revision in before.revisions} if before else set()
    new = tuple(revision.id for revision in study.revisions if revision.id not in old)
    return Fetched(study, new, found.warnings)


def _study_with(message_id: str, name: str | None) -> Study | None:
    """The fetched study called ``name``, or else one that has ``message_id`` as a revision."""
    folder = studies_folder()
    if name:
        return load(folder / f"{name}.toml") if (folder / f"{name}.toml").exists() else None
    for path in sorted(folder.glob("*.toml")):
        if message_id in path.read_text("utf-8", "replace"):
            study = load(path)
            if any(message_id == revision.original for revision in study.revisions):
                return study
    return None


def assembled(sorted_mails: Sorted, progress: Progress) -> tuple[Revision, ...]:
    """The postings of ``sorted_mails`` as revisions."""
    with ThreadPoolExecutor(4) as executor:
        return assemble_sorted(sorted_mails, progress=progress, executor=executor)


def finding_of(
    sorted_mails: Sorted, wanted: Sequence[Revision], known: Sequence[Revision]
) -> studyfile.Finding:
    """What to write down of ``wanted``, with those of ``known`` they are built on."""
    links = links_between(wanted)
    owner = {key: revision for revision in known for key in ids_of(revision)}
    needed: dict[str, tuple[str, ...]] = {}
    evidence: dict[str, list[str]] = {r.root: [] for r in known}
    for link in links:
        evidence[link.later].append(f"{link.earlier}: {link.reason}")
    bases: dict[str, Revision] = {}
    for revision in wanted:
        for need in needs_of(revision):
            base = owner.get(need.message_id)
            if base is None or base.root == revision.root:
                evidence[revision.root].append(f"needs {need.message_id}: {need.reason}")
                continue
            bases[base.root] = base
            needed[revision.root] = (*needed.get(revision.root, ()), base.root)
            evidence[base.root].append(f"needed by {revision.root}: {need.reason}")
    thread = _threads(sorted_mails)
    home = {m.message_id: p.first.message_id for p in sorted_mails.postings for m in p.members}
    kept = {
        revision.root: keep_thread(
            mail.raw
            # A partial reroll is read with the posting it is of.
            for root in dict.fromkeys(home[one] for one in _ids(revision) if one in home)
            for mail in thread[root]
        )
        for revision in (*wanted, *bases.values())
    }
    return studyfile.Finding(
        lineages=lineages(wanted, links),
        bases=tuple(bases.values()),
        mail=kept,
        evidence={root: tuple(lines) for root, lines in evidence.items() if lines},
        needed=needed,
        # A model says itself which posting it is of; that of a port may be of what it repaired.
        models={},
    )


def _ids(revision: Revision) -> tuple[str, ...]:
    return (revision.root, *(patch.message_id for patch in revision.patches))


def record(finding: studyfile.Finding, name: str | None) -> Study:
    """Write ``finding`` into the study ``name`` (by default named after the work), now current."""
    title = finding.lineages[-1][-1].title
    chosen = name or study_name(title)
    path = studies_folder() / f"{chosen}.toml"
    study = studyfile.write(path, chosen, title, finding)
    _make_current(chosen)
    return study


def _make_current(name: str) -> None:
    write_atomic(current_file(), f"{name}\n".encode())


def _threads(sorted_mails: Sorted) -> dict[str, tuple[Mail, ...]]:
    """All mails of each posting, by the message-id of its root."""
    return {
        posting.first.message_id: (*posting.members, *posting.replies)
        for posting in sorted_mails.postings
    }
