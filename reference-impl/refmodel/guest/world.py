# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory of one sequence: a file, two mappings of it and a userfaultfd, all fresh.

Threads and the virtual machine outlive it; closing a VM waits for grace periods, the rest takes
a fraction of a millisecond.
"""

import ctypes
import fcntl
import os
import select
from collections.abc import Callable
from dataclasses import dataclass

from refmodel.guest import abi, syscalls
from refmodel.guest.vm import Vm


@dataclass(frozen=True, slots=True)
class Layout:
    """The shape of every world of a run. ``past_eof`` maps one page more than the file has."""

    pages: int = 1
    past_eof: bool = False

    @property
    def file_size(self) -> int:
        """Bytes of the file."""
        return self.pages * abi.PAGE_SIZE

    @property
    def mapped_size(self) -> int:
        """Bytes of each mapping, and of the range that is registered."""
        return (self.pages + self.past_eof) * abi.PAGE_SIZE


@dataclass(slots=True)
class World:
    """Descriptors and addresses. ``alias`` is the second mapping, never registered."""

    layout: Layout
    file: int
    mapping: int
    alias: int
    userfaultfd: int
    poll: select.poll
    vm: Vm | None

    def at(self, page: int, alias: bool = False) -> int:
        """The address of a page in one of the mappings."""
        return (self.alias if alias else self.mapping) + page * abi.PAGE_SIZE


_SPOILT = 8
_STALE = b"\xaa"

Backing = Callable[[int], int]
"""Opens a fresh file of a size in bytes, fit to be mapped shared."""


def shmem_file(size: int) -> int:
    """A memfd that cannot change its size: the stand-in for guest_memfd, with its own model."""
    descriptor = os.memfd_create("reviewtool", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, size)
    fcntl.fcntl(descriptor, abi.F_ADD_SEALS, abi.F_SEAL_SHRINK_AND_GROW)
    return descriptor


def spoil_free_pages(backing: Backing) -> None:
    """Leave bytes nobody would write in the pages the kernel hands out next.

    A page that is mapped without having been cleared then reads as stale on any kernel. The pages
    freed last are allocated first, page tables included, so some more than a world needs.
    """
    size = _SPOILT * abi.PAGE_SIZE
    file = backing(size)
    try:
        os.pwrite(file, _STALE * size, 0)
    except OSError:  # no write() in this revision: through a mapping, then
        mapping = syscalls.map_shared(file, size)
        ctypes.memset(mapping, _STALE[0], size)
        syscalls.unmap(mapping, size)
    os.close(file)


def wanted_features() -> int:
    """The features to ask of a userfaultfd: bit 17 where this kernel offers it.

    A revision that proposes a feature shows what it is about only to those who ask for it.
    """
    probe = syscalls.open_userfaultfd()
    try:
        answer: bytes = fcntl.ioctl(probe, abi.UFFDIO_API, abi.API_LAYOUT.pack(abi.UFFD_API, 0, 0))
    finally:
        os.close(probe)
    offered: int = abi.API_LAYOUT.unpack(answer)[1]
    return abi.UFFD_FEATURE_THREAD_ID | (offered & abi.UFFD_FEATURE_BIT_17)


def open_world(
    layout: Layout, backing: Backing, vm: Vm | None, reports: int, features: int
) -> World:
    """A fresh world. ``reports`` is the eventfd of the workers, watched beside the userfaultfd."""
    spoil_free_pages(backing)
    file = backing(layout.file_size)
    mapping = syscalls.map_shared(file, layout.mapped_size)
    alias = syscalls.map_shared(file, layout.mapped_size)
    userfaultfd = syscalls.open_userfaultfd()
    agreement = abi.API_LAYOUT.pack(abi.UFFD_API, features, 0)
    fcntl.ioctl(userfaultfd, abi.UFFDIO_API, agreement)
    poll = select.poll()
    poll.register(userfaultfd, select.POLLIN)
    poll.register(reports, select.POLLIN)
    if vm:
        vm.bind(file, layout.file_size, mapping)
    return World(layout, file, mapping, alias, userfaultfd, poll, vm)


def release_faults(world: World) -> None:
    """Close the userfaultfd: whoever waits for it faults again, unwatched."""
    os.close(world.userfaultfd)


def close_world(world: World) -> None:
    """Give all of it back, after :func:`release_faults` and once no thread uses it."""
    if world.vm:
        world.vm.unbind()
    syscalls.unmap(world.mapping, world.layout.mapped_size)
    syscalls.unmap(world.alias, world.layout.mapped_size)
    os.close(world.file)
