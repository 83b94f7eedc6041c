# SPDX-License-Identifier: GPL-2.0-or-later
"""The small world a model runs in, and its state: immutable, hashable, complete.

A state between two inputs holds everything later inputs can depend on.  Nothing runs between
inputs: every thread is idle or waits in handle_userfault().
"""

from dataclasses import dataclass
from typing import NamedTuple

from refmodel.core import VM_UFFD_MINOR, VM_UFFD_MISSING

MODE_FLAGS = {
    "missing": VM_UFFD_MISSING,
    "minor": VM_UFFD_MINOR,
    "missing+minor": VM_UFFD_MISSING | VM_UFFD_MINOR,
}

MAPPED = "mapped"
POISON = "poison"
"""PTE_MARKER_POISONED, what UFFDIO_POISON installs."""

ZERO = "zero"
STALE = "stale"
"""Bytes nobody wrote: whatever the allocator handed out."""
MIXED = "mixed"
"""A page of which a copy in progress has filled a part."""


class Oops(Exception):  # noqa: N818 - the kernel's word for it
    """The kernel does something its memory does not survive."""


class Page(NamedTuple):
    """One page of the file and everything that maps it."""

    content: str = ""  # '' where the page cache has no folio, else zero, stale, or a value
    uptodate: bool = False
    pte: str = ""  # the registered mapping's entry: '' (none), mapped, or poison
    alias: bool = False  # whether the second, never registered mapping has it
    stage2: bool = False  # whether KVM's stage-2 maps it
    bit: bool = False  # its bit in the memslot's userfault bitmap
    secret: bool = False  # whether it was taken out of the kernel's direct map

    @property
    def present(self) -> bool:
        return self.content != ""


class Waiting(NamedTuple):
    """A thread asleep in handle_userfault(), and why."""

    page: int
    access: str
    value: str | None
    event: str  # the event it raised: missing or minor


class State(NamedTuple):
    """The world between two inputs."""

    pages: tuple[Page, ...]
    threads: tuple[Waiting | None, ...]  # user threads u0, u1, ..., then KVM's own thread k
    size: int  # pages in the file; those in ``pages`` beyond it lie past its end
    flags: int = 0  # VM_UFFD_* of the registered mapping; 0 where it is not registered
    userfault: bool = False  # KVM_MEM_USERFAULT on the memslot
    leaked: bool = False  # a folio reference was lost: its memory stays allocated for ever
    dead: str = ""  # why the kernel died, or ''


@dataclass(frozen=True, slots=True)
class World:
    """How much of everything there is.  A result holds within the world it was computed in."""

    pages: int = 1
    threads: int = 1
    vcpus: int = 1  # they share stage-2, so one stands for many; 0 leaves it out of the alphabet
    values: tuple[str, ...] = ("A", "B")
    past_eof: bool = False  # adds the first page past the end of the file
    alias: bool = True  # a second mapping of the file that is never registered
    kvm: bool = True  # KVM's own access through the registered user page tables
    userfault: bool = False  # the memslot flag KVM_MEM_USERFAULT and its bitmap
    short_writes: bool = False  # write() of half a page, or from memory that ends half way
    focus: int | None = None  # only this page is acted upon (the components of an exact comparison)

    def __post_init__(self) -> None:
        if min(self.pages, self.threads, len(self.values)) < 1 or self.vcpus < 0:
            raise ValueError(f"a world needs a page, a thread and a value, and vCPUs >= 0: {self}")

    def initial(self) -> State:
        """An empty file, nothing mapped, nothing registered, all threads idle."""
        pages = self.pages + self.past_eof
        return State((Page(),) * pages, (None,) * (self.threads + 1), self.pages)

    def __str__(self) -> str:
        def some(number: int, what: str) -> str:
            return f"{number} {what}" + ("" if number == 1 else "s")

        parts = [some(self.pages, "page"), some(self.threads, "user thread")]
        parts += [some(self.vcpus, "vCPU"), some(len(self.values), "value")]
        parts += ["a page past the end of the file"] if self.past_eof else []
        parts += ["a second mapping"] if self.alias else []
        parts += ["KVM's own access"] if self.kvm else []
        parts += ["the userfault bitmap"] if self.userfault else []
        parts += ["short writes"] if self.short_writes else []
        return ", ".join(parts)


def thread_name(index: int, state: State) -> str:
    """u0, u1, ... and k, which is last."""
    return "k" if index == len(state.threads) - 1 else f"u{index}"
