# SPDX-License-Identifier: GPL-2.0-or-later
"""The mails of a revision as a list: cover letter, patches, the tree they gave, replies."""

from collections.abc import Iterator
from dataclasses import dataclass

from reviewtool.archive.types import Patch, Reply, Revision
from reviewtool.text import name_of
from reviewtool.tree.outcome import Applied, PatchOutcome

_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list, and what is read when the bar is on it."""

    number: str
    title: str
    message_id: str = ""
    author: str = ""
    date: str = ""
    subject: str = ""
    body: str = ""
    state: str = ""
    patch: Patch | None = None
    outcome: PatchOutcome | None = None
    reply: bool = False


def items_of(mail: Revision, tree: Applied | None) -> list[Item]:
    """Everything there is to read of a revision."""
    items = []
    if mail.cover is not None:
        cover = mail.cover
        said = (cover.message_id, mail.author, mail.date, cover.subject)
        items.append(Item("0", "cover letter", *said, cover.body))
    outcomes = {one.index: one for one in tree.outcomes} if tree else {}
    for patch in mail.patches:
        outcome = outcomes.get(patch.index)
        said = (patch.message_id, patch.author, patch.date, patch.subject)
        state = f"[{outcome.state}]" if outcome else ""
        items.append(Item(str(patch.index), patch.subject, *said, "", state, patch, outcome))
    if tree is not None:
        told = "applied" if tree.complete else "does not apply"
        items.append(Item("tree", f"{told}: {tree.base_note}"))
    return [*items, *_replies(mail)]


def _replies(mail: Revision) -> Iterator[Item]:
    """Replies below what they answer, the deeper the further to the right."""
    below: dict[str, list[Reply]] = {}
    known = {one.message_id for one in mail.replies}
    for one in sorted(mail.replies, key=lambda one: one.date):
        below.setdefault(one.in_reply_to if one.in_reply_to in known else "", []).append(one)
    # Last come all once more: those that answer each other in a ring have no top.
    every = [*below.get("", []), *mail.replies]
    stack = [(one, 0) for one in reversed(every)]
    seen: set[str] = set()
    while stack:
        one, depth = stack.pop()
        if one.message_id in seen:
            continue
        seen.add(one.message_id)
        stack += [(each, depth + 1) for each in reversed(below.get(one.message_id, []))]
        who = name_of(one.author)
        head = f"From: {one.author}\nDate: {one.date}\nSubject: {one.subject}\n\n"
        title = f"{'  ' * min(depth, _DEEPEST)}{who}, {one.date[:10]}: {one.subject}"
        said = (one.message_id, one.author, one.date, one.subject)
        yield Item("re", title, *said, head + one.body, reply=True)
