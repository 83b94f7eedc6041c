# SPDX-License-Identifier: GPL-2.0-or-later
"""Where in a patch one is reading: the file, the line, the hunk."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True, slots=True)
class Place:
    """``line`` counts in the file after the patch; ``hunk`` are the lines of the diff there."""

    path: str
    line: int
    hunk: tuple[str, ...]


def place_at(lines: Sequence[str], at: int) -> Place | None:
    """The place that line ``at`` of a patch belongs to; None above the first hunk.

    ``lines`` may have remarks between them, which begin with blanks and a bar.
    """
    start = next((n for n in range(min(at, len(lines) - 1), -1, -1) if _HUNK.match(lines[n])), None)
    if start is None:
        start = next((n for n in range(at, len(lines)) if _HUNK.match(lines[n])), None)
    if start is None:
        return None
    heads = (n for n in range(start, -1, -1) if lines[n].startswith("+++ "))
    head = next(heads, None)
    found = _HUNK.match(lines[start])
    if head is None or found is None:
        return None
    path = lines[head][4:].strip().removeprefix("b/")
    number, hunk = int(found[1]), [lines[start]]
    for n in range(start + 1, len(lines)):
        each = lines[n]
        if each.startswith("  |"):
            continue
        if each[:1] not in ("+", "-", " ", "\\"):
            break
        hunk.append(each)
        if n < at and each[:1] in ("+", " "):
            number += 1
    return Place(path, number, tuple(hunk))
