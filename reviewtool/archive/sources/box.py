# SPDX-License-Identifier: GPL-2.0-or-later
"""Mail that lies in files (mbox, maildir, standard input), asked as an archive is asked."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reviewtool.archive.footers import read_footers
from reviewtool.archive.mail import Mail, parse_mail
from reviewtool.archive.raw import read_raw


@dataclass(frozen=True)
class Box:
    """All mails of some files, indexed once when the first question is asked."""

    name: str
    mails: tuple[Mail, ...]
    _threads: dict[str, list[Mail]] = field(default_factory=dict, compare=False, repr=False)

    def thread(self, message_id: str) -> tuple[bytes, ...]:
        """The thread ``message_id`` is in."""
        return tuple(mail.raw for mail in self._index().get(message_id, ()))

    def titled(self, titles: Sequence[str]) -> tuple[bytes, ...]:
        """The threads that hold a mail whose subject has one of ``titles`` in it."""
        wanted = [_plain(title) for title in titles]
        return self._of(
            mail for mail in self.mails if any(w in _plain(mail.subject.title) for w in wanted)
        )

    def changed_by(self, change_id: str) -> tuple[bytes, ...]:
        """The threads that carry ``change-id: …``."""
        return self._of(m for m in self.mails if read_footers(m.body).change_id == change_id)

    def complaints(self) -> tuple[str, ...]:
        """Nothing: what could not be read was refused."""
        return ()

    def _of(self, mails: Iterable[Mail]) -> tuple[bytes, ...]:
        index = self._index()
        found = {m.key: m.raw for mail in mails for m in index.get(mail.message_id, ())}
        return tuple(found.values())

    def _index(self) -> dict[str, list[Mail]]:
        if not self._threads:
            self._threads.update(_threads(self.mails))
        return self._threads


def open_box(sources: Sequence[str]) -> Box:
    """The mails of ``sources`` (see :func:`reviewtool.archive.raw.read_raw`) as one archive."""
    mails = tuple(parse_mail(raw) for source in sources for raw in read_raw(source))
    return Box(", ".join(sources), mails)


def _threads(mails: Sequence[Mail]) -> dict[str, list[Mail]]:
    """Every id, of a mail or only cited by one, with the mails it is connected to."""
    leader: dict[str, str] = {}

    def top(key: str) -> str:
        leader.setdefault(key, key)
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for mail in mails:
        for parent in mail.parents:
            leader[top(mail.message_id)] = top(parent)
    groups: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        groups[top(mail.message_id)].append(mail)
    return {key: groups[top(key)] for key in [*leader, *(m.message_id for m in mails)]}


def _plain(title: str) -> str:
    return " ".join(title.lower().split())
