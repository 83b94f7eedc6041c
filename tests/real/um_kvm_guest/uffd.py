# SPDX-License-Identifier: GPL-2.0-or-later
"""userfaultfd, and threads that may block in a fault."""

import fcntl
import os
import select
import struct
import threading
from collections.abc import Callable
from typing import NamedTuple

from tests.real.um_kvm_guest.memory import PAGE, anonymous, checked, fill, libc

MISSING, WP, MINOR = 1, 2, 4
_SYS_USERFAULTFD = 323
_USER_MODE_ONLY = 1
_API, _REGISTER, _COPY, _POISON = 0xC018AA3F, 0xC020AA00, 0xC028AA03, 0xC020AA08
_WRITEPROTECT = 0xC018AA06
_PAGEFAULT = 0x12
_WRITE_FLAG, _WP_FLAG, _MINOR_FLAG = 1, 2, 4


class Event(NamedTuple):
    """A fault."""

    address: int
    write: bool
    minor: bool
    protected: bool = False


class Userfaultfd:
    """A userfaultfd of this process."""

    def __init__(self, *, user_mode_only: bool = False) -> None:
        flags = os.O_CLOEXEC | os.O_NONBLOCK | (_USER_MODE_ONLY if user_mode_only else 0)
        self.fd = checked(libc.syscall(_SYS_USERFAULTFD, flags))
        fcntl.ioctl(self.fd, _API, struct.pack("<3Q", 0xAA, 0, 0))

    def register(self, address: int, pages: int, mode: int) -> None:
        """UFFDIO_REGISTER."""
        fcntl.ioctl(self.fd, _REGISTER, struct.pack("<4Q", address, pages * PAGE, mode, 0))

    def copy(self, address: int, byte: bytes) -> None:
        """UFFDIO_COPY of a page filled with ``byte``."""
        source = anonymous(1)
        fill(source, byte)
        fcntl.ioctl(self.fd, _COPY, struct.pack("<4Qq", address, source, PAGE, 0, 0))

    def poison(self, address: int) -> None:
        """UFFDIO_POISON of a page."""
        fcntl.ioctl(self.fd, _POISON, struct.pack("<3Qq", address, PAGE, 0, 0))

    def protect(self, address: int, on: bool) -> None:
        """UFFDIO_WRITEPROTECT of a page; taking it back wakes whoever waits."""
        fcntl.ioctl(self.fd, _WRITEPROTECT, struct.pack("<3Q", address, PAGE, on))

    def event(self, seconds: float = 2.0) -> Event | None:
        """The next fault, None if none comes."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return None
        message = os.read(self.fd, 32)
        flags, address = struct.unpack_from("<QQ", message, 8)
        assert message[0] == _PAGEFAULT, message
        write, minor = bool(flags & _WRITE_FLAG), bool(flags & _MINOR_FLAG)
        return Event(address, write, minor, bool(flags & _WP_FLAG))


class Thread:
    """A call under way in a thread of its own."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._outcome: object = None
        self._call = call
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._outcome = self._call()

    def blocked(self, seconds: float = 0.05) -> bool:
        """Is it still under way after ``seconds``?"""
        self._thread.join(seconds)
        return self._thread.is_alive()

    def result(self) -> object:
        """What it returned; the word "blocked" if it does not return."""
        return "blocked" if self.blocked(2) else self._outcome
