# SPDX-License-Identifier: GPL-2.0-or-later
"""The reply a difference in behaviour deserves: the hunk that makes it, and the witness."""

from dataclasses import dataclass, replace

from refmodel.world import World
from reviewtool.archive.types import Patch, Revision
from reviewtool.behaviour.compare import Difference
from reviewtool.progress import Progress
from reviewtool.report.mail import witness_lines
from reviewtool.report.quote import quote_function
from reviewtool.review.findings import Witness
from reviewtool.review.pinning import pin, spellings
from reviewtool.review.session import Session, model, posting
from reviewtool.tui.drafts import draft


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A draft, and the number of the patch it answers ("0": the cover letter)."""

    number: str
    text: str


def witnessed(
    session: Session, pair: tuple[str, str], world: World, shown: Difference, progress: Progress
) -> Witnessed:
    """The reply to the newer revision about ``shown``; the patch is the one whose rule answers."""
    session = replace(session, progress=progress)
    a, b = pair
    mail = posting(session, b)
    found = pin(model(session, a), model(session, b), world, shown.inputs, mail.patches)
    patch = next((one for one in mail.patches if one.index == found.patch), None)
    hunk: tuple[str, ...] = ()
    below = [f"{shown.cause}:", ""]
    if found.rule is not None:
        below = [f"{found.rule.function}(): {shown.cause}:", ""]
        hunk = quote_function(patch, spellings(found.rule.function)) if patch is not None else ()
    inputs = tuple(map(str, shown.inputs))
    sides = tuple(tuple(map(str, side)) for side in (shown.a, shown.b))
    below += witness_lines(Witness(inputs, *sides), a, b)
    said, message_id = _answered(mail, patch)
    text = draft(session, b, message_id, said, hunk, below)
    return Witnessed(str(patch.index) if patch else "0", text)


def _answered(mail: Revision, patch: Patch | None) -> tuple[tuple[str, str, str], str]:
    """Who wrote what is answered, when and under what subject, and its message-id."""
    if patch is not None:
        return (patch.author, patch.date, patch.subject), patch.message_id
    subject = mail.cover.subject if mail.cover else mail.patches[0].subject
    return (mail.author, mail.date, subject), mail.root
