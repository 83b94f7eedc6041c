# SPDX-License-Identifier: GPL-2.0-or-later
"""What was deduced of a shared guest_memfd, where it takes more than the driver's inputs to see.

For a revision with minor mode (v3).
"""

import errno
import fcntl
import os
import select
import struct
from collections.abc import Callable

from tests.real.um_kvm_guest.kvm import Vm, error_of
from tests.real.um_kvm_guest.memory import PAGE, anonymous, checked, fill, libc, mapping, punch
from tests.real.um_kvm_guest.uffd import MINOR

_API, _REGISTER, _MOVE = 0xC018AA3F, 0xC020AA00, 0xC028AA05
_EVENT_REMOVE = 1 << 3
_SYS_USERFAULTFD = 323
_WAKE, _COPY, _ZEROPAGE, _MOVE_BIT, _CONTINUE, _POISON = (1 << bit for bit in (2, 3, 4, 5, 7, 8))


def _registered(features: int = 0) -> tuple[int, int, int, int]:
    """A file of two pages, where it is mapped, a userfaultfd for that, and the ioctls it offers."""
    file = Vm().guest_memfd(2)
    address = mapping(file, 2)
    uffd = checked(libc.syscall(_SYS_USERFAULTFD, os.O_CLOEXEC | os.O_NONBLOCK))
    fcntl.ioctl(uffd, _API, struct.pack("<3Q", 0xAA, features, 0))
    argument = struct.pack("<4Q", address, 2 * PAGE, MINOR, 0)
    ioctls: int = struct.unpack("<4Q", fcntl.ioctl(uffd, _REGISTER, argument))[3]
    return file, address, uffd, ioctls


def _error(call: Callable[..., object], *arguments: int) -> int:
    try:
        call(*arguments)
    except OSError as failure:
        return failure.errno or 0
    return 0


def a_private_mapping_is_refused() -> None:
    file = Vm().guest_memfd(1)
    assert _error(lambda: checked(libc.mmap(None, PAGE, 3, 2, file, 0))) == errno.EINVAL


def the_size_of_the_file_is_fixed() -> None:
    file = Vm().guest_memfd(2)
    assert _error(os.ftruncate, file, PAGE) == errno.EINVAL
    assert _error(os.ftruncate, file, 3 * PAGE) == errno.EINVAL


def read_is_refused_and_pread_for_another_reason() -> None:
    file = Vm().guest_memfd(1)
    assert _error(os.read, file, PAGE) == errno.EINVAL
    assert _error(os.pread, file, PAGE, 0) == errno.ESPIPE


def registering_offers_ioctls_that_fail() -> None:
    *_, ioctls = _registered()
    assert ioctls == _WAKE | _COPY | _ZEROPAGE | _MOVE_BIT | _CONTINUE | _POISON


def nothing_can_be_moved_in() -> None:
    _, address, uffd, _ = _registered()
    source = anonymous(1)
    fill(source, b"A")
    argument = struct.pack("<4Qq", address, source, PAGE, 0, 0)
    assert error_of(uffd, _MOVE, argument) == errno.EINVAL


def punching_a_hole_sends_no_event() -> None:
    file, address, uffd, _ = _registered(_EVENT_REMOVE)
    fill(address, b"A", 1)
    punch(file, 0, 2)
    assert select.select([uffd], [], [], 0.05)[0] == []
