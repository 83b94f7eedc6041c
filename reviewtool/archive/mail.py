# SPDX-License-Identifier: GPL-2.0-or-later
"""One raw mail as the fields the rest of the archive reads; nothing here can fail on bad mail."""

import base64
import quopri
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parseaddr, parsedate_to_datetime

from reviewtool import cache
from reviewtool.archive.flowed import unflow
from reviewtool.archive.subject import Subject, parse_subject

_ENCODED = re.compile(r"=\?([^?\s]+)\?([bqBQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)\s+(=\?)")
_MESSAGE_ID = re.compile(r"<([^<>\s]+)>")
_PATCH_TYPES = {"text/x-patch", "text/x-diff", "text/x-csrc", "application/x-patch"}
_SYNTHETIC = "no-message-id.invalid"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail read once.

    ``key`` is the SHA-256 of ``raw``. ``body`` is decoded text with LF line ends. ``parents`` are
    the ids it answers, nearest first. ``flaws`` says what had to be put right to read it.
    """

    key: str
    raw: bytes
    message_id: str
    parents: tuple[str, ...]
    subject: Subject
    subject_line: str
    author: str
    date: str
    body: str
    flowed: bool
    flaws: tuple[str, ...]

    @property
    def address(self) -> str:
        """The sender's address, lower case: by this, not by the name, senders are compared."""
        return parseaddr(self.author)[1].lower()


def parse_mail(raw: bytes) -> Mail:
    """Read ``raw`` (one RFC 5322 mail, no mbox ``From`` line).

    A mail without Message-ID gets one made of its content, so that it can be cited and found again.
    """
    flaws: list[str] = []
    text = unix_lines(raw)
    message = BytesParser(policy=compat32).parsebytes(text)
    headers = _headers(message)
    key = cache.digest(raw)
    ids = (
        _MESSAGE_ID.findall(headers.get("message-id", "")) or headers.get("message-id", "").split()
    )
    if not ids:
        flaws.append("no Message-ID")
    subject_line = " ".join(decode_words(headers.get("subject", "")).split())
    body, flowed = _body(message, flaws)
    return Mail(
        key=key,
        raw=raw,
        message_id=ids[0].strip("<>") if ids else f"{key[:32]}@{_SYNTHETIC}",
        parents=_parents(headers),
        subject=parse_subject(subject_line),
        subject_line=subject_line,
        author=" ".join(decode_words(headers.get("from", "")).split()),
        date=_date(headers, flaws),
        body=body,
        flowed=flowed,
        flaws=tuple(flaws),
    )


def unix_lines(raw: bytes) -> bytes:
    """``raw`` with LF line ends if CRLF came with the transport (the header has it too).

    A carriage return inside a mail whose header has none belongs to the patch and stays.
    """
    first = raw.find(b"\n")
    return raw.replace(b"\r\n", b"\n") if first > 0 and raw[first - 1 : first] == b"\r" else raw


def synthetic(message_id: str) -> bool:
    """Whether the id was made here because the mail had none."""
    return message_id.endswith("@" + _SYNTHETIC)


def decode_words(value: str) -> str:
    """RFC 2047 words and raw 8-bit bytes of a header value as text; what cannot be read stays."""

    def word(match: re.Match[str]) -> str:
        charset, kind, text = match.groups()
        try:
            if kind in "bB":
                data = base64.b64decode(text + "=" * (-len(text) % 4))
            else:
                data = quopri.decodestring(text.encode("ascii", "replace"), header=True)
        except ValueError:
            return match.group()
        return decode_text(data, charset.partition("*")[0])[0]

    value = re.sub(r"\r?\n(?=[ \t])", "", value)
    value = (
        decode_text(value.encode("ascii", "surrogateescape"), "utf-8")[0] if _raw8(value) else value
    )
    return _ENCODED.sub(word, _BETWEEN.sub(r"\1\2", value))


def decode_text(data: bytes, charset: str) -> tuple[str, bool]:
    """``data`` as text by ``charset``, else as UTF-8, else with surrogate escapes.

    The second value is false if the declared charset was unknown or wrong.
    """
    try:
        return data.decode(charset), True
    except (LookupError, UnicodeDecodeError, ValueError):
        return data.decode("utf-8", "surrogateescape"), False


def iso_date(moment: datetime) -> str:
    """``moment`` in UTC as ``2025-11-30T11:18:12Z``; without a zone it is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _raw8(value: str) -> bool:
    return any("\udc80" <= char <= "\udcff" for char in value)


def _headers(message: Message) -> dict[str, str]:
    """The first value of each header; raw_items alone yields 8-bit bytes undamaged."""
    found: dict[str, str] = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower(), str(value))
    return found


def _parents(headers: dict[str, str]) -> tuple[str, ...]:
    answered = _MESSAGE_ID.findall(headers.get("in-reply-to", ""))
    references = _MESSAGE_ID.findall(headers.get("references", ""))
    # The nearest and the root tell all; a hostile mail may list every id there is.
    return tuple(dict.fromkeys([*answered[:1], *references[-32:][::-1], *references[:1]]))


def _date(headers: dict[str, str], flaws: list[str]) -> str:
    received = headers.get("received", "").rpartition(";")[2]
    for value in (headers.get("date", ""), received):
        try:
            return iso_date(parsedate_to_datetime(value.strip()))
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    flaws.append("no readable Date")
    return ""


def _body(message: Message, flaws: list[str]) -> tuple[str, bool]:
    """The text of the mail: its first plain text, then every patch attached to it."""
    texts: list[str] = []
    flowed = False
    for part in message.walk():
        kind = part.get_content_type()
        if part.is_multipart() or (kind != "text/plain" and kind not in _PATCH_TYPES):
            continue
        attached = part.get_content_disposition() == "attachment"
        if texts and kind == "text/plain" and not attached:
            continue
        text = _decoded(part, flaws)
        if str(part.get_param("format", "")).lower() == "flowed":
            flowed = True
            text = unflow(text, delsp=str(part.get_param("delsp", "")).lower() == "yes")
        texts.append(text)
    if not texts and not message.is_multipart() and message.get_content_maintype() != "text":
        flaws.append(f"no text part ({message.get_content_type()})")
    elif not texts:
        texts = [_decoded(part, flaws) for part in message.walk() if not part.is_multipart()][:1]
    return "\n".join(texts), flowed


def _decoded(part: Message, flaws: list[str]) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        flaws.append("unreadable transfer encoding")
        return ""
    charset = str(part.get_content_charset("") or "")
    text, known = decode_text(data, charset or "ascii")
    if not known and charset:
        flaws.append(f"not in the charset it names ({charset})")
    elif not known:
        flaws.append("names no charset")
    return text.replace("\r\n", "\n")
