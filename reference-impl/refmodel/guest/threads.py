# SPDX-License-Identifier: GPL-2.0-or-later
"""Worker threads: one access or one system call at a time, outside the interpreter.

The main thread never touches memory a userfaultfd may watch. It hands a request to a worker and
learns from the control block whether it is done, and from /proc whether it is asleep.
"""

import ctypes
import mmap
import os
import threading
from dataclasses import dataclass

from refmodel.guest import abi, machine_code
from refmodel.guest.machine_code import (
    ADDRESS,
    ARGUMENTS,
    BUFFER,
    BUSY,
    CALL,
    EVENTFDS,
    EXIT,
    FETCH,
    FILL,
    FILL_BYTE,
    LENGTH,
    ONE,
    REQUEST,
    SIGNALLED,
    STATE,
    SYSCALL_NUMBER,
)
from refmodel.guest.syscalls import handle_signal

_SIGNED = 1 << 63


def address_of(memory: mmap.mmap) -> int:
    """Where an anonymous mapping of Python's lies."""
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


def anonymous(length: int) -> mmap.mmap:
    """Fresh private memory, page aligned."""
    return mmap.mmap(-1, length, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


@dataclass(slots=True, eq=False)
class Worker:
    """One thread. ``outstanding`` from a request until its end was seen with :meth:`take_end`."""

    name: str
    control: memoryview
    memory: mmap.mmap
    control_page: mmap.mmap
    requests: int
    thread: threading.Thread
    tid: int = 0
    stat: int = -1
    outstanding: bool = False
    parked: bool = False
    """Known to sleep in a fault or on a lock, not merely on its way."""

    def fetch_page(self, address: int) -> None:
        """Read the page at ``address`` into :attr:`memory`, in user mode."""
        self.control[ADDRESS] = address
        self._start(FETCH)

    def fill_page(self, address: int, byte: int) -> None:
        """Fill the page at ``address`` with ``byte``, in user mode."""
        self.control[ADDRESS] = address
        self.control[FILL_BYTE] = byte
        self._start(FILL)

    def call(self, number: int, *arguments: int) -> None:
        """Make a system call; :meth:`result` has what it returned."""
        self.control[SYSCALL_NUMBER] = number
        for index, argument in enumerate(arguments):
            self.control[ARGUMENTS + index] = argument
        self._start(CALL)

    def _start(self, request: int) -> None:
        self.control[STATE] = BUSY
        self.control[REQUEST] = request
        self.outstanding = True
        self.parked = False
        os.eventfd_write(self.requests, 1)

    def ended(self) -> bool:
        """Whether the outstanding request has come to its end."""
        return self.outstanding and self.control[STATE] != BUSY

    def take_end(self) -> int:
        """The signal that ended the request, or 0. The worker is free again."""
        self.outstanding = self.parked = False
        state: int = self.control[STATE]
        return state & 0xFF if state & SIGNALLED else 0

    def result(self) -> int:
        """The system call's return value: negative errno on failure, as the kernel gives it."""
        value: int = self.control[ADDRESS]
        return value - 2 * _SIGNED if value & _SIGNED else value

    def runnable(self) -> bool:
        """Whether the kernel has the thread running or ready to run."""
        line = os.pread(self.stat, 256, 0)
        return line[line.rindex(b")") + 2] == ord("R")

    def stop(self) -> None:
        """End the thread. It must not be outstanding."""
        self._start(EXIT)
        self.thread.join()
        self.outstanding = False


@dataclass(frozen=True, slots=True)
class Workshop:
    """The code all workers share and the eventfd on which all report."""

    code: mmap.mmap
    entry: int
    reports: int


def open_workshop() -> Workshop:
    """Map the machine code and take SIGBUS and SIGSEGV, for the whole process."""
    text, handler = machine_code.assembled()
    code = mmap.mmap(
        -1,
        abi.PAGE_SIZE,
        flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS,
        prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC,
    )
    code[: len(text)] = text
    entry = address_of(code)
    handle_signal(abi.SIGBUS, entry + handler)
    handle_signal(abi.SIGSEGV, entry + handler)
    return Workshop(code, entry, os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC))


def start_worker(shop: Workshop, name: str) -> Worker:
    """A new worker, idle."""
    page = anonymous(abi.PAGE_SIZE)
    control = memoryview(page).cast("Q")
    memory = anonymous(abi.PAGE_SIZE)
    requests = os.eventfd(0, os.EFD_CLOEXEC)
    control[BUFFER] = address_of(memory)
    control[LENGTH] = abi.PAGE_SIZE
    control[EVENTFDS] = requests | shop.reports << 32
    control[ONE] = 1
    # A foreign function gives up the interpreter lock for as long as it runs: here, for good.
    run = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(shop.entry)
    thread = threading.Thread(target=run, args=(address_of(page),), name=name, daemon=True)
    worker = Worker(name, control, memory, page, requests, thread)
    thread.start()
    worker.tid = thread.native_id or 0
    worker.stat = os.open(f"/proc/self/task/{worker.tid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    return worker
