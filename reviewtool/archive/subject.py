# SPDX-License-Identifier: GPL-2.0-or-later
"""What a subject line says of its mail: ``[RFC PATCH v2 3/5] mm: do a thing``."""

import re
from dataclasses import dataclass

_REPLY = re.compile(r"^\s*(?:(?:re|aw|sv|antw|fwd?)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_BRACKET = re.compile(r"^\s*\[([^\[\]]*)\]\s*")
_COUNTER = re.compile(r"^(\d{1,4})/(\d{1,4})$")
_VERSION = re.compile(r"^v(\d{1,3})(?:\.(\d{1,3}))?$", re.IGNORECASE)
_GLUED = re.compile(r"^(rfc|patch|resend)[-_]?(v\d+(?:\.\d+)?)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject taken apart.

    ``words`` are the words in brackets that are none of PATCH, RFC, RESEND, a version or a counter
    (``bpf-next``, ``6.1.y``), lower case. ``index`` and ``total`` are 1 where no counter is given;
    ``minor`` is the 1 of ``v2.1``, 0 otherwise.
    """

    title: str
    reply: bool = False
    patch: bool = False
    rfc: bool = False
    resend: bool = False
    version: int = 1
    minor: int = 0
    index: int = 1
    total: int = 1
    counted: bool = False
    versioned: bool = False
    words: tuple[str, ...] = ()


def parse_subject(text: str) -> Subject:
    """Take ``text`` apart by the conventions of Documentation/process/submitting-patches.rst."""
    rest = " ".join(text.split())
    unreplied = _REPLY.sub("", rest)
    reply = unreplied != rest
    rest = _flatten(unreplied)
    patch = rfc = resend = counted = versioned = False
    version, minor, index, total = 1, 0, 1, 1
    words: list[str] = []
    while bracket := _BRACKET.match(rest):
        for word in _words(bracket.group(1)):
            low = word.lower()
            if counter := _COUNTER.match(word):
                index, total, counted = int(counter.group(1)), int(counter.group(2)), True
            elif number := _VERSION.match(word):
                version, minor, versioned = int(number.group(1)), int(number.group(2) or 0), True
            elif low.startswith("rfc"):
                rfc = True
            elif low.startswith("resend"):
                resend = True
            elif low.startswith("patch"):
                patch = True
            else:
                words.append(low)
        rest = rest[bracket.end() :]
    return Subject(
        title=rest.strip(),
        reply=reply,
        patch=patch,
        rfc=rfc,
        resend=resend,
        version=version,
        minor=minor,
        index=index,
        total=total,
        counted=counted,
        versioned=versioned,
        words=tuple(words),
    )


def _flatten(text: str) -> str:
    """``[[PATCH] 1/2] x`` as ``[PATCH 1/2] x``: nested brackets carry no meaning of their own."""
    for _ in range(8):  # deeper nesting is nobody's honest subject
        flat = re.sub(r"^\[([^\[\]]*)\[([^\[\]]*)\]([^\[\]]*)\]", r"[\1\2\3]", text)
        if flat == text:
            break
        text = flat
    return text


def _words(bracketed: str) -> list[str]:
    found: list[str] = []
    for chunk in re.split(r"[\s,;:]+", bracketed.strip()):
        glued = _GLUED.match(chunk)
        found.extend(glued.groups() if glued else [chunk] if chunk else [])
    return found
