# SPDX-License-Identifier: GPL-2.0-or-later
"""Trailers: those a patch was posted with, and those people gave it in the thread.

A reply gives a trailer when its author writes it under their own name, unquoted, and not inside a
patch they pasted. b4 0.16 does not look for the last: pasted patches lend their Signed-off-by to
the patch that was answered.
"""

import re
from email.utils import parseaddr

from reviewtool.archive.hunks import diff_extent
from reviewtool.archive.types import Trailer

_TRAILER = re.compile(r"^\s{0,8}([A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]):[ \t]+(\S.*?)\s*$")
_TAG = re.compile(r"^(?:[A-Za-z]+-)+by$", re.IGNORECASE)
_CONTINUED = re.compile(r"^(?:\s+\S|\[.*\]\s*$|<[^<>]+>\s*$)")
_QUOTED = re.compile(r"^\s{0,3}[>|]")
_MAIL_START = re.compile(r"^(?:From [0-9a-f]{12,} |From: .*@|Subject: |[-=]+ ?(?:8<|>8))")
_MAIL_HEADER = re.compile(r"^[A-Z][A-Za-z-]*: ")
_SIGNATURE = re.compile(r"\n-- ?\n")
_BOT = re.compile(r"\b(?:lkp@intel\.com|bot@|robot|syzbot|patchwork)", re.IGNORECASE)
_ADVICE = re.compile(r"\badd\s+(?:the\s+)?following\s+tags?\b", re.IGNORECASE)
_COMMENT = re.compile(r"\s+#.*$")


def posted_trailers(message: str) -> tuple[Trailer, ...]:
    """The trailers at the end of a commit message: its last paragraphs that hold nothing else."""
    found: list[Trailer] = []
    for paragraph in reversed(re.split(r"\n\s*\n", message.strip())):
        lines = _rejoined(paragraph.split("\n"))
        block = [match for line in lines if (match := _TRAILER.match(line))]
        prose = [line for line in lines if not _TRAILER.match(line) and not _CONTINUED.match(line)]
        tagged = any(_TAG.match(match.group(1)) for match in block)
        if not block or (prose and not (tagged and len(block) > len(prose))):
            break
        found = [Trailer(match.group(1), match.group(2)) for match in block] + found
    return tuple(found)


def given_trailers(author: str, body: str, message_id: str) -> tuple[Trailer, ...]:
    """The ``…-by:`` trailers the mail ``body`` of ``author`` gives, in order.

    Only a person's own: name or address must be the sender's (Documentation/process/
    submitting-patches.rst: a tag is given by the person it names). What a robot says to add if
    its finding is mended is for the next posting, and none of this one.
    """
    given: dict[tuple[str, str], Trailer] = {}
    words = own_words(body)
    if is_robot(author) and (advice := _ADVICE.search(words)):
        words = words[: advice.start()]
    for line in _rejoined(words.split("\n")):
        match = _TRAILER.match(line)
        if match and _TAG.match(match.group(1)):
            name, value = match.group(1), _COMMENT.sub("", match.group(2))
            if same_person(author, value):
                given.setdefault((name.lower(), value.lower()), Trailer(name, value, message_id))
    return tuple(given.values())


def is_robot(author: str) -> bool:
    """Whether the sender is one of the robots that answer patches."""
    return bool(_BOT.search(author))


def same_person(one: str, other: str) -> bool:
    """Whether two ``Name <address>`` are one person: same address, or same name."""
    (name_a, address_a), (name_b, address_b) = parseaddr(one), parseaddr(other)
    if address_a and _plain_address(address_a) == _plain_address(address_b):
        return True
    return bool(name_a) and _plain_name(name_a) == _plain_name(name_b)


def own_words(body: str) -> str:
    """``body`` without quotes, signature, and every patch pasted into it with its message."""
    kept = "\n".join("" if _QUOTED.match(line) else line for line in body.split("\n"))
    while extent := diff_extent(kept):
        kept = kept[: _message_start(kept[: extent.start])] + "\n" + kept[extent.end :].lstrip("\n")
    return _SIGNATURE.split(kept)[0]


def _message_start(before: str) -> int:
    """Where the commit message of a diff that follows ``before`` begins.

    At the nearest mail header or scissors line above it; without one, if a ``---`` separates
    message and diff, everything above belongs to it, for no rule tells prose from a message.
    """
    lines = before.split("\n")
    marks = [number for number, line in enumerate(lines) if _MAIL_START.match(line)]
    if marks:
        first = marks[-1]
        while first and (
            _MAIL_START.match(lines[first - 1]) or _MAIL_HEADER.match(lines[first - 1])
        ):
            first -= 1
        return len("\n".join(lines[:first]))
    return 0 if any(line.rstrip() == "---" for line in lines) else len(before)


def _rejoined(lines: list[str]) -> list[str]:
    """Lines with a trailer that a mailer wrapped before its address put together again."""
    joined: list[str] = []
    for line in lines:
        wrapped = joined and re.match(r"^\s*<[^<>\s]+@[^<>\s]+>\s*$", line)
        if wrapped and _TRAILER.match(joined[-1]) and "<" not in joined[-1]:
            joined[-1] = f"{joined[-1].rstrip()} {line.strip()}"
        else:
            joined.append(line)
    return joined


def _plain_address(address: str) -> str:
    """Case and ``+tag`` of an address do not make another person."""
    local, _, domain = address.lower().partition("@")
    return f"{local.partition('+')[0]}@{domain}"


def person(author: str) -> str:
    """``"Last, First (ACME)" <address>`` as people call the sender: by name, else by address."""
    name, address = parseaddr(author)
    return spoken_name(name) or address or author


def spoken_name(name: str) -> str:
    """``Last, First`` (as some mail servers write it) as ``First Last``."""
    name = re.sub(r"\([^)]*\)", "", name).strip()
    if name.count(",") == 1:
        name = " ".join(reversed([part.strip() for part in name.split(",")]))
    return name


def _plain_name(name: str) -> str:
    return " ".join(spoken_name(name).lower().replace(".", " ").split())
