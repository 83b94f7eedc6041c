# SPDX-License-Identifier: GPL-2.0-or-later
"""One am-ready mail as a patch: message, notes and diff told apart as ``git am`` does."""

import re
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parsedate_to_datetime

from reviewtool.archive.hunks import diff_extent
from reviewtool.archive.mail import Mail, decode_text, decode_words, iso_date
from reviewtool.archive.subject import parse_subject
from reviewtool.archive.trailers import posted_trailers
from reviewtool.archive.types import Patch

_IN_BODY_FROM = re.compile(r"From: (.*@.*)\n")
_SIGNED_OFF = re.compile(r"^Signed-off-by: ", re.MULTILINE)
_MAIL = re.compile(r"^(?:From |From: |Subject: |-- $)", re.MULTILINE)
_CUT = re.compile(r"^---[ \t]*$", re.MULTILINE)


def read_patch(mail: bytes) -> tuple[Patch, str]:
    """The patch in ``mail``, and what is wrong with its diff ("" if nothing)."""
    message = BytesParser(policy=compat32).parsebytes(mail)
    headers = {name.lower(): decode_words(str(value)) for name, value in message.raw_items()}
    payload = message.get_payload(decode=True)
    charset = message.get_content_charset("utf-8") or "utf-8"
    text = decode_text(payload, charset)[0] if isinstance(payload, bytes) else ""
    subject = parse_subject(headers.get("subject", ""))
    words, notes, diff, damage = split_patch(text)
    return (
        Patch(
            index=subject.index,
            total=subject.total,
            subject=subject.title,
            message_id=headers.get("message-id", "").strip().strip("<>"),
            author=" ".join(headers.get("from", "").split()),
            date=_date(headers.get("date", "")),
            message=words,
            diff=diff,
            trailers=posted_trailers(words),
            mail=mail,
            notes=notes,
        ),
        damage,
    )


def sketch_patch(mail: Mail) -> Patch:
    """The patch in a raw mail, without b4: to compare it with others, not to apply it."""
    words, notes, diff, _ = split_patch(mail.body)
    inside = _IN_BODY_FROM.match(words)
    return Patch(
        index=mail.subject.index,
        total=mail.subject.total,
        subject=mail.subject.title,
        message_id=mail.message_id,
        author=inside.group(1).strip() if inside else mail.author,
        date=mail.date,
        message=words,
        diff=diff,
        trailers=(),
        mail=b"",
        notes=notes,
    )


def split_patch(text: str) -> tuple[str, str, str, str]:
    """Mail text as (commit message, notes below ``---``, diff, what is wrong with the diff)."""
    start = _past_message_diff(text)
    extent = diff_extent(text[start:])
    head = text[: start + extent.start] if extent else text
    diff = text[start + extent.start : start + extent.end] if extent else ""
    if diff and not diff.endswith("\n"):
        diff += "\n"
    cut = _CUT.search(head, start)
    words, notes = (head[: cut.start()], head[cut.end() :]) if cut else (head, "")
    damage = extent.damage if extent else "no diff"
    if start and not damage:
        damage = "its message holds a diff, which git am takes for the patch"
    return words.strip() + "\n", notes.strip("\n"), diff, damage


def _past_message_diff(text: str) -> int:
    """Where to look for the patch: past a diff the commit message shows, which has the message's
    sign-off, its ``---`` and the patch itself below it."""
    extent = diff_extent(text)
    if extent is None:
        return 0
    below = text[extent.end :]
    cut = _CUT.search(below)
    if (
        not cut
        or not _SIGNED_OFF.search(below[: cut.start()])
        or _MAIL.search(below[: cut.start()])
    ):
        return 0
    return extent.end if diff_extent(below[cut.end() :]) else 0


def _date(value: str) -> str:
    try:
        return iso_date(parsedate_to_datetime(value.strip()))
    except (ValueError, TypeError, OverflowError, IndexError):
        return ""
