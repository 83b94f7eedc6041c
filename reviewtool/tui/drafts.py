# SPDX-License-Identifier: GPL-2.0-or-later
"""A reply ready for a mailer: headers, the quoted lines, room for words, the witness."""

import re
from collections.abc import Sequence
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import formataddr, getaddresses, parseaddr
from pathlib import Path

from reviewtool.archive.raw import read_raw
from reviewtool.archive.store import data_root, is_thread, thread_mails
from reviewtool.cache import write_atomic
from reviewtool.review.session import Session, revision
from reviewtool.text import name_of

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
    mail = _headers(session, name, message_id)
    title = _one_line(str(mail.get("Subject") or subject))
    title = title if title.lower().startswith("re:") else f"Re: {title}"
    to = _one_line(str(mail.get("Reply-To") or mail.get("From") or author))
    others = _others(mail, to)
    known = _one_line(str(mail.get("References") or mail.get("In-Reply-To") or ""))
    lines = [f"To: {to}"]
    lines += [f"Cc: {', '.join(others)}"] if others else []
    lines += [f"Subject: {title}", f"In-Reply-To: <{message_id}>"]
    lines.append(f"References: {known} <{message_id}>".replace(":  ", ": "))
    who = name_of(author)
    lines += ["", f"On {date[:10]}, {who} wrote:"]
    shown = [*quoted[:_MOST], _LEFT_OUT] if len(quoted) > _MOST else list(quoted)
    lines += [each if each == _LEFT_OUT else f"> {each}".rstrip() for each in shown]
    return "\n".join([*lines, "", *below]).rstrip() + "\n\n"


def keep(name: str, number: str, text: str) -> Path:
    """Write a draft where a mailer finds it."""
    word = re.sub(r"[^\w.-]+", "-", f"{name}-{number}").strip("-.")
    path = data_root() / "drafts" / f"{word}.eml"
    write_atomic(path, text.encode("utf-8", "surrogateescape"))
    return path


def _headers(session: Session, name: str, message_id: str) -> Message:
    """The headers of the mail as it was sent: its subject has its prefix, and all are named."""
    for item in revision(session, name).mail:
        mails = (
            thread_mails(item) if is_thread(item) else read_raw(session.study.path.parent / item)
        )
        for raw in mails:
            headers = BytesHeaderParser().parsebytes(raw)
            if str(headers.get("Message-ID", "")).strip("<> \n") == message_id:
                return headers
    return Message()


def _others(mail: Message, to: str) -> tuple[str, ...]:
    """Everybody else a reply to all goes to, each once."""
    known = {parseaddr(to)[1].lower()}
    others = []
    headers = map(str, (*mail.get_all("To", []), *mail.get_all("Cc", [])))
    for who, address in getaddresses([_one_line(each) for each in headers]):
        if address and address.lower() not in known:
            known.add(address.lower())
            others.append(formataddr((who, address)))
    return tuple(others)


def _one_line(header: str) -> str:
    return " ".join(header.split())
