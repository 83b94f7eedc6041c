# SPDX-License-Identifier: GPL-2.0-or-later
"""From one message to every revision of its work: ask, read, follow what the mail says, ask again.

Postings are sketched without b4 while searching: most of what a search brings home is a stranger's.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from reviewtool.archive.assemble import fill_rerolls
from reviewtool.archive.footers import read_footers
from reviewtool.archive.mail import Mail, parse_mail
from reviewtool.archive.patches import sketch_patch
from reviewtool.archive.postings import Posting, Sorted, sort_mails
from reviewtool.archive.sources.types import Archive
from reviewtool.archive.types import Cover, Reply, Revision
from reviewtool.errors import InputError, Unavailable
from reviewtool.lineage.links import citations_of, ids_of, lineages, links_between, needs_of
from reviewtool.progress import SILENT, Progress, Task

ROUNDS = 12
"""A lineage longer than this many steps of discovery has never been seen; a loop of servers may."""

_NEED_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found: all mail, the postings of the lineage and those it is built on (by root),
    and what could not be asked."""

    mails: Sorted
    lineage: tuple[str, ...]
    needed: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass
class _Search:
    """The mail gathered so far and the questions already put."""

    archive: Archive
    task: Task
    mails: dict[str, Mail] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    unanswered: list[str] = field(default_factory=list)
    stopped: bool = False

    def warnings(self) -> tuple[str, ...]:
        """What makes the result less than sure, a line each."""
        lines = list(self.archive.complaints())
        if self.unanswered:
            more = f" (and {len(self.unanswered) - 1} more)" if len(self.unanswered) > 1 else ""
            lines.append(f"revisions may be missing: {self.unanswered[0]}{more}")
        if self.stopped:
            lines.append(f"revisions may be missing: stopped after {ROUNDS} rounds of questions")
        return tuple(lines)

    def ask(self, question: str, answer: Callable[[], Iterable[bytes]], note: str) -> None:
        """Put ``question`` once; an archive that fails while more is sought leaves a warning."""
        if question in self.asked:
            return
        self.asked.add(question)
        self.task.update(done=len(self.mails), note=note)
        try:
            self.add(answer())
        except Unavailable as error:
            self.unanswered.append(str(error))

    def add(self, raws: Iterable[bytes]) -> None:
        """Take in mails not seen before."""
        for raw in raws:
            mail = parse_mail(raw)
            self.mails.setdefault(mail.key, mail)


def discover(
    archive: Archive,
    message_id: str,
    *,
    ignore: Sequence[str] = (),
    known: Sequence[str] = (),
    progress: Progress = SILENT,
) -> Discovery:
    """All revisions of the work ``message_id`` belongs to, asked of ``archive``.

    ``ignore`` are roots that are no part of it and ``known`` roots that are, whatever the mail
    says: the study's corrections by hand.
    """
    with progress.task(f"asking {archive.name}") as task:
        search = _Search(archive, task)
        search.asked.add(f"thread {message_id}")
        search.add(archive.thread(message_id))
        if not search.mails:
            raise InputError(
                f"{message_id} is not in the archive",
                archive.name,
                "check the message-id, or name another archive with --from",
            )
        for root in known:
            _ask_thread(search, root)
        found = Sorted((), (), ())
        members: tuple[Revision, ...] = ()
        for _ in range(ROUNDS):
            before = len(search.mails), len(search.asked)
            found = sort_mails(search.mails.values())
            sketches = fill_rerolls([sketch(p) for p in found.postings], found.postings)
            members = _lineage_of(sketches, found, message_id, set(ignore), set(known))
            _follow(search, members)
            if (len(search.mails), len(search.asked)) == before:
                break
        else:
            search.stopped = True
        needed = _follow_needs(search, members)
        found = sort_mails(search.mails.values())
    return Discovery(found, tuple(r.root for r in members), needed, search.warnings())


def sketch(posting: Posting) -> Revision:
    """A posting as a revision without b4: fit to compare, not to apply."""
    first = posting.first
    footers = read_footers(*(mail.body for mail in posting.members))
    cover = posting.cover
    return Revision(
        id=first.message_id,
        title=first.subject.title,
        rfc=first.subject.rfc,
        version=first.subject.version,
        resend=first.subject.resend,
        date=first.date,
        author=first.author,
        cover=Cover(cover.message_id, cover.subject.title, cover.body) if cover else None,
        base=footers.base,
        prerequisites=footers.prerequisites,
        change_id=footers.change_id,
        patches=tuple(sketch_patch(mail) for mail in posting.patches),
        replies=tuple(
            Reply(mail.message_id, "", mail.author, mail.date, mail.subject_line, "")
            for mail in posting.replies
        ),
        complete=not posting.missing,
        missing=posting.missing,
        evidence=posting.evidence,
        in_reply_to=first.parents[0] if first.parents else "",
    )


def _lineage_of(
    sketches: Sequence[Revision],
    found: Sorted,
    message_id: str,
    ignore: set[str],
    known: set[str],
) -> tuple[Revision, ...]:
    """The lineage that ``message_id`` (a patch, a cover, or a reply to either) belongs to."""
    kept = [revision for revision in sketches if revision.root not in ignore]
    seeds = {p.first.message_id for p in found.postings if _holds(p, message_id)} | known
    if not seeds:
        raise InputError(
            f"{message_id} belongs to no patch series", "", "name a cover letter, patch or reply"
        )
    groups = lineages(kept, links_between(kept))
    chosen = {r.root for group in groups if any(r.root in seeds for r in group) for r in group}
    return tuple(sorted((r for r in kept if r.root in chosen), key=lambda r: (r.date, r.root)))


def _holds(posting: Posting, message_id: str) -> bool:
    return any(m.message_id == message_id for m in (*posting.members, *posting.replies))


def _follow(search: _Search, members: Sequence[Revision]) -> None:
    """Ask for all that ``members`` point to: cited versions, change-ids, titles."""
    titles: list[str] = []
    for revision in members:
        for citation in citations_of(revision):
            if citation.role == "earlier":
                _ask_thread(search, citation.message_id)
        if revision.in_reply_to:
            _ask_thread(search, revision.in_reply_to)
        change = revision.change_id
        if change:
            search.ask(
                f"change-id {change}",
                partial(search.archive.changed_by, change),
                f"change-id {change}",
            )
        titles += [revision.title, *(patch.subject for patch in revision.patches)]
    fresh = [
        title
        for title in dict.fromkeys(titles)
        if len(title.split()) > 2 and f"title {title}" not in search.asked
    ]
    search.asked.update(f"title {title}" for title in fresh)
    if fresh:
        search.ask(
            f"titles {fresh}",
            lambda: search.archive.titled(fresh),
            f"subjects like “{fresh[0]}”",
        )


def _follow_needs(search: _Search, members: Sequence[Revision]) -> tuple[str, ...]:
    """The roots of what ``members`` are built on, and of what that is built on in turn."""
    needed: dict[str, None] = {}
    waiting = list(members)
    for _ in range(_NEED_DEPTH):
        wanted = [need.message_id for revision in waiting for need in needs_of(revision)]
        for message_id in wanted:
            _ask_thread(search, message_id)
        sketches = [sketch(p) for p in sort_mails(search.mails.values()).postings]
        waiting = [r for r in sketches if ids_of(r) & set(wanted) and r.root not in needed]
        needed.update({revision.root: None for revision in waiting})
    return tuple(needed)


def _ask_thread(search: _Search, message_id: str) -> None:
    if any(mail.message_id == message_id for mail in search.mails.values()):
        return
    search.ask(
        f"thread {message_id}",
        lambda: search.archive.thread(message_id),
        message_id,
    )
