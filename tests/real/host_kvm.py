# SPDX-License-Identifier: GPL-2.0-or-later
"""The driver of the guests on this machine's own KVM: the same inputs, a real processor."""

import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable

from reviewtool import paths
from reviewtool.behaviour.guests import GuestEnd

_KVM_CREATE_VM, _KVM_CHECK_EXTENSION = 0xAE01, 0xAE03
_KVM_CAP_GUEST_MEMFD, _KVM_CAP_GUEST_MEMFD_FLAGS = 234, 244
_MMAP_AND_SHARED = 3
_SYS_USERFAULTFD = 323


def unusable() -> str:
    """Why this machine's KVM cannot be asked; empty if it can."""
    try:
        kvm = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        return f"/dev/kvm: {error.strerror}"
    try:
        vm = fcntl.ioctl(kvm, _KVM_CREATE_VM, 0)
    except OSError as error:
        return f"/dev/kvm: KVM_CREATE_VM: {error.strerror}"
    finally:
        os.close(kvm)
    try:
        if not fcntl.ioctl(vm, _KVM_CHECK_EXTENSION, _KVM_CAP_GUEST_MEMFD):
            return "this machine's KVM has no guest_memfd"
        flags = fcntl.ioctl(vm, _KVM_CHECK_EXTENSION, _KVM_CAP_GUEST_MEMFD_FLAGS)
        if flags & _MMAP_AND_SHARED != _MMAP_AND_SHARED:
            return (
                "this machine's guest_memfd cannot be mapped, or is not shared: before Linux 6.18"
            )
    finally:
        os.close(vm)
    return _no_userfaultfd()


def _no_userfaultfd() -> str:
    """Whether faults of kernel mode may be watched, which takes a privilege, is asked by trying."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.syscall(_SYS_USERFAULTFD, os.O_CLOEXEC)
    if descriptor < 0:
        return f"userfaultfd: {os.strerror(ctypes.get_errno())}"
    os.close(descriptor)
    return ""


def host_guest(plan: bytes, on_line: Callable[[str], None]) -> GuestEnd:
    """What a guest is to a kernel built here, a process is to the machine's own: see RunGuest.

    On one processor: the driver tells who is blocked by looking who does not run.
    """
    with tempfile.NamedTemporaryFile() as file:
        file.write(plan)
        file.flush()
        processor = min(os.sched_getaffinity(0))
        process = subprocess.Popen(
            [
                "taskset",
                "-c",
                str(processor),
                sys.executable,
                "-m",
                "refmodel.guest.agent",
                file.name,
            ],
            env={"PYTHONPATH": str(paths.reference_impl()), "PATH": "/usr/bin:/bin"},
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                on_line(line.rstrip("\n"))
    ended = "halted" if process.returncode == 0 else "killed"
    return GuestEnd(ended, "" if process.returncode == 0 else f"status {process.returncode}")
