# SPDX-License-Identifier: GPL-2.0-or-later
"""What each word of the vocabulary does to a kernel: the system calls and accesses behind it."""

from collections.abc import Callable

from refmodel.core import CONTINUE, COPY, ESPIPE, POISON_MODE, ZEROPAGE
from refmodel.kvm import PAGE, GuestMemfd, Iter, errno_name
from refmodel.vocabulary import Input
from refmodel.world import MODE_FLAGS


def perform(k: GuestMemfd, each: Input) -> str:
    """Carry out one input, and run every thread it wakes; returns its result."""
    done = _OPERATIONS[each.op](k, each, each.page or 0)
    if k.woken:
        k.settle()
    return errno_name(done) if isinstance(done, int) else done


WRITES = {
    "pwrite": (0, PAGE, PAGE),
    "pwrite-short": (0, PAGE, 1),
    "pwrite-fault": (0, PAGE, 0),
    "pwrite-half": (1, 1, 1),
}
"""Where in the page, how much, and how much of the source can be read: in halves of a page."""


def _write(k: GuestMemfd, each: Input, page: int) -> str | int:
    if not k.gmem_write:
        return -ESPIPE  # no FMODE_PWRITE
    it = Iter(each.value or "", *WRITES[each.op])
    written: int = getattr(k, k.gmem_write)(page, it)
    return written if written < 0 or written == it.length else "short 2048"


def _user(k: GuestMemfd, each: Input, page: int) -> str:
    return k.touch(each.thread or 0, k.alias if each.alias else k.vma, page, each.value)


def _set_bit(k: GuestMemfd, each: Input, page: int) -> int:
    k.bitmap[page] = each.word == "set"
    return 0


_OPERATIONS: dict[str, Callable[[GuestMemfd, Input, int], str | int]] = {
    "register": lambda k, each, _: k.userfaultfd_register(MODE_FLAGS[each.word or ""]),
    "unregister": lambda k, *_: k.userfaultfd_unregister(),
    "read": _user,
    "write": _user,
    "kvm-read": lambda k, _, page: k.told("k", k.touch(len(k.threads) - 1, k.vma, page, None)),
    "pread": lambda k, _, page: k.file_read(page),
    **dict.fromkeys(WRITES, _write),
    "copy": lambda k, each, page: k.mfill_atomic(page, COPY, each.value),
    "zeropage": lambda k, _, page: k.mfill_atomic(page, ZEROPAGE),
    "continue": lambda k, _, page: k.mfill_atomic(page, CONTINUE),
    "poison": lambda k, _, page: k.mfill_atomic(page, POISON_MODE),
    "wake": lambda k, _, page: k.wake_userfault(page),
    "writeprotect": lambda k, *_: k.mwriteprotect_range(),
    "dontneed": lambda k, _, page: k.madvise_dontneed(page),
    "fallocate": lambda k, _, page: k.kvm_gmem_allocate(page),
    "punch": lambda k, _, page: k.kvm_gmem_punch_hole(page),
    "vcpu-read": lambda k, _, page: k.vcpu(page, None),
    "vcpu-write": lambda k, each, page: k.vcpu(page, each.value),
    "userfault": lambda k, each, _: k.kvm_set_userfault(each.word == "on"),
    "bitmap": _set_bit,
}
