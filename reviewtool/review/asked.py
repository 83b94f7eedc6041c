# SPDX-License-Identifier: GPL-2.0-or-later
"""What reviewers asked of a revision, and whether the quoted code changed in another.

A heuristic, and shown as one: a request is told by its words, its fulfilment by the quoted lines
being gone. A paragraph asks if one of its clauses has a question mark behind words, or a word of
request ("should", "please", "drop"). A word that names a defect ("typo", "bug", "race") asks too,
but not in a clause of praise or assent ("nice fix", "same nit as David"). A mark without words, a
patch that is attached or pasted and the "?" of a link ask for nothing.
"""

import re
from dataclasses import dataclass
from typing import Literal

from reviewtool.archive.remarks import Remark, remarks_of
from reviewtool.archive.types import Revision

Outcome = Literal["done", "not done", "cannot tell"]

_SENTENCE = re.compile(r"(?<![.!?])[.!?]++[)\"'`*_:;,]*+(?=\s|$)")
_TERNARY = re.compile(r"\?[^?:]+:")
_LINK = re.compile(r"https?://\S+")
_REQUEST = re.compile(
    r"\b(?:should|please(?! (?:see|find)\b)|could you|can you|can we|could we|have to|has to|"
    r"needs? to|must|rename|drop|remove|instead|how about|would it|"
    r"would be (?:good|nice|better)|I'd|prefer|unlock|not sure|why)\b|\bs/\w+/",
    re.IGNORECASE,
)
_DEFECT = re.compile(
    r"\b(?:missing|clash\w*|typo|nit|wrong|bug|broken|leak\w*|race|fix)\b", re.IGNORECASE
)
_ASSENT = re.compile(
    r"\b(?:lgtm|looks? (?:\w+ )?(?:good|great|fine|ok|okay|correct)|same\b.{1,40}\bas|agreed?|"
    r"thanks?|thank you|thx|nice|great|good (?:catch|fix|point)|ack|acked|reviewed)\b|\+1",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.!;:](?=\s|$)|,\s|\b(?:but|except|apart from|with|although|though)\b")
_ATTACHED = re.compile(r"^From [0-9a-f]{12,64} \w{3} \w{3} +\d+ [\d:]{8} \d{4}$", re.MULTILINE)
_PASTED = re.compile(r"diff --git |--- \S+/\S")
_OF_A_DIFF = re.compile(
    r"$|[-+ @\\]|(?:diff|index|similarity|rename|copy|new file|deleted file|old mode|new mode) "
)
_OUTCOMES: dict[str, Outcome] = {
    "answered": "done",
    "standing": "not done",
    "unknown": "cannot tell",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the remark, its first words, and what became of the code it quotes."""

    remark: Remark
    words: str
    outcome: Outcome


def asked(a: Revision, b: Revision) -> tuple[Asked, ...]:
    """The requests made of ``a`` by others than its author, held against ``b``."""
    found = []
    for remark in remarks_of(a, b):
        words = "" if remark.by_author else request_in(remark.answer)
        if words:
            found.append(Asked(remark, words, _OUTCOMES[remark.state]))
    return tuple(found)


def request_in(answer: str) -> str:
    """The first paragraph of ``answer`` in which something is asked, on one line; else "".

    A question mark that stands alone belongs to what is said above it.
    """
    paragraphs: list[str] = []
    for one in re.split(r"\n\s*\n", _without_patches(answer).strip()):
        if paragraphs and not one.strip("? \t"):
            paragraphs[-1] += f"\n{one}"
        else:
            paragraphs.append(one)
    return next((" ".join(one.split()) for one in paragraphs if _asks(one)), "")


def _asks(paragraph: str) -> bool:
    text = _LINK.sub("", paragraph)
    if _REQUEST.search(text) or _is_question(text):
        return True
    clauses = _CLAUSE.split(" ".join(text.split()))
    return any(_DEFECT.search(one) and not _ASSENT.search(one) for one in clauses)


def _is_question(text: str) -> bool:
    """Whether a sentence with words ends in a question mark."""
    lines = (line for line in text.split("\n") if not _is_statement(line))
    text, start = "\n".join(lines), 0
    for end in _SENTENCE.finditer(text):
        if "?" in end[0] and any(map(str.isalpha, text[start : end.start()])):
            return True
        start = end.end()
    return False


def _is_statement(line: str) -> bool:
    """Whether a line is code with a conditional expression in it."""
    return line.rstrip().endswith(";") and bool(_TERNARY.search(line))


def _without_patches(answer: str) -> str:
    """What is said: no mail that git made of a commit, and no lines of a diff."""
    kept: list[str] = []
    inside = False
    for line in _ATTACHED.split(answer)[0].split("\n"):
        inside = bool(_PASTED.match(line) or (inside and _OF_A_DIFF.match(line)))
        kept.append("" if inside else line)
    return "\n".join(kept)
