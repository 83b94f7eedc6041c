# SPDX-License-Identifier: GPL-2.0-or-later
"""A reply ready for a mailer: headers, the quoted lines, room for words, the witness."""

import re
from collections.abc import Sequence
from email.parser import BytesHeaderParser
from pathlib import Path

from reviewtool.archive.raw import read_raw
from reviewtool.archive.store import data_root, is_thread, thread_mails
from reviewtool.cache import write_atomic
from reviewtool.review.session import Session, revision

_MOST = 24  # lines of a hunk that are quoted
_LEFT_OUT = "[...]"


def draft(
    session: Session,
    name: str,
    message_id: str,
    said: tuple[str, str, str],
    quoted: Sequence[str],
    below: Sequence[str] = (),
) -> str:
    """The reply to the mail ``message_id`` of revision ``name``, as ``mutt -H`` takes it.

    ``said`` is who wrote it, when, under what subject; ``below`` stands under the quoted lines.
    """
    author, date, subject = said
    to, others = _recipients(session, name, message_id)
    title = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    lines = [f"To: {to or author}"]
    lines += [f"Cc: {', '.join(others)}"] if others else []
    lines += [f"Subject: {title}", f"In-Reply-To: <{message_id}>", f"References: <{message_id}>"]
    lines += ["", f"On {date[:10]}, {author.partition(' <')[0]} wrote:"]
    shown = [*quoted[:_MOST], _LEFT_OUT] if len(quoted) > _MOST else list(quoted)
    lines += [each if each == _LEFT_OUT else f"> {each}".rstrip() for each in shown]
    return "\n".join([*lines, "", *below]).rstrip() + "\n\n"


def keep(name: str, number: str, text: str) -> Path:
    """Write a draft where a mailer finds it."""
    word = re.sub(r"[^\w.-]+", "-", f"{name}-{number}").strip("-.")
    path = data_root() / "drafts" / f"{word}.eml"
    write_atomic(path, text.encode("utf-8", "surrogateescape"))
    return path


def _recipients(session: Session, name: str, message_id: str) -> tuple[str, tuple[str, ...]]:
    """Whom a reply to all goes to: the sender, and everybody the mail was sent to."""
    for item in revision(session, name).mail:
        mails = (
            thread_mails(item) if is_thread(item) else read_raw(session.study.path.parent / item)
        )
        for raw in mails:
            headers = BytesHeaderParser().parsebytes(raw)
            if str(headers.get("Message-ID", "")).strip("<> \n") == message_id:
                to = str(headers.get("Reply-To") or headers.get("From") or "")
                every = [*headers.get_all("To", []), *headers.get_all("Cc", [])]
                return _one_line(to), tuple(_one_line(str(each)) for each in every)
    return "", ()


def _one_line(header: str) -> str:
    return " ".join(header.split())
