# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether this machine can build and boot User-Mode Linux, and what mends it if not."""

import ctypes
import mmap
import os
import platform
import shutil
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path

from reviewtool.kernel import enclose, usage
from reviewtool.kernel.compiler import TOOLS

_TRACEME = 0
_NEEDED_MEMORY = 2 << 30
_NEEDED_DISK = 3 << 30


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a kernel needs. ``remedy`` is the command or setting that mends it."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def checks(cache_folder: Path) -> list[Check]:
    """All that building and booting need, each tried and not only looked for."""
    return [
        _machine(),
        *(_tool(name, package) for name, package in TOOLS.items()),
        _headers(),
        _optional_ccache(),
        _sandbox(),
        _ptrace(),
        _executable_memory(),
        _memory(),
        _disk(cache_folder),
    ]


def _machine() -> Check:
    machine = f"{platform.system()} on {platform.machine()}"
    ok = platform.system() == "Linux" and platform.machine() == "x86_64"
    return Check("machine", ok, machine, "" if ok else "User-Mode Linux needs Linux on x86_64")


def _tool(name: str, package: str) -> Check:
    path = shutil.which(name)
    if path is None:
        return Check(name, False, "not installed", f"apt-get install {package}")
    return Check(name, True, path)


def _headers() -> Check:
    """The C library's headers, which the compiler does not bring."""
    found = Path("/usr/include/stdio.h").exists()
    detail = "/usr/include" if found else "the C library's headers are not installed"
    return Check("libc headers", found, detail, "" if found else "apt-get install libc6-dev")


def _optional_ccache() -> Check:
    path = shutil.which("ccache")
    detail = path or "not installed; only makes building the same again faster"
    return Check("ccache", True, detail, "" if path else "apt-get install ccache")


def _sandbox() -> Check:
    complaint = enclose.missing()
    if complaint is None:
        return Check("bubblewrap", True, shutil.which("bwrap") or "")
    return Check("bubblewrap", False, complaint.what, complaint.remedy)


def _ptrace() -> Check:
    """Trace a child, as the User-Mode Linux kernel traces its user space."""
    libc = ctypes.CDLL(None, use_errno=True)
    child = os.fork()
    if child == 0:
        if libc.ptrace(_TRACEME, 0, 0, 0) != 0:
            os._exit(1)
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    _, status = os.waitpid(child, os.WUNTRACED)
    stopped = os.WIFSTOPPED(status)
    if stopped:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return Check("ptrace", True, "a child can be traced")
    return Check(
        "ptrace",
        False,
        "tracing a child is forbidden",
        "in a container: --cap-add SYS_PTRACE or --security-opt seccomp=unconfined",
    )


def _executable_memory() -> Check:
    """A file in /dev/shm that can be mapped executable: the guest's memory is one."""
    folder = "/dev/shm"  # noqa: S108 - where User-Mode Linux puts it
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.truncate(mmap.PAGESIZE)
            protection = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
            mmap.mmap(file.fileno(), mmap.PAGESIZE, mmap.MAP_SHARED, protection).close()
    except OSError as error:
        remedy = f"mount -o remount,exec {folder}"
        return Check("executable shared memory", False, f"{folder}: {error.strerror}", remedy)
    return Check("executable shared memory", True, folder)


def _memory() -> Check:
    free = usage.free_memory()
    detail = f"{free >> 20} MiB available"
    remedy = "" if free >= _NEEDED_MEMORY else "close something: a build takes up to 2 GiB"
    return Check("memory", free >= _NEEDED_MEMORY, detail, remedy)


def _disk(folder: Path) -> Check:
    place = folder
    while not os.access(place, os.F_OK):
        place = place.parent
    if refused := _refusal(place, folder):
        remedy = "make it yours to write, or set REVIEWTOOL_CACHE to a folder that is"
        return Check("disk", False, refused, remedy)
    free = shutil.disk_usage(place).free
    detail = f"{free >> 20} MiB free for {folder}"
    remedy = "" if free >= _NEEDED_DISK else "set REVIEWTOOL_CACHE to a folder with 3 GiB free"
    return Check("disk", free >= _NEEDED_DISK, detail, remedy)


def _refusal(place: Path, folder: Path) -> str:
    """Why the cache in ``folder`` cannot be written to; ``place`` is what there is of its path.

    What it holds is tried too: a run as root leaves folders that are root's.
    """
    tried = place
    try:
        _write_in(place)
        if place == folder:
            for tried in sorted(one for one in place.iterdir() if one.is_dir()):
                _write_in(tried)
    except OSError as error:
        return f"{tried} cannot be written to: {error.strerror}"
    return ""


def _write_in(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"x")
