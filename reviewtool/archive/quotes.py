# SPDX-License-Identifier: GPL-2.0-or-later
"""A reply taken apart: what it quotes, and what its author says to it."""

import re
from dataclasses import dataclass

_MARK = re.compile(r"^[ ]{0,2}((?:[>|][ ]?)+)")
_WROTE = re.compile(
    r"\b(?:wrote|writes|said|schrieb|écrit)[ \t]*:?[ \t]*$|^\* .*<\S+@\S+> \[[\d: ]+\]:$",
    re.IGNORECASE,
)
_ATTRIBUTED = re.compile(r"^\s*(?:On |Am |Le |\* |.*<[^<>\s]+@[^<>\s]+>).*$")
_GREETING = re.compile(
    r"^\s*(?:hi|hello|hey|dear|thanks|thank you|thx|regards|best|best regards|kind regards|"
    r"cheers|sincerely|br|yours)\b[\w ,.!@-]{0,40}$",
    re.IGNORECASE,
)
_TAG_LINE = re.compile(r"^\s*[A-Z][A-Za-z-]+-by: .*@")


@dataclass(frozen=True, slots=True)
class Exchange:
    """``quote`` are the quoted lines directly above ``answer``, their marks taken off.

    ``seen`` counts the quoted lines of the mail before this quote. An answer above every quote, or
    in a mail without any, has an empty quote.
    """

    quote: tuple[str, ...]
    answer: str
    seen: int


def exchanges(body: str) -> tuple[Exchange, ...]:
    """The quotes of a reply with the answers given to them; a quote nobody answers is left out."""
    found: list[Exchange] = []
    quote: list[str] = []
    answer: list[str] = []
    quoted = 0

    def close() -> None:
        text = _said(answer)
        if text:
            found.append(Exchange(tuple(quote), text, quoted - len(quote)))

    for line in _unsigned(body).split("\n"):
        mark = _MARK.match(line)
        if mark:
            if _said(answer) or not quote:
                close()
                quote, answer = [], []
            # blank lines between quoted lines are part of neither
            quote.append(line[mark.end(1) :])
            quoted += 1
            answer = []
        else:
            answer.append(line)
    close()
    return tuple(found)


def quoted_lines(body: str) -> tuple[str, ...]:
    """Every quoted line of a reply in order, whatever its depth, the marks taken off."""
    marks = ((line, _MARK.match(line)) for line in _unsigned(body).split("\n"))
    return tuple(line[mark.end(1) :] for line, mark in marks if mark)


def _unsigned(body: str) -> str:
    """``body`` up to its signature; the signature of a pasted or quoted patch does not end it."""
    lines = body.split("\n")
    for number in range(len(lines) - 1, -1, -1):
        if lines[number] in ("-- ", "--") and len(lines) - number < 12:
            rest = lines[number + 1 :]
            if not any(_MARK.match(line) or line.startswith("@@") for line in rest):
                return "\n".join(lines[:number])
    return body


def _said(lines: list[str]) -> str:
    """The answer in ``lines`` without attribution, greeting, closing words and tags."""
    kept = list(lines)
    for number, line in enumerate(kept):
        if _WROTE.search(line):
            first = number
            if first and not line.lstrip().startswith(("On ", "Am ", "Le ")):
                # An attribution a mailer wrapped: "On …, A. Very Long Name" / "<a@b> wrote:"
                first -= bool(_ATTRIBUTED.match(kept[first - 1]))
            kept[first : number + 1] = [""] * (number + 1 - first)
    text = [line for line in kept if not _TAG_LINE.match(line)]
    while text and (not text[-1].strip() or _GREETING.match(text[-1]) or _name_only(text)):
        text.pop()
    while text and (not text[0].strip() or _GREETING.match(text[0])):
        text.pop(0)
    return "\n".join(text).strip("\n")


def _name_only(text: list[str]) -> bool:
    """Whether the last line is a name below a closing word."""
    last = text[-1].strip()
    above = next((line for line in reversed(text[:-1]) if line.strip()), "")
    return len(last.split()) <= 2 and last.istitle() and bool(_GREETING.match(above))
