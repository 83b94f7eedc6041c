# SPDX-License-Identifier: GPL-2.0-or-later
"""The virtual machine of a run: one memory slot on the sequence's guest_memfd, one software vCPU.

The vCPU's requests are those of KVM for User-Mode Linux: registers say what to access, KVM_RUN
ends in HLT when it is done. See reference-impl/um-kvm/README.md.
"""

import fcntl
import mmap
import os
from dataclasses import dataclass

from refmodel.guest import abi
from refmodel.guest.pages import Sources, describe
from refmodel.guest.syscalls import errno_name
from refmodel.guest.threads import Worker, address_of, anonymous

SYS_IOCTL = 16
SLOT = 0


@dataclass(slots=True)
class Vm:
    """Descriptors of the VM and its vCPU. ``flags`` go to every KVM_CREATE_GUEST_MEMFD."""

    fd: int
    vcpu: int
    run: mmap.mmap
    flags: int
    bitmap: mmap.mmap
    sources: Sources
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

    def prepare(self, op: str, page: int, value: str | None, worker: Worker) -> None:
        """Load the registers for one access of a whole page."""
        raise NotImplementedError

    def run_call(self) -> tuple[int, int, int, int]:
        """The system call that runs the vCPU."""
        return (SYS_IOCTL, self.vcpu, abi.KVM_RUN, 0)


def open_vm(flags: int, sources: Sources) -> Vm:
    """Create the VM and its vCPU."""
    kvm = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
    vm = fcntl.ioctl(kvm, abi.KVM_CREATE_VM, 0)
    vcpu = fcntl.ioctl(vm, abi.KVM_CREATE_VCPU, 0)
    run = mmap.mmap(vcpu, fcntl.ioctl(kvm, abi.KVM_GET_VCPU_MMAP_SIZE, 0))
    os.close(kvm)
    return Vm(vm, vcpu, run, flags, anonymous(abi.PAGE_SIZE), sources)


def describe_run(vm: Vm, worker: Worker, op: str) -> str:
    """What the vCPU's run came to."""
    result = worker.result()
    (reason,) = abi.RUN_EXIT_REASON.unpack_from(vm.run)
    if reason == abi.KVM_EXIT_MEMORY_FAULT and result < 0:
        flags, gpa, _size = abi.RUN_MEMORY_FAULT.unpack_from(vm.run)
        words = [word for bit, word in abi.MEMORY_EXIT_FLAGS.items() if flags & bit]
        return f"exit memory-fault {'+'.join(words) or 'none'} p{gpa // abi.PAGE_SIZE}"
    if result < 0:
        return errno_name(-result)
    if reason == abi.KVM_EXIT_MMIO:
        return "exit mmio"
    if reason != abi.KVM_EXIT_HLT:
        return f"exit {reason}"
    return "ok" if op == "vcpu-write" else f"value {describe(worker.memory[:])}"
