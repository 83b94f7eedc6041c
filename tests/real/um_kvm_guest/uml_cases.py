# SPDX-License-Identifier: GPL-2.0-or-later
"""What User-Mode Linux itself has to do right, and does not without the patches of um-kvm."""

import errno
import os
import signal
import threading
from functools import partial

from tests.real.um_kvm_guest.kvm import KVM_READ, KVM_WRITE, READ, Done, Fault, Vm
from tests.real.um_kvm_guest.memory import (
    PAGE,
    anonymous,
    fill,
    libc,
    mapping,
    move,
    peek,
    unmap,
    write_error,
)
from tests.real.um_kvm_guest.uffd import MISSING, WP, Event, Thread, Userfaultfd

_TABLE = 512  # pages below one page table
_TOUCHED = 64
_GIGABYTE = 1 << 30
_SYS_READ, _SYS_TGKILL = 0, 234


def a_page_marked_as_poisoned_is_sigbus() -> None:
    memory = anonymous(1)
    uffd = Userfaultfd()
    uffd.register(memory, 1, MISSING)
    uffd.poison(memory)
    child = os.fork()
    if child == 0:
        peek(memory)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGBUS


def a_system_call_fails_on_a_page_marked_as_poisoned() -> None:
    memory = anonymous(1)
    uffd = Userfaultfd()
    uffd.register(memory, 1, MISSING)
    uffd.poison(memory)
    assert write_error(memory) == errno.EFAULT


def a_vcpu_that_touches_poisoned_user_memory_is_sigbus() -> None:
    child = os.fork()
    if child == 0:
        memory, uffd, vm = _machine(False)
        uffd.poison(memory)
        vm.vcpu().do(READ, 0)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGBUS


def _left_after_a_move(target: int, source: int, offset: int) -> set[bytes]:
    """Move ``source`` over ``target`` and read the target's pages that the source has not.

    What was there before belongs to a file that stays open, so a page that is mapped still cannot
    have been freed and filled with something else.
    """
    file = os.memfd_create("below")
    os.ftruncate(file, _TABLE * PAGE)
    mapping(file, _TABLE, target + offset)
    fill(target + offset, b"a", _TOUCHED * PAGE)
    pages = offset // PAGE + _TABLE
    anonymous(pages, source)
    fill(source, b"b")
    move(source, pages, target)
    try:
        assert peek(target) == b"b"
        return {peek(target + offset + page * PAGE) for page in range(1, _TOUCHED)}
    finally:
        unmap(target, pages)
        os.close(file)


def nothing_survives_below_a_page_table_that_was_replaced() -> None:
    anonymous(_TABLE, 64 * _GIGABYTE + 256 * _TABLE * PAGE)  # keeps the level above
    assert _left_after_a_move(64 * _GIGABYTE, 65 * _GIGABYTE, 0) == {b"\0"}


def nothing_survives_below_a_table_of_page_tables_that_was_replaced() -> None:
    assert _left_after_a_move(66 * _GIGABYTE, 67 * _GIGABYTE, 0) == {b"\0"}


def nothing_survives_below_a_page_table_that_was_not_replaced() -> None:
    offset = 8 * _TABLE * PAGE
    assert _left_after_a_move(68 * _GIGABYTE, 69 * _GIGABYTE, offset) == {b"\0"}


def a_write_to_a_protected_page_waits_for_userfaultfd() -> None:
    memory = anonymous(1)
    fill(memory, b"a")
    uffd = Userfaultfd()
    uffd.register(memory, 1, WP)
    reader, writer = os.pipe()
    os.write(writer, b"cc")
    for byte, write in (
        (b"b", lambda: fill(memory, b"b", 1)),
        (b"c", lambda: libc.syscall(_SYS_READ, reader, memory, 1)),  # by the kernel
    ):
        uffd.protect(memory, True)
        before = peek(memory)
        access = Thread(write)
        assert uffd.event() == Event(memory, True, False, True)
        assert access.blocked()
        assert peek(memory) == before
        uffd.protect(memory, False)
        access.result()
        assert peek(memory) == byte


def _machine(user_mode_only: bool) -> tuple[int, Userfaultfd, Vm]:
    vm = Vm()
    memory = anonymous(2)
    assert vm.slot(0, 0, 2, 0, memory) == 0
    uffd = Userfaultfd(user_mode_only=user_mode_only)
    uffd.register(memory, 2, MISSING)
    return memory, uffd, vm


def kvm_itself_waits_for_userfaultfd() -> None:
    memory, uffd, vm = _machine(False)
    vcpu = vm.vcpu()
    for page, operation in enumerate((KVM_READ, KVM_WRITE)):
        access = Thread(partial(vcpu.do, operation, page * PAGE, 1, 0x42))
        assert uffd.event() == Event(memory + page * PAGE, operation == KVM_WRITE, False)
        assert access.blocked()
        uffd.copy(memory + page * PAGE, b"A")
        assert access.result() == Done(0x42 if operation == KVM_WRITE else 0x41)


def a_vcpu_waits_for_userfaultfd_on_user_memory() -> None:
    memory, uffd, vm = _machine(False)
    vcpu = vm.vcpu()
    access = Thread(lambda: vcpu.do(READ, PAGE, 1))
    assert uffd.event() == Event(memory + PAGE, False, False)
    uffd.copy(memory + PAGE, b"A")
    assert access.result() == Done(0x41)


def a_userfaultfd_for_user_mode_sees_no_access_of_the_kernel() -> None:
    memory, uffd, vm = _machine(True)
    assert Thread(lambda: vm.vcpu().do(KVM_READ, 0)).result() == Fault(0, PAGE, 0, errno.EFAULT)
    assert Thread(lambda: write_error(memory)).result() == errno.EFAULT
    assert uffd.event(0) is None


def a_signal_reaches_a_thread_that_waits_in_a_fault() -> None:
    memory, uffd, _ = _machine(False)
    hits: list[int] = []
    signal.signal(signal.SIGUSR1, lambda *_: hits.append(1))
    identity: list[int] = []

    def wait() -> bytes:
        identity.append(threading.get_native_id())
        return peek(memory)

    access = Thread(wait)
    assert uffd.event() == Event(memory, False, False)
    libc.syscall(_SYS_TGKILL, os.getpid(), identity[0], int(signal.SIGUSR1))
    assert uffd.event() == Event(memory, False, False)
    assert access.blocked()
    assert hits == [1]
    assert uffd.event(0) is None
    uffd.copy(memory, b"A")
    assert access.result() == b"A"
