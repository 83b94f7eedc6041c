# SPDX-License-Identifier: GPL-2.0-or-later
"""Guest memory the kernel never gives back: found after each sequence, and the step it is lost at.

A folio of guest_memfd counts as unevictable from the first munmap() on until it is freed, and
nothing else in the guest is unevictable. So once a sequence's files are closed, the kernel's own
count of such pages is back to what it was, to the page, or a reference was leaked.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from refmodel.guest import syscalls
from refmodel.guest.driver import Driver
from refmodel.vocabulary import Input

_COUNTER = b"\nnr_unevictable "
_SIZE = 1 << 14
_TRACED = 16
"""Leaks traced to their step in one run: each costs as many sequences as it has steps, and what
these leak in turn."""
_TOO_MUCH = 2048
_UNEVICTABLE = 1 << 18  # KPF_UNEVICTABLE
_FLAGS = 1 << 24
_FRAME = re.compile(r"^ +(([\w.]+)\+0x.*)", re.MULTILINE)
# How a page of any file is allocated, and that remembered.
_ALLOCATORS = re.compile(
    r"(__)?(save_stack|stack_trace_save|set_page_owner|post_alloc_hook|get_page_from_freelist|"
    r"alloc_pages|alloc_frozen_pages|folio_alloc|filemap_alloc_folio|filemap_get_folio)"
)


@dataclass(frozen=True, slots=True)
class Leak:
    """``pages`` were not freed. ``step`` counts from 0; None if no step could be told.

    ``allocated`` is the call trace of one page's allocation, innermost function first, less what
    every page of a file has; empty where the kernel keeps none (``page_owner=on``).
    """

    pages: int
    step: int | None
    allocated: tuple[str, ...] = ()


def _stopped(inputs: Sequence[Input]) -> bool:
    """Whether a write() is left stopped half way, which nothing can be closed around."""
    ops = [each.op for each in inputs]
    return "pwrite-stop" in ops and "go-on" not in ops[ops.index("pwrite-stop") :]


class LeakWatch:
    """Compares the count after every sequence with that before it."""

    def __init__(self) -> None:
        self._file = os.open("/proc/vmstat", os.O_RDONLY | os.O_CLOEXEC)
        self._held = self._first = self._count()
        self._pages = 0
        self._traced = 0
        self._told: set[int] = set()
        self._owners = _page_owners()

    def look(self, driver: Driver, inputs: Sequence[Input]) -> Leak | None:
        """After ``inputs`` were run and all of theirs was closed: what was not given back.

        To tell the step, runs the sequence's beginnings once more, the shortest first.
        """
        if not self.lost():
            return None
        pages = self._pages
        allocated = self._allocation() if self._owners >= 0 else ()
        if self._traced == _TRACED:
            return Leak(pages, None, allocated)
        self._traced += 1
        step = self._culprit(driver, inputs)
        if self._owners >= 0:
            self._told = _unevictable()
        return Leak(pages, step, allocated)

    def lost(self) -> bool:
        """Whether pages were not given back since the last look."""
        self._pages = self._grown()
        return self._pages > 0

    @property
    def full(self) -> bool:
        """Whether so much is lost that another guest had better go on."""
        return self._held > self._first + _TOO_MUCH

    def _culprit(self, driver: Driver, inputs: Sequence[Input]) -> int | None:
        """The last step of the shortest beginning that leaks when it is run by itself."""
        for length in range(1, len(inputs) + 1):
            if _stopped(inputs[:length]):
                continue
            driver.fresh()
            for request in inputs[:length]:
                driver.step(request)
            driver.close()
            if self._grown() > 0:
                return length - 1
        return None

    def _grown(self) -> int:
        before, self._held = self._held, self._count()
        return self._held - before

    def _count(self) -> int:
        text = os.pread(self._file, _SIZE, 0)
        start = text.index(_COUNTER) + len(_COUNTER)
        return int(text[start : text.index(b"\n", start)])

    def _allocation(self) -> tuple[str, ...]:
        """The call trace that allocated one of the pages just found leaked."""
        pages, told = _unevictable(), self._told
        self._told = pages
        if not pages - told:
            return ()
        # The file's offset is the number of the first page to tell about.
        record = os.pread(self._owners, _SIZE, min(pages - told)).decode("ascii", "replace")
        return tuple(frame for frame, name in _FRAME.findall(record) if not _ALLOCATORS.match(name))


def _unevictable() -> set[int]:
    """The numbers of all pages the kernel counts as unevictable."""
    file = os.open("/proc/kpageflags", os.O_RDONLY | os.O_CLOEXEC)
    try:
        flags = memoryview(os.pread(file, _FLAGS, 0)).cast("Q")
    finally:
        os.close(file)
    return {number for number, word in enumerate(flags) if word & _UNEVICTABLE}


def _page_owners() -> int:
    """A descriptor of the kernel's list of page owners; -1 where it keeps none."""
    folder = f"{os.getcwd()}/debugfs"  # noqa: PTH109 - pathlib costs the guest 10 ms
    os.mkdir(folder)  # noqa: PTH102 - as above
    try:
        syscalls.mount("debugfs", folder)
        return os.open(f"{folder}/page_owner", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # not in this kernel: that a page leaks can be told all the same
        return -1
