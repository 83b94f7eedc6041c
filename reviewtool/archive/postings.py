# SPDX-License-Identifier: GPL-2.0-or-later
"""Mails sorted into postings: one sending of one series each, and the replies to it.

b4 takes RFC and v1 of a subject for one revision and mixes series that share a thread, so what it
is given is decided here: a posting is the patches that share a thread, a version, the RFC and
RESEND marks and the number of patches.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reviewtool.archive.hunks import find_diff
from reviewtool.archive.mail import Mail

_UNTHREADED_WITHIN = timedelta(hours=12)

Mark = tuple[bool, bool, int, int, int]


@dataclass(frozen=True, slots=True)
class Posting:
    """The mails of one posting; ``patches`` by index. ``evidence`` says what ties them together."""

    cover: Mail | None
    patches: tuple[Mail, ...]
    replies: tuple[Mail, ...]
    evidence: tuple[str, ...]

    @property
    def first(self) -> Mail:
        """The mail a reviewer would cite: the cover, else the first patch."""
        return self.cover or self.patches[0]

    @property
    def members(self) -> tuple[Mail, ...]:
        """Cover and patches, in order."""
        return (self.cover, *self.patches) if self.cover else self.patches

    @property
    def missing(self) -> tuple[int, ...]:
        """The patches the series announces and the mail lacks."""
        here = {mail.subject.index for mail in self.patches}
        return tuple(n for n in range(1, self.first.subject.total + 1) if n not in here)


@dataclass(frozen=True, slots=True)
class Sorted:
    """All mails of a box: postings by date, mails that belong to none, and what was odd."""

    postings: tuple[Posting, ...]
    strays: tuple[Mail, ...]
    warnings: tuple[str, ...]


def sort_mails(mails: Iterable[Mail]) -> Sorted:
    """Sort ``mails`` into postings; every mail ends in exactly one posting or among the strays."""
    by_id, warnings = unique(mails)
    heap = _Threads(by_id)
    groups: dict[tuple[str, Mark], list[Mail]] = defaultdict(list)
    for mail in heap.members.values():
        groups[heap.anchor(mail), _mark(mail)].append(mail)
    _join_covers(groups)
    wrong = {key: mail for group in groups.values() for key, mail in _misnumbered(group).items()}
    warnings += [
        f"{mail.message_id}: {key} bears number {mail.subject.index} too, and was sent again with "
        "another; it is left out"
        for key, mail in wrong.items()
    ]
    piles = [
        sent
        for group in groups.values()
        for sent in _sendings([mail for mail in group if mail.message_id not in wrong])
    ]
    threaded, loose = _split_loose(piles)
    joined, doubts = _join_loose(loose)
    warnings += doubts
    whole, broken = _split_whole([*threaded, *joined], by_id)
    mended = _mend(broken)
    all_piles = [*whole, *mended]
    by_sender = {pile[0].message_id for pile in (*joined, *mended) if len(pile) > 1}
    by_sender -= {pile[0].message_id for pile in threaded}
    home = {mail.message_id: n for n, pile in enumerate(all_piles) for mail in pile}
    replies: dict[int, list[Mail]] = defaultdict(list)
    strays: list[Mail] = []
    for mail in by_id.values():
        if mail.message_id not in home:
            number = heap.home(mail, home)
            (strays if number is None else replies[number]).append(mail)
    postings = [
        _posting(pile, replies[number], by_sender=pile[0].message_id in by_sender)
        for number, pile in enumerate(all_piles)
    ]
    return Sorted(
        tuple(sorted(postings, key=lambda p: (p.first.date, p.first.message_id))),
        tuple(sorted(strays, key=lambda mail: mail.date)),
        tuple(warnings),
    )


def unique(mails: Iterable[Mail]) -> tuple[dict[str, Mail], list[str]]:
    """``mails`` by message-id, first copy kept; copies that differ in text are told."""
    by_id: dict[str, Mail] = {}
    warnings: list[str] = []
    for mail in mails:
        kept = by_id.setdefault(mail.message_id, mail)
        if kept is not mail and kept.body.strip() != mail.body.strip():
            warnings.append(
                f"{mail.message_id}: two different mails bear this id, the first is used"
            )
    return by_id, warnings


def is_member(mail: Mail) -> bool:
    """Whether the mail is a cover letter or a patch of a posting, and no reply."""
    subject = mail.subject
    if subject.reply or not (subject.patch or subject.rfc or subject.counted or subject.versioned):
        return False
    if subject.index > subject.total:
        return False
    if subject.index == 0:
        return subject.counted
    return find_diff(mail.body) is not None


class _Threads:
    """Who answers whom, with what was found on the way remembered, so that depth costs nothing."""

    def __init__(self, by_id: Mapping[str, Mail]) -> None:
        self.by_id = by_id
        self.members = {key: mail for key, mail in by_id.items() if is_member(mail)}
        self._anchors: dict[str, str] = {}
        self._homes: dict[str, int | None] = {}

    def anchor(self, mail: Mail) -> str:
        """The id by which the patches of one posting find each other: their cover's, if any.

        Without a cover it is the top of the thread they share, be that mail at hand or not.
        """
        path: dict[str, None] = {}
        here: Mail | None = mail
        found = mail.message_id
        while here is not None and here.message_id not in path:
            known = self._anchors.get(here.message_id)
            if known is not None:
                found = known
                break
            path[here.message_id] = None
            if here.message_id in self.members and here.subject.index == 0:
                found = here.message_id
                break
            here, found = self._above(here)
        self._anchors.update(dict.fromkeys(path, found))
        return found

    def home(self, mail: Mail, homes: Mapping[str, int]) -> int | None:
        """The posting ``mail`` answers, directly or through other replies; None if none."""
        path: dict[str, None] = {}
        here: Mail | None = mail
        found: int | None = None
        while here is not None and here.message_id not in path:
            if here.message_id in self._homes:
                found = self._homes[here.message_id]
                break
            path[here.message_id] = None
            direct = next((homes[parent] for parent in here.parents if parent in homes), None)
            nearest = next((p for p in here.parents if p in self.by_id and p not in path), None)
            if direct is not None and (nearest is None or nearest in homes):
                found = direct
                break
            here = self.by_id[nearest] if nearest else None
        self._homes.update(dict.fromkeys(path, found))
        return found

    def _above(self, mail: Mail) -> tuple[Mail | None, str]:
        """The mail to climb to and the anchor if the climb ends here."""
        same = [p for p in mail.parents if p in self.members]
        if mail.message_id in self.members:
            kin = next((p for p in same if _mark(self.members[p]) == _mark(mail)), None)
            if kin is not None:
                return self.members[kin], kin
        nearest = next((p for p in mail.parents if p in self.by_id), None)
        if nearest is not None:
            return self.by_id[nearest], nearest
        return None, mail.parents[0] if mail.parents else mail.message_id


def _mark(mail: Mail) -> Mark:
    subject = mail.subject
    return subject.rfc, subject.resend, subject.version, subject.minor, subject.total


def _join_covers(groups: dict[tuple[str, Mark], list[Mail]]) -> None:
    """Put a cover that stands alone to the patches below it that only lack its RFC, or have one."""
    for (anchor, mark), group in list(groups.items()):
        other = (anchor, (not mark[0], *mark[1:]))
        alone = len(group) == 1 and group[0].subject.index == 0
        if alone and other in groups and all(mail.subject.index for mail in groups[other]):
            group.extend(groups.pop(other))


def _misnumbered(group: Sequence[Mail]) -> dict[str, Mail]:
    """Mails sent under a wrong number, by id, with the mail that number is of: the patch was sent
    again with another number, and another patch with this one."""
    wrong: dict[str, Mail] = {}
    for mail in group:
        later = [m for m in group if m.date > mail.date]
        again = any(
            m.subject.title == mail.subject.title and m.subject.index != mail.subject.index
            for m in later
        )
        right = next((m for m in later if m.subject.index == mail.subject.index), None)
        if again and right is not None and right.subject.title != mail.subject.title:
            wrong[mail.message_id] = right
    return wrong


def _sendings(group: Sequence[Mail]) -> list[list[Mail]]:
    """A group split where a number comes twice: the patch was sent again in the same thread."""
    piles: list[dict[int, Mail]] = []
    for mail in sorted(group, key=lambda mail: (mail.date, mail.subject.index, mail.message_id)):
        for pile in piles:
            if mail.subject.index not in pile:
                pile[mail.subject.index] = mail
                break
        else:
            piles.append({mail.subject.index: mail})
    return [[pile[index] for index in sorted(pile)] for pile in piles]


def _split_loose(piles: list[list[Mail]]) -> tuple[list[list[Mail]], list[list[Mail]]]:
    """Piles that stand as they are, and single mails of a series that were sent unthreaded."""
    threaded = [pile for pile in piles if len(pile) > 1 or pile[0].parents or _lone(pile[0])]
    loose = [pile for pile in piles if not (len(pile) > 1 or pile[0].parents or _lone(pile[0]))]
    return threaded, loose


def _lone(mail: Mail) -> bool:
    return mail.subject.total == 1 and mail.subject.index == 1


def _join_loose(loose: list[list[Mail]]) -> tuple[list[list[Mail]], list[str]]:
    """Unthreaded mails joined by sender, prefix and date; in doubt they stay apart, as is told."""
    by_prefix: dict[tuple[str, Mark, tuple[str, ...]], list[Mail]] = defaultdict(list)
    for (mail,) in loose:
        by_prefix[mail.address, _mark(mail), mail.subject.words].append(mail)
    joined: list[list[Mail]] = []
    doubts: list[str] = []
    for mails in by_prefix.values():
        for run in _runs(sorted(mails, key=lambda mail: mail.date)):
            numbers = [mail.subject.index for mail in run]
            if len(set(numbers)) == len(numbers):
                joined.append(sorted(run, key=lambda mail: mail.subject.index))
            else:
                doubts.append(
                    f"{run[0].message_id}: sent unthreaded beside another series of the same "
                    "sender and prefix; which patches belong together cannot be told"
                )
                joined.extend([mail] for mail in run)
    return joined, doubts


def _split_whole(
    piles: list[list[Mail]], by_id: Mapping[str, Mail]
) -> tuple[list[list[Mail]], list[list[Mail]]]:
    """Piles that stand as they are, and those that lack patches or answer a cover not at hand."""
    whole: list[list[Mail]] = []
    broken: list[list[Mail]] = []
    for pile in piles:
        first = pile[0]
        headless = first.subject.index > 0 and not any(p in by_id for p in first.parents)
        stands = _all_there(pile) and (_lone(first) or not headless)
        (whole if stands else broken).append(pile)
    return whole, broken


def _mend(broken: list[list[Mail]]) -> list[list[Mail]]:
    """Piles that are one posting whose threading broke: some mail servers renew message-ids, some
    senders send the cover apart. Joined only where the parts make it complete, and in one way."""
    alike: dict[tuple[str, Mark, tuple[str, ...]], list[list[Mail]]] = defaultdict(list)
    for pile in broken:
        alike[pile[0].address, _mark(pile[0]), pile[0].subject.words].append(pile)
    mended: list[list[Mail]] = []
    for piles in alike.values():
        for near in _near_piles(piles):
            mails = sorted((m for pile in near for m in pile), key=lambda mail: mail.subject.index)
            numbers = [mail.subject.index for mail in mails]
            one = len(set(numbers)) == len(numbers) and _all_there(mails)
            mended.extend([mails] if one else near)
    return mended


def _near_piles(piles: list[list[Mail]]) -> list[list[list[Mail]]]:
    """``piles`` cut into those sent within hours of each other."""
    runs: list[list[list[Mail]]] = []
    for pile in sorted(piles, key=lambda pile: pile[0].date):
        if runs and _within(runs[-1][0][0].date, pile[0].date):
            runs[-1].append(pile)
        else:
            runs.append([pile])
    return runs


def _all_there(pile: Sequence[Mail]) -> bool:
    return {m.subject.index for m in pile} >= set(range(1, pile[0].subject.total + 1))


def _runs(mails: Sequence[Mail]) -> list[list[Mail]]:
    """``mails`` (by date) cut where a number begins again or hours passed."""
    runs: list[list[Mail]] = []
    for mail in mails:
        if runs and _within(runs[-1][-1].date, mail.date) and not _all_there(runs[-1]):
            runs[-1].append(mail)
        else:
            runs.append([mail])
    return runs


def _within(first: str, last: str) -> bool:
    """Whether two dates lie near enough for the mails of one sending; both may be unknown."""
    if not (first and last):
        return first == last
    gap = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    return gap <= _UNTHREADED_WITHIN


def _posting(pile: Sequence[Mail], replies: Sequence[Mail], *, by_sender: bool) -> Posting:
    cover = pile[0] if pile[0].subject.index == 0 else None
    patches = tuple(pile[1:] if cover else pile)
    tie = "sender, prefix and date (the mails are not threaded)" if by_sender else "threading"
    return Posting(
        cover=cover,
        patches=patches,
        replies=tuple(sorted(replies, key=lambda mail: (mail.date, mail.message_id))),
        evidence=(f"{len(pile)} mails tied by {tie}",) if len(pile) > 1 else (),
    )
