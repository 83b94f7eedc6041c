# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM's ioctls and the requests a software vCPU takes: reference-impl/um-kvm/README.md."""

import ctypes
import errno
import fcntl
import mmap
import os
import struct
from typing import NamedTuple

PRIVATE_VM = 1
LOG_DIRTY, READONLY, GUEST_MEMFD = 1, 2, 4
READ, WRITE, FETCH, KVM_READ, KVM_WRITE = 1, 2, 3, 4, 5
ATTRIBUTE_PRIVATE = EXIT_PRIVATE = 8

_CREATE_VM, _CHECK_EXTENSION, _MMAP_SIZE = 0xAE01, 0xAE03, 0xAE04
_IOEVENTFD = 0x4040AE79
_CAP_GUEST_MEMFD_FLAGS = 244
_CREATE_VCPU, _RUN, _GET_STATS_FD = 0xAE41, 0xAE80, 0xAECE
_SET_REGION2, _GET_DIRTY_LOG, _SET_ATTRIBUTES = 0x40A0AE49, 0x4010AE42, 0x4020AED2
_ENABLE_CAP, _CLEAR_DIRTY_LOG, _CAP_MANUAL_DIRTY_LOG_PROTECT2 = 0x4068AEA3, 0xC018AEC0, 168
_GET_REGS, _SET_REGS, _TRANSLATE = 0x8090AE81, 0x4090AE82, 0xC018AE85
_CREATE_GUEST_MEMFD, _PRE_FAULT = 0xC040AED4, 0xC040AED5
_HLT, _MMIO, _INTERNAL_ERROR, _MEMORY_FAULT = 5, 6, 17, 39
_EXIT_REASON, _EXIT_DATA = 8, 32


class Done(NamedTuple):
    """KVM_EXIT_HLT: the request was carried out; ``value`` is rdx."""

    value: int


class Mmio(NamedTuple):
    """KVM_EXIT_MMIO; ``data`` is None for a read."""

    gpa: int
    length: int
    data: bytes | None


class Fault(NamedTuple):
    """KVM_EXIT_MEMORY_FAULT, and KVM_RUN's errno."""

    gpa: int
    size: int
    flags: int
    error: int


class Refused(NamedTuple):
    """KVM_EXIT_INTERNAL_ERROR: not a request."""


class Failed(NamedTuple):
    """KVM_RUN's errno with no exit of its own."""

    error: int
    reason: int


Exit = Done | Mmio | Fault | Refused | Failed


class Registers(NamedTuple):
    """Those of struct kvm_regs that make up a request."""

    operation: int
    gpa: int
    length: int
    value: int
    left: int
    requests: int


class Vcpu:
    """A vCPU and its struct kvm_run."""

    def __init__(self, fd: int, size: int) -> None:
        self.fd = fd
        self.run = mmap.mmap(fd, size)

    def do(self, operation: int, gpa: int, length: int = 8, value: int = 0, count: int = 0) -> Exit:
        """Make a request and carry it out."""
        registers = struct.pack("<5Q13Q", operation, gpa, length, value, count, *[0] * 13)
        fcntl.ioctl(self.fd, _SET_REGS, registers)
        return self.go()

    def go(self) -> Exit:
        """KVM_RUN."""
        error = 0
        try:
            fcntl.ioctl(self.fd, _RUN, 0)
        except OSError as failure:
            error = failure.errno or 0
        (reason,) = struct.unpack_from("<I", self.run, _EXIT_REASON)
        if reason == _MEMORY_FAULT:
            flags, gpa, size = struct.unpack_from("<3Q", self.run, _EXIT_DATA)
            return Fault(gpa, size, flags, error)
        if error:
            return Failed(error, reason)
        if reason == _HLT:
            return Done(self.registers().value)
        if reason == _MMIO:
            gpa, data, length, write = struct.unpack_from("<Q8sIB", self.run, _EXIT_DATA)
            return Mmio(gpa, length, data[:length] if write else None)
        return Refused() if reason == _INTERNAL_ERROR else Failed(0, reason)

    def answer(self, value: int) -> Exit:
        """Complete an MMIO read."""
        struct.pack_into("<Q", self.run, _EXIT_DATA + 8, value)
        return self.go()

    def registers(self) -> Registers:
        """KVM_GET_REGS."""
        content = struct.unpack("<18Q", fcntl.ioctl(self.fd, _GET_REGS, bytes(144)))
        rax, rbx, rcx, rdx, rsi = content[:5]
        return Registers(rax, rbx, rcx, rdx, rsi, content[16])

    def mapped(self, gpa: int) -> str:
        """What stage-2 has there now: "", "r" or "rw"."""
        answer = fcntl.ioctl(self.fd, _TRANSLATE, struct.pack("<QQ8x", gpa, 0))
        return "r" * answer[16] + "w" * answer[17]

    def pre_fault(self, gpa: int, pages: int) -> int:
        """KVM_PRE_FAULT_MEMORY; an errno or 0."""
        return error_of(self.fd, _PRE_FAULT, struct.pack("<8Q", gpa, pages * 4096, *[0] * 6))


class Vm:
    """A virtual machine."""

    def __init__(self, kind: int = 0) -> None:
        self.kvm = os.open("/dev/kvm", os.O_RDWR)
        self.kind = kind
        self.fd = fcntl.ioctl(self.kvm, _CREATE_VM, kind)

    def close(self) -> None:
        """Close all but what the caller has made."""
        os.close(self.fd)
        os.close(self.kvm)

    def has(self, capability: int) -> int:
        """KVM_CHECK_EXTENSION of the VM."""
        return fcntl.ioctl(self.fd, _CHECK_EXTENSION, capability)

    def guest_memfd(self, pages: int) -> int:
        """A descriptor."""
        # Where guest_memfd has to be told that it is shared (6.18 and later), say so.
        flags = 0 if self.kind == PRIVATE_VM else self.has(_CAP_GUEST_MEMFD_FLAGS)
        argument = bytearray(struct.pack("<8Q", pages * 4096, flags, *[0] * 6))
        descriptor: int = fcntl.ioctl(self.fd, _CREATE_GUEST_MEMFD, argument)
        return descriptor

    def slot(
        self, number: int, gpa: int, pages: int, flags: int = 0, user: int = 0, file: int = 0
    ) -> int:
        """KVM_SET_USER_MEMORY_REGION2; an errno or 0. No pages: delete it."""
        region = (number, flags, gpa, pages * 4096, user, 0, file, 0, *[0] * 14)
        return error_of(self.fd, _SET_REGION2, struct.pack("<IIQQQQII14Q", *region))

    def vcpu(self, number: int = 0) -> Vcpu:
        """A new vCPU."""
        fd = fcntl.ioctl(self.fd, _CREATE_VCPU, number)
        return Vcpu(fd, fcntl.ioctl(self.kvm, _MMAP_SIZE, 0))

    def ioeventfd(self, gpa: int, length: int, eventfd: int) -> int:
        """KVM_IOEVENTFD for writes of ``length`` bytes; an errno or 0."""
        argument = struct.pack("<QQIiI36x", 0, gpa, length, eventfd, 0)
        return error_of(self.fd, _IOEVENTFD, argument)

    def attributes(self, gpa: int, pages: int, attributes: int) -> int:
        """KVM_SET_MEMORY_ATTRIBUTES; an errno or 0."""
        argument = struct.pack("<4Q", gpa, pages * 4096, attributes, 0)
        return error_of(self.fd, _SET_ATTRIBUTES, argument)

    def dirty(self, slot: int) -> int:
        """The first 64 pages' bits of the dirty log, which is cleared."""
        bitmap = ctypes.c_uint64()
        argument = struct.pack("<IIQ", slot, 0, ctypes.addressof(bitmap))
        fcntl.ioctl(self.fd, _GET_DIRTY_LOG, argument)
        return bitmap.value

    def protect_by_hand(self) -> None:
        """From now on reading a dirty log neither clears it nor protects the pages in it."""
        argument = struct.pack("<II4Q64x", _CAP_MANUAL_DIRTY_LOG_PROTECT2, 0, 1, 0, 0, 0)
        fcntl.ioctl(self.fd, _ENABLE_CAP, argument)

    def clear_dirty(self, slot: int, pages: int, bits: int) -> None:
        """KVM_CLEAR_DIRTY_LOG for those of a slot's first ``pages`` pages that ``bits`` names."""
        bitmap = ctypes.c_uint64(bits)
        argument = struct.pack("<IIQQ", slot, pages, 0, ctypes.addressof(bitmap))
        fcntl.ioctl(self.fd, _CLEAR_DIRTY_LOG, argument)

    def statistics(self) -> dict[str, int]:
        """The VM's binary statistics."""
        fd = fcntl.ioctl(self.fd, _GET_STATS_FD, 0)
        _, name_size, number, _, descriptors, data = struct.unpack("<6I", os.pread(fd, 24, 0))
        found = {}
        for index in range(number):
            place = descriptors + index * (16 + name_size)
            content = os.pread(fd, 16 + name_size, place)
            (offset,) = struct.unpack_from("<I", content, 8)
            value = int.from_bytes(os.pread(fd, 8, data + offset), "little")
            found[content[16:].split(b"\0")[0].decode()] = value
        os.close(fd)
        return found


def errors_of_creating(*kinds: int) -> set[int]:
    """The errnos of creating VMs of these kinds, 0 where it works."""
    kvm = os.open("/dev/kvm", os.O_RDWR)
    errors = set()
    for kind in kinds:
        try:
            os.close(fcntl.ioctl(kvm, _CREATE_VM, kind))
            errors.add(0)
        except OSError as failure:
            errors.add(failure.errno or errno.EIO)
    return errors


def error_of(fd: int, request: int, argument: bytes) -> int:
    """The errno of an ioctl, or 0."""
    try:
        fcntl.ioctl(fd, request, argument)
    except OSError as failure:
        return failure.errno or errno.EIO
    return 0
