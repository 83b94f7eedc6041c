# SPDX-License-Identifier: GPL-2.0-or-later
"""The virtual machine of a run: one memory slot on the sequence's guest_memfd, two software vCPUs.

One vCPU accesses memory as a guest does, through stage-2; the other stands for KVM's own accesses
through user page tables, which may block. The requests are those of KVM for User-Mode Linux
(reference-impl/um-kvm/README.md): registers say what to access, KVM_RUN carries it out and ends
in HLT. On a real x86 KVM vCPUs that execute instructions stand in for these (refmodel.guest.x86).
"""

import fcntl
import mmap
import os
from dataclasses import dataclass

from refmodel.guest import abi
from refmodel.guest.pages import describe
from refmodel.guest.syscalls import errno_name
from refmodel.guest.threads import address_of, anonymous
from refmodel.guest.x86 import X86Vcpu, set_up

SLOT = 0

# A whole page is accessed word by word; a read stops at the first word that differs.
_WORD = 8
_WORDS = abi.PAGE_SIZE // _WORD
_REQUESTS = {"vcpu-read": 1, "vcpu-write": 2, "kvm-read": 4}
_REST = (0,) * 13


@dataclass(frozen=True, slots=True)
class Vcpu:
    """A vCPU's descriptor and its struct kvm_run."""

    fd: int
    run: mmap.mmap

    def prepare(self, op: str, page: int, value: str | None) -> None:
        """Load the registers for one access of a whole page."""
        word = int.from_bytes((value or "\0").encode() * _WORD, "little")
        gpa = page * abi.PAGE_SIZE
        registers = abi.REGS_LAYOUT.pack(_REQUESTS[op], gpa, _WORD, word, _WORDS, *_REST)
        fcntl.ioctl(self.fd, abi.KVM_SET_REGS, registers)

    def run_call(self) -> tuple[int, int, int, int]:
        """The system call that carries the request out."""
        return (abi.SYS_IOCTL, self.fd, abi.KVM_RUN, 0)

    def reason(self) -> int:
        """Why the last run ended."""
        (reason,) = abi.RUN_EXIT_REASON.unpack_from(self.run)
        return int(reason)

    def content(self) -> str:
        """What the page that was read holds. Where it is not uniform the rest is not looked at."""
        registers = fcntl.ioctl(self.fd, abi.KVM_GET_REGS, bytes(abi.REGS_LAYOUT.size))
        _, _, _, word, left, *_ = abi.REGS_LAYOUT.unpack(registers)
        return describe(word.to_bytes(_WORD, "little")) if left == 0 else "mixed"


AnyVcpu = Vcpu | X86Vcpu


@dataclass(slots=True)
class Vm:
    """Descriptors of the VM and its vCPUs. ``flags`` go to every KVM_CREATE_GUEST_MEMFD."""

    fd: int
    guest: AnyVcpu
    kvm: AnyVcpu
    flags: int
    bitmap: mmap.mmap
    code: mmap.mmap | None = None
    """What real vCPUs execute."""
    region: tuple[int, int, int] = (0, 0, 0)
    """guest_memfd, size and userspace address of the slot as it is bound."""

    def create_file(self, size: int) -> int:
        """KVM_CREATE_GUEST_MEMFD."""
        argument = abi.CREATE_GUEST_MEMFD_LAYOUT.pack(size, self.flags, 0, 0, 0, 0, 0, 0)
        descriptor: int = fcntl.ioctl(self.fd, abi.KVM_CREATE_GUEST_MEMFD, bytearray(argument))
        return descriptor

    def bind(self, file: int, size: int, mapping: int) -> None:
        """Put the file into the memory slot; KVM's own accesses go through ``mapping``."""
        self.region = (file, size, mapping)
        self.bitmap[:8] = bytes(8)
        self._set_region(abi.KVM_MEM_GUEST_MEMFD, size)

    def unbind(self) -> None:
        """Delete the slot."""
        self._set_region(0, 0)

    def set_userfault(self, on: bool) -> None:
        """Set or clear KVM_MEM_USERFAULT on the slot."""
        flags = abi.KVM_MEM_GUEST_MEMFD | (abi.KVM_MEM_USERFAULT if on else 0)
        self._set_region(flags, self.region[1])

    def set_bit(self, page: int, on: bool) -> None:
        """Set or clear a page's bit in the userfault bitmap."""
        byte, bit = divmod(page, 8)
        self.bitmap[byte] = (self.bitmap[byte] & ~(1 << bit)) | on << bit

    def _set_region(self, flags: int, size: int) -> None:
        file, _, mapping = self.region
        pad = [0] * 14
        if flags & abi.KVM_MEM_USERFAULT:
            pad[0] = address_of(self.bitmap)
        region = abi.REGION2_LAYOUT.pack(SLOT, flags, 0, size, mapping, 0, file, 0, *pad)
        fcntl.ioctl(self.fd, abi.KVM_SET_USER_MEMORY_REGION2, region)


def open_vm(flags: int) -> Vm:
    """Create the VM and its vCPUs.

    To ``flags`` come those the kernel offers: since 6.18 memory can be mapped, is shared, and in
    some revisions can be written, only if that is asked for.
    """
    kvm = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
    vm = fcntl.ioctl(kvm, abi.KVM_CREATE_VM, 0)
    size = fcntl.ioctl(kvm, abi.KVM_GET_VCPU_MMAP_SIZE, 0)
    os.close(kvm)
    flags |= fcntl.ioctl(vm, abi.KVM_CHECK_EXTENSION, abi.KVM_CAP_GUEST_MEMFD_FLAGS)
    real = os.uname().machine == "x86_64" and not _is_user_mode()
    code = set_up(vm) if real else None
    descriptors = [fcntl.ioctl(vm, abi.KVM_CREATE_VCPU, number) for number in range(2)]
    kind = X86Vcpu if real else Vcpu
    guest, own = (kind(descriptor, mmap.mmap(descriptor, size)) for descriptor in descriptors)
    return Vm(vm, guest, own, flags, anonymous(abi.PAGE_SIZE), code)


def _is_user_mode() -> bool:
    """Whether this is User-Mode Linux, whose vCPUs execute no instructions."""
    with open("/proc/cpuinfo", "rb") as file:  # noqa: PTH123 - pathlib costs the guest 10 ms
        return b"User Mode Linux" in file.read(1 << 12)


def describe_run(vcpu: AnyVcpu, op: str, result: int) -> str:
    """What a run came to; ``result`` is KVM_RUN's, a negative errno on failure."""
    reason = vcpu.reason()
    if result < 0 and op == "kvm-read":
        return errno_name(-result)  # KVM's own access is no exit of the guest's
    if result < 0 and reason == abi.KVM_EXIT_MEMORY_FAULT:
        flags, gpa, _size = abi.RUN_MEMORY_FAULT.unpack_from(vcpu.run)
        words = [word for bit, word in abi.MEMORY_EXIT_FLAGS.items() if flags & bit]
        return f"exit memory-fault {'+'.join(words) or 'none'} p{gpa // abi.PAGE_SIZE}"
    if result < 0:
        return errno_name(-result)
    if reason == abi.KVM_EXIT_MMIO:
        return "exit mmio"
    if reason != abi.KVM_EXIT_HLT:
        return f"exit {reason}"
    return "ok" if op == "vcpu-write" else f"value {vcpu.content()}"
