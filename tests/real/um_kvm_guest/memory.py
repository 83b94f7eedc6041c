# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory of the guest's user space, by address; foreign calls release the interpreter's lock."""

import ctypes
import errno
import os

PAGE = 4096
_PROT = 3  # read, write
_SHARED, _PRIVATE, _FIXED, _ANONYMOUS = 1, 2, 0x10, 0x20
_MREMAP_MAYMOVE_FIXED = 3
_MADV_DONTNEED = 4
_KEEP_SIZE, _PUNCH_HOLE = 1, 2

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = libc.mremap.restype = ctypes.c_void_p
_word, _long = ctypes.c_void_p, ctypes.c_long
libc.mmap.argtypes = [_word, _word, ctypes.c_int, ctypes.c_int, ctypes.c_int, _long]
libc.mremap.argtypes = [_word, _word, _word, ctypes.c_int, _word]
libc.munmap.argtypes = [_word, _word]
libc.madvise.argtypes = [_word, _word, ctypes.c_int]
libc.memcpy.argtypes = libc.write.argtypes = [_word, _word, _word]
libc.write.argtypes = [ctypes.c_int, _word, _word]
libc.memset.argtypes = [_word, ctypes.c_int, _word]
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, _long, _long]


def checked(result: int) -> int:
    """``result``, or the OSError it stands for."""
    if result in (-1, ctypes.c_size_t(-1).value):
        number = ctypes.get_errno()
        raise OSError(number, errno.errorcode.get(number, "?"))
    return result


def anonymous(pages: int, at: int = 0) -> int:
    """The address of new memory, ``at`` a place of the caller's choice if that is not 0."""
    flags = _PRIVATE | _ANONYMOUS | (_FIXED if at else 0)
    return checked(libc.mmap(at, pages * PAGE, _PROT, flags, -1, 0))


def mapping(file: int, pages: int, at: int = 0) -> int:
    """The address of a shared mapping of ``file``, ``at`` as for :func:`anonymous`."""
    flags = _SHARED | (_FIXED if at else 0)
    return checked(libc.mmap(at, pages * PAGE, _PROT, flags, file, 0))


def unmap(address: int, pages: int) -> None:
    """Unmap pages."""
    checked(libc.munmap(address, pages * PAGE))


def move(source: int, pages: int, target: int) -> None:
    """Move a mapping over whatever is at ``target``."""
    length = pages * PAGE
    checked(libc.mremap(source, length, length, _MREMAP_MAYMOVE_FIXED, target))


def drop(address: int, pages: int) -> None:
    """MADV_DONTNEED."""
    checked(libc.madvise(address, pages * PAGE, _MADV_DONTNEED))


def fill(address: int, byte: bytes, length: int = PAGE) -> None:
    """Write ``byte`` all over."""
    libc.memset(address, byte[0], length)


def peek(address: int, length: int = 1) -> bytes:
    """Read memory; blocks, and only the calling thread, if the page is not there."""
    content = ctypes.create_string_buffer(length)
    libc.memcpy(ctypes.addressof(content), address, length)
    return content.raw


def punch(file: int, page: int, pages: int = 1) -> None:
    """Punch a hole."""
    checked(libc.fallocate(file, _KEEP_SIZE | _PUNCH_HOLE, page * PAGE, pages * PAGE))


def write_error(address: int) -> int:
    """The errno of a write(2) with its source at ``address``; 0 if there is none."""
    reader, writer = os.pipe()
    try:
        return 0 if libc.write(writer, address, 8) == 8 else ctypes.get_errno()
    finally:
        os.close(reader)
        os.close(writer)
