# SPDX-License-Identifier: GPL-2.0-or-later
"""A write() that stops in the middle of copy_from_user() until it is let go on.

Its source straddles two pages; the second is absent and registered with a userfaultfd of its own,
so the kernel copies half a page and then waits for that userfaultfd. Nothing is left to luck.
"""

import fcntl
import os
import select
import time

from refmodel.guest import abi, syscalls
from refmodel.guest.pages import Sources
from refmodel.guest.threads import Worker, address_of, anonymous

WRITER = "w"
"""The thread that stops."""
BESIDE = "x"
"""The thread of what else may sleep on a lock meanwhile: the main thread must not."""
_PWRITE64 = 18
_FALLOCATE = 285
_HALF = abi.PAGE_SIZE // 2


class Stop:
    """The source of one write(): half of what is to be copied is there."""

    def __init__(self, value: str) -> None:
        self._value = value
        self._memory = anonymous(2 * abi.PAGE_SIZE)
        self._memory[: abi.PAGE_SIZE] = value.encode() * abi.PAGE_SIZE
        self._start = address_of(self._memory)
        self._absent = self._start + abi.PAGE_SIZE
        self._userfaultfd = syscalls.open_userfaultfd()
        fcntl.ioctl(self._userfaultfd, abi.UFFDIO_API, abi.API_LAYOUT.pack(abi.UFFD_API, 0, 0))
        mode = abi.REGISTER_MODES["missing"]
        argument = abi.REGISTER_LAYOUT.pack(self._absent, abi.PAGE_SIZE, mode, 0)
        fcntl.ioctl(self._userfaultfd, abi.UFFDIO_REGISTER, argument)

    def begin(self, worker: Worker, file: int, page: int, reports: int, deadline: float) -> bool:
        """Let ``worker`` write a page; whether it stopped. Else it has ended, or never does."""
        source = self._start + _HALF
        worker.call(_PWRITE64, file, source, abi.PAGE_SIZE, page * abi.PAGE_SIZE)
        poll = select.poll()
        poll.register(self._userfaultfd, select.POLLIN)
        poll.register(reports, select.POLLIN)
        until = time.monotonic() + deadline
        while not worker.ended() and (left := until - time.monotonic()) > 0:
            ready = [descriptor for descriptor, _ in poll.poll(left * 1000)]
            if self._userfaultfd in ready:
                worker.parked = True
                return True
            if reports in ready:  # its own, or another's that was left there
                os.eventfd_read(reports)
        return False

    def go_on(self, sources: Sources) -> None:
        """Give it the rest, which wakes the thread."""
        source = sources.address(self._value)
        argument = abi.COPY_LAYOUT.pack(self._absent, source, abi.PAGE_SIZE, 0, 0)
        fcntl.ioctl(self._userfaultfd, abi.UFFDIO_COPY, argument)

    def close(self) -> None:
        """Whoever still waits goes on, with zeros."""
        os.close(self._userfaultfd)


def punch_hole(worker: Worker, file: int, page: int) -> None:
    """fallocate(2) with FALLOC_FL_PUNCH_HOLE, in ``worker``."""
    mode = abi.FALLOC_FL_KEEP_SIZE | abi.FALLOC_FL_PUNCH_HOLE
    worker.call(_FALLOCATE, file, mode, page * abi.PAGE_SIZE, abi.PAGE_SIZE)


def allocate(worker: Worker, file: int, page: int) -> None:
    """fallocate(2) in ``worker``."""
    mode = abi.FALLOC_FL_KEEP_SIZE
    worker.call(_FALLOCATE, file, mode, page * abi.PAGE_SIZE, abi.PAGE_SIZE)


def write(worker: Worker, file: int, source: int, length: int, offset: int) -> None:
    """pwrite(2) in ``worker``."""
    worker.call(_PWRITE64, file, source, length, offset)
