# SPDX-License-Identifier: GPL-2.0-or-later
"""What each word of the vocabulary does to a kernel: the system calls and accesses behind it."""

from collections.abc import Callable

from refmodel.core import CONTINUE, COPY, ESPIPE, POISON_MODE, ZEROPAGE
from refmodel.kvm import PAGE, GuestMemfd, Iter, errno_name
from refmodel.vocabulary import Input
from refmodel.world import MODE_FLAGS


def perform(k: GuestMemfd, each: Input) -> str:
    """Carry out one input, and run every thread it wakes; returns its result."""
    result = _OPERATIONS[each.op](k, each)
    if k.woken:
        k.settle()
    return result


def _user(k: GuestMemfd, each: Input) -> str:
    thread = each.thread or 0
    if k.threads[thread] is not None:
        return "busy"
    return k.access(thread, k.alias if each.alias else k.vma, each.page or 0, each.value)


def _kvm_read_guest(k: GuestMemfd, each: Input) -> str:
    thread = len(k.threads) - 1
    if k.threads[thread] is not None:
        return "busy"
    return k.told("k", k.access(thread, k.vma, each.page or 0, None))


WRITES = {
    "pwrite": (0, PAGE, PAGE),
    "pwrite-short": (0, PAGE, 1),
    "pwrite-fault": (0, PAGE, 0),
    "pwrite-half": (1, 1, 1),
}
"""Where in the page, how much, and how much of the source can be read: in halves of a page."""


def _write(k: GuestMemfd, each: Input) -> str:
    if not k.gmem_write:
        return errno_name(-ESPIPE)  # no FMODE_PWRITE
    it = Iter(each.value or "", *WRITES[each.op])
    written: int = getattr(k, k.gmem_write)(each.page or 0, it)
    return errno_name(written) if written < 0 or written == it.length else "short 2048"


def _wake(k: GuestMemfd, each: Input) -> str:
    k.wake_userfault(each.page or 0)
    return "ok"


def _set_bit(k: GuestMemfd, each: Input) -> str:
    k.bitmap[each.page or 0] = each.word == "set"
    return "ok"


_OPERATIONS: dict[str, Callable[[GuestMemfd, Input], str]] = {
    "register": lambda k, i: errno_name(k.userfaultfd_register(MODE_FLAGS[i.word or ""])),
    "unregister": lambda k, _: errno_name(k.userfaultfd_unregister()),
    "read": _user,
    "write": _user,
    "kvm-read": _kvm_read_guest,
    "pread": lambda k, i: k.file_read(i.page or 0),
    **dict.fromkeys(WRITES, _write),
    "copy": lambda k, i: errno_name(k.mfill_atomic(i.page or 0, COPY, i.value)),
    "zeropage": lambda k, i: errno_name(k.mfill_atomic(i.page or 0, ZEROPAGE)),
    "continue": lambda k, i: errno_name(k.mfill_atomic(i.page or 0, CONTINUE)),
    "poison": lambda k, i: errno_name(k.mfill_atomic(i.page or 0, POISON_MODE)),
    "wake": _wake,
    "writeprotect": lambda k, _: errno_name(k.mwriteprotect_range()),
    "dontneed": lambda k, i: errno_name(k.madvise_dontneed(i.page or 0)),
    "fallocate": lambda k, i: errno_name(k.kvm_gmem_allocate(i.page or 0)),
    "punch": lambda k, i: errno_name(k.kvm_gmem_punch_hole(i.page or 0)),
    "vcpu-read": lambda k, i: k.vcpu(i.page or 0, None),
    "vcpu-write": lambda k, i: k.vcpu(i.page or 0, i.value),
    "userfault": lambda k, i: errno_name(k.kvm_set_userfault(i.word == "on")),
    "bitmap": _set_bit,
}
