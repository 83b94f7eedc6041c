# SPDX-License-Identifier: GPL-2.0-or-later
"""System calls Python has no function for. Every one raises OSError with the kernel's errno."""

import ctypes
import errno
import os
from collections.abc import Callable

from refmodel.guest import abi

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_long,
)
_libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_libc.pwrite.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long)
_libc.pwrite.restype = ctypes.c_ssize_t
_libc.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long)
_MAP_FAILED = ctypes.c_void_p(-1).value

# Names errno.errorcode lacks: numbers the kernel returns to user space without exporting them,
# and one that Python of 3.11 does not know.
_UNNAMED = {133: "EHWPOISON", 512: "ERESTARTSYS", 524: "ENOTSUPP"}


def errno_name(number: int) -> str:
    """``EINVAL`` for 22; a number without a name is spelled ``E<number>``."""
    return errno.errorcode.get(number) or _UNNAMED.get(number, f"E{number}")


def outcome(call: Callable[[], object]) -> str:
    """``ok`` if ``call`` returns, else the name of the errno it raised."""
    try:
        call()
    except OSError as error:
        return errno_name(error.errno or 0)
    return "ok"


def _checked(result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def map_shared(descriptor: int, length: int) -> int:
    """Map ``length`` bytes from the start of the file, readable and writable, MAP_SHARED."""
    address = _libc.mmap(None, length, abi.PROT_READ_WRITE, abi.MAP_SHARED, descriptor, 0)
    if address is None or address == _MAP_FAILED:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(address)


def unmap(address: int, length: int) -> None:
    """munmap(2)."""
    _checked(_libc.munmap(address, length))


def forget_ptes(address: int, length: int) -> None:
    """madvise(2) with MADV_DONTNEED: on a shared file mapping it drops page-table entries only."""
    _checked(_libc.madvise(address, length, abi.MADV_DONTNEED))


def forbid(address: int, length: int) -> None:
    """mprotect(2) with PROT_NONE: whoever reads there, the kernel too, gets nothing."""
    _checked(_libc.mprotect(address, length, 0))


def write_from(descriptor: int, source: int, length: int, offset: int) -> int:
    """pwrite(2) from an address, be it readable or not; how much was written."""
    return _checked(_libc.pwrite(descriptor, source, length, offset))


def allocate(descriptor: int, offset: int, length: int) -> None:
    """fallocate(2), keeping the size."""
    _checked(_libc.fallocate(descriptor, abi.FALLOC_FL_KEEP_SIZE, offset, length))


def punch_hole(descriptor: int, offset: int, length: int) -> None:
    """fallocate(2) with FALLOC_FL_PUNCH_HOLE."""
    mode = abi.FALLOC_FL_KEEP_SIZE | abi.FALLOC_FL_PUNCH_HOLE
    _checked(_libc.fallocate(descriptor, mode, offset, length))


def open_userfaultfd() -> int:
    """A userfaultfd that also takes faults of kernel mode, not yet past UFFDIO_API."""
    flags = abi.O_CLOEXEC | abi.O_NONBLOCK
    return _checked(_libc.syscall(abi.SYS_USERFAULTFD, flags))


def mount(kind: str, place: str) -> None:
    """Mount a file system without a device, such as debugfs."""
    _checked(_libc.mount(kind.encode(), place.encode(), kind.encode(), 0, None))


def power_off() -> None:
    """Stop the machine. Refuses unless this process is its init, so never on a host."""
    if os.getpid() != 1:
        raise PermissionError("only the init process of a guest may stop its machine")
    os.sync()
    _checked(_libc.reboot(abi.RB_POWER_OFF))


class _Sigaction(ctypes.Structure):
    """struct sigaction of the C library on x86-64, which supplies the restorer itself."""

    _fields_ = (
        ("handler", ctypes.c_void_p),
        ("mask", ctypes.c_ubyte * 128),
        ("flags", ctypes.c_int),
        ("restorer", ctypes.c_void_p),
    )


def handle_signal(number: int, handler: int) -> None:
    """Let the machine code at address ``handler`` take a signal, with siginfo and ucontext."""
    action = _Sigaction(handler=handler, flags=abi.SA_SIGINFO)
    _checked(_libc.sigaction(number, ctypes.byref(action), None))
