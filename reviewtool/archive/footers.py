# SPDX-License-Identifier: GPL-2.0-or-later
"""What a series says of itself at its foot: base, prerequisites, change-id, diffstat.

b4 reads base-commit alone; the footers here are those ``git format-patch --base`` and ``b4 prep``
write (git-format-patch(1), "BASE TREE INFORMATION"; b4's documentation of ``prep``).
"""

import re
from dataclasses import dataclass

_BASE = re.compile(r"^[ \t]*base-commit:[ \t]*([0-9a-f]{7,64})\b", re.MULTILINE | re.IGNORECASE)
_CHANGE_ID = re.compile(r"^[ \t]*change-id:[ \t]*(\S+)", re.MULTILINE | re.IGNORECASE)
_PREREQUISITE = re.compile(
    r"^[ \t]*prerequisite-(patch-id|message-id|change-id|base-commit):[ \t]*(\S.*?)[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_DIFFSTAT = re.compile(
    r"^ (\d+) files? changed(?:, (\d+) insertions?\(\+\))?(?:, (\d+) deletions?\(-\))?[ \t]*$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Footers:
    """``prerequisites`` are ``kind: value`` in the order given, e.g. ``message-id: x@y``."""

    base: str | None
    change_id: str | None
    prerequisites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diffstat:
    """The totals a series states of itself."""

    files: int
    insertions: int
    deletions: int

    def __str__(self) -> str:
        return f"{self.files} files, +{self.insertions} -{self.deletions}"


def read_footers(*texts: str) -> Footers:
    """The footers of a cover letter or, where it has none, of the patches; the first one counts."""
    bases = [value for text in texts for value in _BASE.findall(text)]
    changes = [value for text in texts for value in _CHANGE_ID.findall(text)]
    wanted = [
        f"{kind.lower()}: {value.strip('<>')}"
        for text in texts
        for kind, value in _PREREQUISITE.findall(text)
    ]
    return Footers(
        base=bases[0].lower() if bases else None,
        change_id=changes[0] if changes else None,
        prerequisites=tuple(dict.fromkeys(wanted)),
    )


def read_diffstat(text: str) -> Diffstat | None:
    """The diffstat totals of ``text``, None if it has none."""
    match = _DIFFSTAT.search(text)
    if not match:
        return None
    files, added, gone = (int(number or 0) for number in match.groups())
    return Diffstat(files, added, gone)
