# SPDX-License-Identifier: GPL-2.0-or-later
"""vCPUs of a real x86 KVM that make the accesses the software vCPUs of User-Mode Linux make.

A vCPU runs a few instructions in 32-bit protected mode without paging, from a page of their own far
above the tested memory, and halts. KVM's own access through user page tables is that of its
instruction emulator: ``rep outsd`` has KVM read guest memory and hand it out to user space.
"""

import fcntl
import mmap
import struct

from refmodel.guest import abi
from refmodel.guest.pages import describe
from refmodel.guest.threads import address_of, anonymous

CODE_SLOT = 1
CODE_BASE = 0x200000
_TSS, _IDENTITY = 0x7FFBD000, 0x7FFBC000  # a C int, and no memory slot of ours

_KVM_SET_TSS_ADDR = 0xAE47
_KVM_SET_IDENTITY_MAP_ADDR = 0x4008AE48
_KVM_GET_SREGS, _KVM_SET_SREGS = 0x8138AE83, 0x4138AE84
_SREGS_SIZE = 312
_SEGMENT = struct.Struct("<QIHBBBBBBBBBB")
_CR0 = 224  # of struct kvm_sregs: after eight segments and two descriptor tables
_PROTECTED = 1
_CODE_TYPE, _DATA_TYPE = 11, 3

_IMMEDIATE_EXIT = 1  # of struct kvm_run
_IO = struct.Struct("<BBHIQ")  # direction, size, port, count, data offset: the exit's own part
_EXIT_PART = 32
KVM_EXIT_IO = 2

_WORD = 4
_WORDS = abi.PAGE_SIZE // _WORD
_FLAGS, _EQUAL = 2, 1 << 6
_ROUTINE = 0x20
# Where each request's routine starts, and its instructions: esi or edi is the address, ecx the
# number of words, eax the word.
_ROUTINES = {
    "vcpu-read": (0, bytes.fromhex("8b07 f3af f4")),  # mov eax,[edi]; repe scasd; hlt
    "vcpu-write": (_ROUTINE, bytes.fromhex("f3ab f4")),  # rep stosd; hlt
    "kvm-read": (2 * _ROUTINE, bytes.fromhex("f36f f4")),  # rep outsd; hlt
}


class X86Vcpu:
    """A vCPU's descriptor and its struct kvm_run."""

    def __init__(self, fd: int, run: mmap.mmap) -> None:
        self.fd = fd
        self.run = run
        self._op = ""
        self._half_done = False
        state = bytearray(fcntl.ioctl(fd, _KVM_GET_SREGS, bytes(_SREGS_SIZE)))
        for place, kind, selector in ((0, _CODE_TYPE, 8), (1, _DATA_TYPE, 16), (2, _DATA_TYPE, 16)):
            flat = (0, 0xFFFFFFFF, selector, kind, 1, 0, 1, 1, 0, 1, 0, 0, 0)
            _SEGMENT.pack_into(state, place * _SEGMENT.size, *flat)
        stack = (0, 0xFFFFFFFF, 16, _DATA_TYPE, 1, 0, 1, 1, 0, 1, 0, 0, 0)
        _SEGMENT.pack_into(state, 5 * _SEGMENT.size, *stack)
        (cr0,) = struct.unpack_from("<Q", state, _CR0)
        struct.pack_into("<Q", state, _CR0, cr0 | _PROTECTED)
        fcntl.ioctl(fd, _KVM_SET_SREGS, bytes(state))

    def prepare(self, op: str, page: int, value: str | None) -> None:
        """Load the registers for one access of a whole page."""
        (reason,) = abi.RUN_EXIT_REASON.unpack_from(self.run)
        if self._half_done and reason in (abi.KVM_EXIT_MMIO, KVM_EXIT_IO):
            self._give_up()
        self._op, self._half_done = op, True
        word = int.from_bytes((value or "\0").encode() * _WORD, "little")
        gpa = page * abi.PAGE_SIZE
        rip = CODE_BASE + _ROUTINES[op][0]
        rest = (gpa, gpa, 0, 0, *(0,) * 8, rip, _FLAGS)
        registers = abi.REGS_LAYOUT.pack(word, 0, _WORDS, 0, *rest)
        fcntl.ioctl(self.fd, abi.KVM_SET_REGS, registers)

    def _give_up(self) -> None:
        """Let KVM finish the instruction whose exit nobody answered, and no more."""
        self.run[_IMMEDIATE_EXIT] = 1
        try:
            fcntl.ioctl(self.fd, abi.KVM_RUN, 0)
        except InterruptedError:
            pass
        finally:
            self.run[_IMMEDIATE_EXIT] = 0

    def run_call(self) -> tuple[int, int, int, int]:
        """The system call that carries the request out."""
        return (abi.SYS_IOCTL, self.fd, abi.KVM_RUN, 0)

    def reason(self) -> int:
        """Why the last run ended; KVM_EXIT_HLT for an access of KVM's own that was handed out."""
        (reason,) = abi.RUN_EXIT_REASON.unpack_from(self.run)
        return abi.KVM_EXIT_HLT if (self._op, reason) == ("kvm-read", KVM_EXIT_IO) else reason

    def content(self) -> str:
        """What the page that was read holds. Where it is not uniform the rest is not looked at."""
        if self._op == "kvm-read":
            return describe(self._handed_out())
        registers = fcntl.ioctl(self.fd, abi.KVM_GET_REGS, bytes(abi.REGS_LAYOUT.size))
        word, _, left, *_, flags = abi.REGS_LAYOUT.unpack(registers)
        if left or not flags & _EQUAL:
            return "mixed"
        return describe((word & 0xFFFFFFFF).to_bytes(_WORD, "little"))

    def _handed_out(self) -> bytes:
        """All of the page: KVM hands out a part at a time."""
        content = b""
        while abi.RUN_EXIT_REASON.unpack_from(self.run)[0] == KVM_EXIT_IO:
            _, size, _, count, offset = _IO.unpack_from(self.run, _EXIT_PART)
            content += self.run[offset : offset + size * count]
            fcntl.ioctl(self.fd, abi.KVM_RUN, 0)
        return content


def set_up(vm: int) -> mmap.mmap:
    """Before there are vCPUs: what Intel's need to run at all, and the page with the routines."""
    fcntl.ioctl(vm, _KVM_SET_IDENTITY_MAP_ADDR, struct.pack("<Q", _IDENTITY))
    fcntl.ioctl(vm, _KVM_SET_TSS_ADDR, _TSS)
    code = anonymous(abi.PAGE_SIZE)
    for start, instructions in _ROUTINES.values():
        code[start : start + len(instructions)] = instructions
    region = abi.REGION2_LAYOUT.pack(
        CODE_SLOT, 0, CODE_BASE, abi.PAGE_SIZE, address_of(code), 0, 0, 0, *[0] * 14
    )
    fcntl.ioctl(vm, abi.KVM_SET_USER_MEMORY_REGION2, region)
    return code
