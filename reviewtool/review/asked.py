# SPDX-License-Identifier: GPL-2.0-or-later
"""What reviewers asked of a revision, and whether the quoted code changed in another.

A heuristic, and shown as one: a request is told by its words, its fulfilment by the quoted lines
being gone.
"""

import re
from dataclasses import dataclass
from typing import Literal

from reviewtool.archive.remarks import Remark, remarks_of
from reviewtool.archive.types import Revision

Outcome = Literal["done", "not done", "cannot tell"]

_ASKS = re.compile(
    r"\?|\b(?:should|please|could you|can you|can we|could we|have to|has to|needs? to|must|"
    r"rename|drop|remove|instead|how about|would it|would be (?:good|nice|better)|I'd|prefer|"
    r"missing|clash\w*|typo|nit|wrong|bug|broken|leak\w*|race|unlock|fix|not sure|why)\b|\bs/\w+/",
    re.IGNORECASE,
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
        words = _first_words(remark.answer)
        if remark.by_author or not _ASKS.search(remark.answer):
            continue
        found.append(Asked(remark, words, _OUTCOMES[remark.state]))
    return tuple(found)


def _first_words(answer: str) -> str:
    """The paragraph of the answer in which something is asked, on one line."""
    paragraphs = re.split(r"\n\s*\n", answer.strip())
    asking = next((one for one in paragraphs if _ASKS.search(one)), paragraphs[0])
    return " ".join(asking.split())
