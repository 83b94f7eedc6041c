# SPDX-License-Identifier: GPL-2.0-or-later
"""Numbers and layouts of the kernel's interfaces the driver uses, for x86-64.

Sources: include/uapi/linux/userfaultfd.h, include/uapi/linux/kvm.h, include/uapi/linux/falloc.h,
arch/x86/entry/syscalls/syscall_64.tbl and arch/x86/include/uapi/asm/kvm.h of Linux 6.12.
"""

import struct

PAGE_SIZE = 4096

SYS_USERFAULTFD = 323

MADV_DONTNEED = 4
MAP_SHARED = 1
PROT_READ_WRITE = 3
FALLOC_FL_KEEP_SIZE = 1
FALLOC_FL_PUNCH_HOLE = 2
SIGBUS = 7
SIGSEGV = 11
SA_SIGINFO = 4
F_ADD_SEALS = 1033
F_SEAL_SHRINK_AND_GROW = 2 | 4
RB_POWER_OFF = 0x4321FEDC
O_CLOEXEC = 0o2000000
O_NONBLOCK = 0o4000

_READ = 2
_WRITE = 1


def _ioc(direction: int, kind: int, number: int, size: int) -> int:
    """The ioctl number macros of asm-generic/ioctl.h."""
    return direction << 30 | size << 16 | kind << 8 | number


# userfaultfd: name -> layout of its argument. Every field is 64 bits wide.
UFFD_API = 0xAA
UFFD_FEATURE_THREAD_ID = 1 << 8
UFFD_FEATURE_BIT_17 = 1 << 17
"""What the proposals of 2025 called their own feature: UFFD_FEATURE_MINOR_GUEST_MEMFD,
UFFD_FEATURE_MINOR_GENERIC, UFFD_FEATURE_MINOR_ALL."""
UFFD_EVENT_PAGEFAULT = 0x12
UFFD_PAGEFAULT_FLAG_WRITE = 1 << 0
UFFD_PAGEFAULT_FLAG_WP = 1 << 1
UFFD_PAGEFAULT_FLAG_MINOR = 1 << 2
UFFDIO_WRITEPROTECT_MODE_WP = 1 << 0
REGISTER_MODES = {"missing": 1 << 0, "wp": 1 << 1, "minor": 1 << 2}

API_LAYOUT = struct.Struct("<3Q")  # api, features, ioctls
RANGE_LAYOUT = struct.Struct("<2Q")  # start, len
REGISTER_LAYOUT = struct.Struct("<4Q")  # start, len, mode, ioctls
COPY_LAYOUT = struct.Struct("<4Qq")  # dst, src, len, mode, copied
FILL_LAYOUT = struct.Struct("<3Qq")  # start, len, mode, done: zeropage, continue, poison
WRITEPROTECT_LAYOUT = struct.Struct("<3Q")  # start, len, mode
MESSAGE_LAYOUT = struct.Struct("<B7xQQI4x")  # event, pagefault flags, address, thread id

UFFDIO_API = _ioc(_READ | _WRITE, 0xAA, 0x3F, API_LAYOUT.size)
UFFDIO_REGISTER = _ioc(_READ | _WRITE, 0xAA, 0x00, REGISTER_LAYOUT.size)
UFFDIO_UNREGISTER = _ioc(_READ, 0xAA, 0x01, RANGE_LAYOUT.size)
UFFDIO_WAKE = _ioc(_READ, 0xAA, 0x02, RANGE_LAYOUT.size)
UFFDIO_COPY = _ioc(_READ | _WRITE, 0xAA, 0x03, COPY_LAYOUT.size)
UFFDIO_ZEROPAGE = _ioc(_READ | _WRITE, 0xAA, 0x04, FILL_LAYOUT.size)
UFFDIO_WRITEPROTECT = _ioc(_READ | _WRITE, 0xAA, 0x06, WRITEPROTECT_LAYOUT.size)
UFFDIO_CONTINUE = _ioc(_READ | _WRITE, 0xAA, 0x07, FILL_LAYOUT.size)
UFFDIO_POISON = _ioc(_READ | _WRITE, 0xAA, 0x08, FILL_LAYOUT.size)

SYS_IOCTL = 16

# KVM
REGION2_LAYOUT = struct.Struct("<IIQQQQII14Q")
"""slot, flags, gpa, size, userspace address, guest_memfd offset, guest_memfd, pad, 14 x pad;
the userfault bitmap's address is the first of the 14."""
CREATE_GUEST_MEMFD_LAYOUT = struct.Struct("<8Q")  # size, flags, reserved
REGS_LAYOUT = struct.Struct("<18Q")  # rax rbx rcx rdx rsi rdi rsp rbp r8..r15 rip rflags

KVM_CREATE_VM = _ioc(0, 0xAE, 0x01, 0)
KVM_CHECK_EXTENSION = _ioc(0, 0xAE, 0x03, 0)
KVM_CAP_GUEST_MEMFD_FLAGS = 244
KVM_GET_VCPU_MMAP_SIZE = _ioc(0, 0xAE, 0x04, 0)
KVM_CREATE_VCPU = _ioc(0, 0xAE, 0x41, 0)
KVM_SET_USER_MEMORY_REGION2 = _ioc(_WRITE, 0xAE, 0x49, REGION2_LAYOUT.size)
KVM_RUN = _ioc(0, 0xAE, 0x80, 0)
KVM_GET_REGS = _ioc(_READ, 0xAE, 0x81, REGS_LAYOUT.size)
KVM_SET_REGS = _ioc(_WRITE, 0xAE, 0x82, REGS_LAYOUT.size)
KVM_CREATE_GUEST_MEMFD = _ioc(_READ | _WRITE, 0xAE, 0xD4, CREATE_GUEST_MEMFD_LAYOUT.size)

KVM_MEM_GUEST_MEMFD = 1 << 2
KVM_MEM_USERFAULT = 1 << 3
KVM_EXIT_HLT = 5
KVM_EXIT_MMIO = 6
KVM_EXIT_MEMORY_FAULT = 39
MEMORY_EXIT_FLAGS = {1 << 3: "private", 1 << 4: "userfault"}

RUN_EXIT_REASON = struct.Struct("<8xI")
RUN_MEMORY_FAULT = struct.Struct("<32x3Q")  # flags, gpa, size
RUN_MMIO = struct.Struct("<32xQ")  # physical address
