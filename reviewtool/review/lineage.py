# SPDX-License-Identifier: GPL-2.0-or-later
"""The lineage of a study: each revision with the facts of its mail."""

from dataclasses import dataclass

from reviewtool.archive.types import Revision
from reviewtool.lineage.study import StudyRevision
from reviewtool.review.session import Session, posting


@dataclass(frozen=True, slots=True)
class Entry:
    """One revision: what the study says of it, and its mail."""

    study: StudyRevision
    mail: Revision


def lineage(session: Session) -> tuple[Entry, ...]:
    """Every revision of the study, in order."""
    return tuple(Entry(one, posting(session, one.id)) for one in session.study.revisions)
