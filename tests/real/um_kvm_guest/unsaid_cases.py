# SPDX-License-Identifier: GPL-2.0-or-later
"""What original revisions do and nobody said in their threads, beyond the driver's inputs.

Each case passes on a kernel that has the defect; test_originals.py says which have which.
"""

import ctypes
import errno
import fcntl
import os
import signal
import struct
import time
from collections.abc import Callable
from pathlib import Path

from tests.real.um_kvm_guest.kvm import GUEST_MEMFD, READ, WRITE, Done, Vcpu, Vm, error_of
from tests.real.um_kvm_guest.memory import (
    PAGE,
    anonymous,
    checked,
    fill,
    libc,
    mapping,
    peek,
    punch,
    unmap,
    write_error,
)
from tests.real.um_kvm_guest.uffd import MINOR, MISSING, Thread, Userfaultfd

_MMAP, _INIT_SHARED, _WRITE = 1, 2, 4
_CREATE_GUEST_MEMFD = 0xC040AED4
_CONTINUE = 0xC020AA07
libc.pwrite.argtypes = [*libc.write.argtypes, ctypes.c_long]
_WORD = int.from_bytes(b"A" * 8, "little")


def _file(vm: Vm, pages: int, flags: int) -> int:
    argument = bytearray(struct.pack("<8Q", pages * PAGE, flags, *[0] * 6))
    descriptor: int = fcntl.ioctl(vm.fd, _CREATE_GUEST_MEMFD, argument)
    return descriptor


def _bound(vm: Vm, file: int, pages: int) -> Vcpu:
    """A vCPU that has the file for its memory."""
    assert vm.slot(0, 0, pages, GUEST_MEMFD, 0, file) == 0
    return vm.vcpu()


def _continue(uffd: Userfaultfd, address: int) -> int:
    return error_of(uffd.fd, _CONTINUE, struct.pack("<3Qq", address, PAGE, 0, 0))


def _cached(file: int, pages: int) -> int:
    """How many of the file's first ``pages`` are in the page cache: mincore() of a new mapping."""
    address, answer = mapping(file, pages), anonymous(1)
    where, told = ctypes.c_void_p(address), ctypes.c_void_p(answer)
    checked(libc.mincore(where, ctypes.c_size_t(pages * PAGE), told))
    unmap(address, pages)
    return peek(answer, pages).count(1)


def continue_maps_memory_that_is_not_shared() -> None:
    """What the guest keeps to itself is SIGBUS to userspace, until UFFDIO_CONTINUE maps it."""
    vm = Vm()
    file = _file(vm, 1, _MMAP)
    guest = _bound(vm, file, 1)
    assert guest.do(WRITE, 0, 8, _WORD) == Done(_WORD)
    address = mapping(file, 1)
    assert write_error(address) == errno.EFAULT
    uffd = Userfaultfd()
    uffd.register(address, 1, MINOR)
    assert write_error(address) == errno.EFAULT
    assert _continue(uffd, address) == 0
    assert peek(address, 8) == b"A" * 8
    fill(address, b"B", 8)
    seen = guest.do(READ, 0, 8)
    assert seen == Done(int.from_bytes(b"B" * 8, "little"))


def continue_fills_a_file_beyond_its_end() -> None:
    """EFAULT, and a page more each time, in a file whose size is one page."""
    vm = Vm()
    file = vm.guest_memfd(1)
    address = mapping(file, 33)
    uffd = Userfaultfd()
    uffd.register(address, 33, MINOR)
    assert _cached(file, 33) == 0
    for page in range(1, 33):
        assert _continue(uffd, address + page * PAGE) == errno.EFAULT
    assert _cached(file, 33) == 32
    unmap(address, 33)
    os.close(uffd.fd)
    assert _cached(file, 33) == 32


def write_fills_memory_that_is_not_shared() -> None:
    """A file that userspace may neither map nor share takes what userspace writes."""
    vm = Vm()
    file = _file(vm, 1, _WRITE)
    guest = _bound(vm, file, 1)
    assert _error_of_mapping(file) == errno.ENODEV
    assert os.pwrite(file, b"A" * PAGE, 0) == PAGE
    assert guest.do(READ, 0, 8) == Done(_WORD)


def _error_of_mapping(file: int) -> int:
    """The errno of mapping a page of the file, 0 if there is none."""
    try:
        mapping(file, 1)
    except OSError as failure:
        return failure.errno or 0
    return 0


def a_short_write_clears_what_it_was_not_asked_to_touch() -> None:
    """The rest of what could not be copied is cleared, but counted from the start of the page."""
    vm = Vm()
    file = vm.guest_memfd(1)
    address = mapping(file, 1)
    fill(address, b"A")
    source = anonymous(2)
    unmap(source + PAGE, 1)
    fill(source, b"B")
    start = source + PAGE - 512
    assert libc.pwrite(file, start, 1024, 2048) == 512
    page = peek(address, PAGE)
    assert page[:512] == b"A" * 512
    assert page[512:1024] == bytes(512)
    assert page[1024:2048] == b"A" * 1024
    assert page[2048:2560] == b"B" * 512
    assert page[2560:] == b"A" * 1536


def a_write_from_the_file_itself_and_a_punched_hole_wait_for_each_other() -> None:
    """write() holds the invalidate lock while it copies: its source must not be of the same file.

    It reads the lock, the hole's writer waits for it, and the fault on the source reads the lock
    again, behind the writer.
    """
    _wait_for_each_other(_write_from_the_file_itself)


def _write_from_the_file_itself() -> None:
    file = Vm().guest_memfd(3)
    source = anonymous(2)
    held = _held(source)
    mapping(file, 1, source + PAGE)
    _stopped_write(held, file, source, 2 * PAGE, PAGE)
    assert Thread(lambda: punch(file, 0)).blocked()
    held.copy(source, b"A")


def a_fault_and_a_punched_hole_wait_for_each_other() -> None:
    """A fault locks the folio, then reads the invalidate lock; a hole takes them the other way.

    A write() elsewhere in the file keeps the hole waiting until the fault waits behind it.
    """
    _wait_for_each_other(_fault_behind_a_hole)


def _fault_behind_a_hole() -> None:
    file = Vm().guest_memfd(2)
    fill(mapping(file, 2) + PAGE, b"A", 1)
    other, source = mapping(file, 2), anonymous(1)
    held = _held(source)
    _stopped_write(held, file, source, PAGE, 0)
    assert Thread(lambda: punch(file, 1)).blocked()
    assert Thread(lambda: peek(other + PAGE)).blocked()
    held.copy(source, b"A")


def _held(source: int) -> Userfaultfd:
    """What stops whoever reads the page until it is filled."""
    held = Userfaultfd()
    held.register(source, 1, MISSING)
    return held


def _stopped_write(held: Userfaultfd, file: int, source: int, length: int, offset: int) -> None:
    Thread(lambda: libc.pwrite(file, source, length, offset))
    assert held.event() is not None


def _wait_for_each_other(threads: Callable[[], None]) -> None:
    """Whether two of a process's threads end up waiting for each other; they survive SIGKILL."""
    child = os.fork()
    if child == 0:
        threads()
        time.sleep(60)
        os._exit(0)
    deadline = time.monotonic() + 10
    while _asleep(child) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    os.kill(child, signal.SIGKILL)
    time.sleep(0.2)
    assert _asleep(child) == 2


def _asleep(process: int) -> int:
    """Its threads that nothing but what they wait for can wake."""
    folder = Path(f"/proc/{process}/task")
    return sum("State:\tD" in (task / "status").read_text() for task in folder.iterdir())
