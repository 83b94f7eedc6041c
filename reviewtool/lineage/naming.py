# SPDX-License-Identifier: GPL-2.0-or-later
"""Short names for what a fetch found: studies, series, revisions; stable once given."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from itertools import count

from reviewtool.archive.slugs import slug
from reviewtool.archive.trailers import person, same_person
from reviewtool.archive.types import Revision
from reviewtool.lineage.links import titles_alike

# Words that say what is done and not what it is done to: they tell no series from another.
_PLAIN_WORDS = frozenset(
    (
        *("add", "adds", "allow", "and", "enable", "fix", "fixes", "for", "from", "implement"),
        *("improve", "in", "into", "introduce", "make", "minor", "misc", "more", "new", "of"),
        *("on", "patch", "prepare", "rework", "series", "some", "support", "the", "to", "update"),
        *("use", "using", "with", "cleanup", "cleanups", "changes"),
    )
)


@dataclass(frozen=True, slots=True)
class Run:
    """Revisions of one lineage by one author, by date; ``prefix`` is put before their slugs."""

    id: str
    prefix: str
    revisions: tuple[Revision, ...]

    @property
    def title(self) -> str:
        """The title the work goes by now."""
        return self.revisions[-1].title

    @property
    def author(self) -> str:
        """The author's name, or address if no name is given."""
        return person(self.revisions[-1].author)


def runs_of(lineages: Sequence[Sequence[Revision]]) -> tuple[tuple[Revision, ...], ...]:
    """Each lineage cut by author, so that a change of hands is a new series of the same work.

    Authors who take turns (one person under two names, mostly) make one series. Where one author
    has two revisions of one number under way (a work that was split, or parts of it posted side by
    side), their titles tell them apart.
    """
    runs: list[list[Revision]] = []
    for lineage in lineages:
        by_author: list[list[Revision]] = []
        for revision in lineage:
            own = next((r for r in by_author if same_person(r[0].author, revision.author)), None)
            if own is None:
                by_author.append([revision])
            else:
                own.append(revision)
        for run in _interleaved(by_author):
            clash = len({slug(revision) for revision in run}) < len(run)
            runs.extend(_by_title(run) if clash else [run])
    return tuple(tuple(run) for run in sorted(runs, key=lambda run: run[0].date))


def _interleaved(runs: Sequence[Sequence[Revision]]) -> list[list[Revision]]:
    """``runs`` with those put together that take turns at one row of numbers."""
    joined: list[list[Revision]] = []
    for run in sorted(runs, key=lambda run: run[0].date):
        turns = [host for host in joined if host[-1].date > run[0].date]
        host = next(
            (h for h in turns if len({slug(r) for r in (*h, *run)}) == len(h) + len(run)), None
        )
        if host is None:
            joined.append(list(run))
        else:
            host.extend(run)
            host.sort(key=lambda revision: revision.date)
    return joined


def _by_title(run: Sequence[Revision]) -> list[list[Revision]]:
    """``run`` cut into series whose titles are alike from one revision to the next."""
    groups: list[list[Revision]] = []
    for revision in run:
        own = next((g for g in groups if titles_alike(g[-1].title, revision.title)), None)
        if own is None:
            groups.append([revision])
        else:
            own.append(revision)
    return groups


def name_runs(
    runs: Sequence[Sequence[Revision]],
    *,
    series: Mapping[str, str] | None = None,
    prefixes: Mapping[str, str] | None = None,
    taken: Collection[str] = (),
) -> tuple[Run, ...]:
    """Give every run an id and a prefix under which its revisions' slugs are nobody else's.

    ``series`` and ``prefixes`` are those a study already gives, by message-id of a revision's root;
    ``taken`` are the revision ids it uses.
    """
    given, used = dict(series or {}), set(taken)
    names = set(given.values())
    named: list[Run] = []
    for run in runs:
        known = next((given[r.root] for r in run if r.root in given), None)
        author = _author_word(run[0].author)
        words = _telling_words(run[-1].title, [other for other in runs if other is not run])
        candidates = [author, *(f"{author}-{word}" for word in words)]
        name = known or _first_free(candidates, names)
        names.add(name)
        fresh = {slug(r) for r in run if r.root not in given}
        prefix = (prefixes or {}).get(run[0].root) if known else None
        if prefix is None:
            alone = not any(
                same_person(run[0].author, other.revisions[0].author) for other in named
            )
            options = [
                "",
                *([f"{author}-"] if alone else []),
                *(f"{w}-" for w in words),
                f"{name}-",
            ]
            prefix = next(
                (p for p in options if not any(p + item in used for item in fresh)), f"{name}-"
            )
        used |= {prefix + item for item in fresh}
        named.append(Run(name, prefix, tuple(run)))
    return tuple(named)


def revision_ids(run: Run, taken: Collection[str]) -> dict[str, str]:
    """An id for each revision of ``run``, by root; a name in use gets the date, then a number."""
    used = set(taken)
    ids: dict[str, str] = {}
    for revision in run.revisions:
        wanted = run.prefix + slug(revision)
        name = _first_free([wanted, f"{wanted}-{revision.date[:10]}"], used)
        used.add(name)
        ids[revision.root] = name
    return ids


def study_name(title: str) -> str:
    """A file name of the words of ``title``: ``guest-memfd-support-for-uffd-minor``."""
    words = re.findall(r"[a-z0-9]+", title.lower())
    name = ""
    for word in words:
        if len(name) + len(word) > 48:
            break
        name += f"-{word}" if name else word
    return name or "series"


def _author_word(author: str) -> str:
    local = parseaddr(author)[1].partition("@")[0] or parseaddr(author)[0]
    return "-".join(re.findall(r"[a-z0-9]+", local.lower().partition("+")[0])) or "unknown"


def _telling_words(title: str, others: Sequence[Sequence[Revision]]) -> list[str]:
    """The words of ``title`` no other series has, those after its last colon first."""
    elsewhere = {
        w for run in others for r in run for w in re.findall(r"[a-z0-9_]+", r.title.lower())
    }
    parts = title.lower().rpartition(":")
    words = [*re.findall(r"[a-z0-9_]+", parts[2]), *re.findall(r"[a-z0-9_]+", parts[0])]
    good = [w for w in words if len(w) > 2 and w not in _PLAIN_WORDS]
    return [w for w in good if w not in elsewhere] or good


def _first_free(candidates: Sequence[str], used: Collection[str]) -> str:
    free = next((name for name in candidates if name not in used), None)
    if free is not None:
        return free
    return next(n for k in count(2) if (n := f"{candidates[-1]}-{k}") not in used)
