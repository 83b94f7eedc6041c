# SPDX-License-Identifier: GPL-2.0-or-later
"""Which postings are revisions of one idea, by what the mail itself says; every link has a reason.

A link that binds puts two postings into one lineage. In doubt there is none: a stranger in a
lineage costs a reviewer more than a revision named by hand.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviewtool.archive.changelog import Citation, read_citations
from reviewtool.archive.trailers import same_person
from reviewtool.archive.types import Patch, Revision

SAME_PATCH = 0.5
"""Share of the changed lines two patches of one title must have in common to be one patch."""

SHARED = 0.25
"""Share of the smaller posting's patches that must be in the other to bind the two."""

SHARED_OF_LARGER = 0.1
"""Share of the larger one's: a lone patch that was taken into a long series is not that work."""


@dataclass(frozen=True, slots=True)
class Link:
    """``later`` carries on the work of ``earlier``; both are message-ids of roots."""

    earlier: str
    later: str
    reason: str


@dataclass(frozen=True, slots=True)
class Need:
    """``revision`` says it has to be applied on ``message_id``."""

    revision: str
    message_id: str
    reason: str


def links_between(revisions: Sequence[Revision]) -> tuple[Link, ...]:
    """Every link that binds two of ``revisions``, each once, with all its reasons in one."""
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    by_date = sorted(revisions, key=lambda revision: revision.date)
    for earlier, later, reason in [*_by_change_id(by_date), *_by_title(by_date)]:
        reasons[earlier.root, later.root].append(reason)
    for earlier, later, reason in [*_by_citation(by_date), *_by_thread(by_date)]:
        reasons[earlier.root, later.root].append(reason)
    for earlier, later, reason in _by_patches(by_date):
        reasons[earlier.root, later.root].append(reason)
    return tuple(
        Link(earlier, later, "; ".join(dict.fromkeys(found)))
        for (earlier, later), found in reasons.items()
    )


def lineages(
    revisions: Sequence[Revision], links: Iterable[Link]
) -> tuple[tuple[Revision, ...], ...]:
    """``revisions`` sorted into lineages, each by date; the lineages by their first posting."""
    leader = {revision.root: revision.root for revision in revisions}

    def top(root: str) -> str:
        while leader[root] != root:
            leader[root] = leader[leader[root]]
            root = leader[root]
        return root

    for link in links:
        leader[top(link.later)] = top(link.earlier)
    groups: dict[str, list[Revision]] = defaultdict(list)
    for revision in sorted(revisions, key=lambda revision: (revision.date, revision.root)):
        groups[top(revision.root)].append(revision)
    return tuple(tuple(group) for group in groups.values())


def needs_of(revision: Revision) -> tuple[Need, ...]:
    """What the revision says it needs: its footers first, then what its cover says in prose."""
    found = [
        Need(revision.root, value, f"prerequisite-{kind}")
        for kind, _, value in (item.partition(": ") for item in revision.prerequisites)
        if kind == "message-id"
    ]
    known = {need.message_id for need in found}
    said = [
        Need(revision.root, citation.message_id, f"“{citation.said}”")
        for citation in citations_of(revision)
        if citation.role == "needed" and citation.message_id not in known
    ]
    return (*found, *said)


def citations_of(revision: Revision) -> tuple[Citation, ...]:
    """What cover letter and notes cite, each posting once, other than the revision itself."""
    texts = [revision.cover.body if revision.cover else ""]
    texts += [patch.notes for patch in revision.patches]
    own = ids_of(revision)
    found: dict[str, Citation] = {}
    for citation in (citation for text in texts if text for citation in read_citations(text)):
        if citation.message_id not in own:
            found.setdefault(citation.message_id, citation)
    return tuple(found.values())


def ids_of(revision: Revision) -> frozenset[str]:
    """The message-ids of cover and patches."""
    patches = {patch.message_id for patch in revision.patches}
    return frozenset(patches | ({revision.cover.message_id} if revision.cover else set()))


def plain_title(title: str) -> str:
    """A title as people compare it: case, spacing and punctuation do not tell series apart."""
    return " ".join(re.findall(r"[a-z0-9_]+", title.lower()))


_Found = list[tuple[Revision, Revision, str]]


def _by_change_id(by_date: Sequence[Revision]) -> _Found:
    found: _Found = []
    latest: dict[str, Revision] = {}
    for later in by_date:
        if later.change_id:
            if later.change_id in latest:
                found.append((latest[later.change_id], later, f"change-id {later.change_id}"))
            latest[later.change_id] = later
    return found


def _by_title(by_date: Sequence[Revision]) -> _Found:
    found: _Found = []
    groups: dict[str, list[Revision]] = defaultdict(list)
    for revision in by_date:
        groups[plain_title(revision.title)].append(revision)
    for title, group in groups.items():
        for number, later in enumerate(group):
            earlier = next(
                (e for e in reversed(group[:number]) if same_person(e.author, later.author)), None
            )
            if earlier is not None and len(title.split()) > 1:
                found.append((earlier, later, "same subject and author"))
    return found


def _by_citation(by_date: Sequence[Revision]) -> _Found:
    owner = {key: revision for revision in by_date for key in ids_of(revision)}
    return [
        (owner[citation.message_id], later, f"named as an earlier version (“{citation.said}”)")
        for later in by_date
        for citation in citations_of(later)
        if citation.role == "earlier"
        and citation.message_id in owner
        and owner[citation.message_id].date <= later.date
    ]


def _by_thread(by_date: Sequence[Revision]) -> _Found:
    """A posting sent in reply to one of the same author with a like title, or a reroll of it."""
    owner = {
        key: revision
        for revision in by_date
        for key in (*ids_of(revision), *(reply.message_id for reply in revision.replies))
    }
    found: _Found = []
    for later in by_date:
        above = owner.get(later.in_reply_to)
        if above is None or above.root == later.root:
            continue
        if same_person(above.author, later.author) and titles_alike(above.title, later.title):
            found.append((above, later, "sent in reply to it"))
    return found


def _by_patches(by_date: Sequence[Revision]) -> _Found:
    """Postings that share enough of their patches: same title, same author, most lines alike."""
    found: _Found = []
    seen: dict[str, list[tuple[Revision, Patch]]] = defaultdict(list)
    for later in by_date:
        shared: dict[str, list[tuple[Patch, Patch]]] = defaultdict(list)
        owners: dict[str, Revision] = {}
        for patch in later.patches:
            for earlier, before in reversed(seen[plain_title(patch.subject)]):
                if before.message_id != patch.message_id and _same_patch(before, patch):
                    shared[earlier.root].append((before, patch))
                    owners[earlier.root] = earlier
                    break
        for root, pairs in shared.items():
            smaller, larger = sorted((len(owners[root].patches), len(later.patches)))
            if len(pairs) >= max(SHARED * smaller, SHARED_OF_LARGER * larger):
                found.append((owners[root], later, _shared_reason(pairs)))
        for patch in later.patches:
            seen[plain_title(patch.subject)].append((later, patch))
    return found


def _same_patch(one: Patch, other: Patch) -> bool:
    return same_person(one.author, other.author) and alike(one, other) >= SAME_PATCH


def _shared_reason(pairs: Sequence[tuple[Patch, Patch]]) -> str:
    before, patch = pairs[0]
    if len(pairs) > 1:
        return f"{len(pairs)} of {patch.total} patches are patches of it"
    place = f"patch {patch.index}/{patch.total} is {before.index}/{before.total} of it"
    return f"{place} (“{patch.subject}”)"


def alike(one: Patch, other: Patch) -> float:
    """Share of changed lines (blanks aside) two patches have in common, 0 to 1."""
    a, b = changed_lines(one.diff), changed_lines(other.diff)
    return len(a & b) / len(a | b) if a | b else 0.0


def changed_lines(diff: str) -> frozenset[str]:
    """The added and removed lines of ``diff``, signed, blanks squeezed, trivial ones left out."""
    return frozenset(
        line[0] + " ".join(line[1:].split())
        for line in diff.split("\n")
        if line[:1] in ("+", "-") and not line.startswith(("+++", "---")) and len(line.strip()) > 3
    )


def titles_alike(one: str, other: str) -> bool:
    """Whether two titles share at least half of their words."""
    a, b = set(plain_title(one).split()), set(plain_title(other).split())
    return bool(a | b) and len(a & b) / len(a | b) >= 0.5
