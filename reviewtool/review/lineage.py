# SPDX-License-Identifier: GPL-2.0-or-later
"""The lineage of a study: each revision with the facts of its mail."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reviewtool.archive.types import Revision
from reviewtool.lineage.study import Study, StudyRevision
from reviewtool.lineage.succession import successors
from reviewtool.review.session import Session, posting


@dataclass(frozen=True, slots=True)
class Entry:
    """One revision: what the study says of it, and its mail."""

    study: StudyRevision
    mail: Revision


@dataclass(frozen=True, slots=True)
class Discussion:
    """Who replied to a revision, how often; and how many remarks of reviewers there are by what
    became of them (``answered``, ``standing``, ``unknown``)."""

    revision: str
    people: tuple[tuple[str, int], ...]
    states: tuple[tuple[str, int], ...]


def lineage(session: Session) -> tuple[Entry, ...]:
    """Every revision of the study, in order."""
    return tuple(Entry(one, posting(session, one.id)) for one in session.study.revisions)


def discussions(study: Study, entries: Sequence[Entry]) -> tuple[Discussion, ...]:
    """The discussion of each revision, and what the next one of its work answers of it."""
    from reviewtool.archive.remarks import remarks_of
    from reviewtool.archive.trailers import person

    mails = {entry.study.id: entry.mail for entry in entries}
    after = successors(study)
    found: list[Discussion] = []
    for entry in entries:
        people = Counter(person(reply.author) for reply in entry.mail.replies)
        following = after[entry.study.id]
        made = remarks_of(entry.mail, mails[following] if following else None)
        states = Counter(one.state for one in made if not one.by_author)
        found.append(
            Discussion(entry.study.id, tuple(people.most_common()), tuple(sorted(states.items())))
        )
    return tuple(found)
