# SPDX-License-Identifier: GPL-2.0-or-later
"""What a page holds, in the words of the vocabulary, and pages that hold one value."""

import mmap

from refmodel.guest import syscalls
from refmodel.guest.abi import PAGE_SIZE
from refmodel.guest.threads import address_of, anonymous

_FIRST, _LAST = ord("A"), ord("Z")
_PART = 512


def describe(content: bytes) -> str:
    """``A``, ``zero``, ``mixed`` (a value in a part of it) or ``stale`` (bytes nobody wrote)."""
    first = content[0]
    if content.count(first) == len(content):
        if first == 0:
            return "zero"
        return chr(first) if _FIRST <= first <= _LAST else "stale"
    parts = (content[at : at + _PART] for at in range(0, len(content), _PART))
    return "mixed" if any(_all_one_value(part) for part in parts) else "stale"


def _all_one_value(part: bytes) -> bool:
    """Whether this is of a value that was written, not a letter somewhere in what lay there."""
    return _FIRST <= part[0] <= _LAST and part.count(part[0]) == len(part)


class Sources:
    """A page of every value, to copy from: private memory no userfaultfd watches."""

    def __init__(self) -> None:
        self._memory: dict[str, mmap.mmap] = {}
        self._addresses: dict[str, int] = {}
        self._torn: dict[str, mmap.mmap] = {}

    def page(self, value: str) -> mmap.mmap:
        """The page filled with ``value``."""
        page = self._memory.get(value)
        if page is None:
            page = self._memory[value] = anonymous(PAGE_SIZE)
            page[:] = value.encode() * PAGE_SIZE
            self._addresses[value] = address_of(page)
        return page

    def address(self, value: str) -> int:
        """Where the page filled with ``value`` lies."""
        self.page(value)
        return self._addresses[value]

    def torn(self, value: str) -> int:
        """The start of a page of which half is filled with ``value``, the rest cannot be read."""
        memory = self._torn.get(value)
        if memory is None:
            memory = self._torn[value] = anonymous(2 * PAGE_SIZE)
            memory[:PAGE_SIZE] = value.encode() * PAGE_SIZE
            syscalls.forbid(address_of(memory) + PAGE_SIZE, PAGE_SIZE)
        return address_of(memory) + PAGE_SIZE // 2
