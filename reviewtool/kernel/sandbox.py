# SPDX-License-Identifier: GPL-2.0-or-later
"""What a stranger's Makefile or kernel gets to see: a small fixed view of this machine.

A revision's Makefiles run when it is built and its code runs when it is booted, so both happen in
bubblewrap: new user, process, mount, network, IPC and host-name namespaces, no capability, no new
privileges, the system's programs read-only, a private ``/tmp`` and ``/dev/shm`` of limited size,
and what the caller mounts. Nothing else of the machine has a name in there.
"""

import functools
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewtool.errors import Unavailable

_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LC_ALL": "C"}  # noqa: S108 - the sandbox's own
_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime")
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Mount:
    """A file or folder of the host and the path it has inside."""

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What a sandbox may use before it is stopped. Sizes in bytes."""

    seconds: float
    memory: int = 4096 * _MIB  # private memory of all processes together
    address_space: int = 8192 * _MIB  # of each process
    processes: int = 512
    open_files: int = 1024
    output: int = 64 * _MIB
    file_size: int = 1024 * _MIB
    disk: int = 2048 * _MIB  # growth of the writable folders
    scratch: int = 512 * _MIB  # /tmp, and /dev/shm


@dataclass(frozen=True, slots=True)
class View:
    """What is mounted where, and whether bubblewrap is what does it.

    Without bubblewrap (:func:`view` allows that for trusted code alone) paths inside are the
    host's own, so commands name files through :meth:`at`.
    """

    mounts: tuple[Mount, ...]
    environment: tuple[tuple[str, str], ...]
    enclosed: bool = True

    def at(self, target: str) -> str:
        """The name a command must use for what is mounted at ``target``."""
        if self.enclosed:
            return target
        for mount in sorted(self.mounts, key=lambda m: len(m.target), reverse=True):
            if target == mount.target or target.startswith(mount.target + "/"):
                return str(mount.source) + target[len(mount.target) :]
        return target

    def writable(self) -> tuple[Path, ...]:
        """The host's folders a command can write to."""
        return tuple(mount.source for mount in self.mounts if mount.writable)


def view(
    mounts: Sequence[Mount],
    environment: Mapping[str, str] | None = None,
    *,
    trusted: bool = False,
) -> View:
    """A sandbox showing ``mounts``, with ``environment`` added to a bare one.

    Raises :class:`Unavailable` where no sandbox can be had, unless the code is ``trusted``, which
    means ours; :attr:`View.enclosed` is then false and the caller says so.
    """
    complaint = missing()
    if complaint is not None and not trusted:
        raise complaint
    return View(
        tuple(mounts),
        tuple(sorted({**_ENVIRONMENT, **(environment or {})}.items())),
        enclosed=complaint is None,
    )


@functools.cache
def missing() -> Unavailable | None:
    """Why no sandbox can be had here, with what mends it; None if it can."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return Unavailable(
            "bubblewrap (bwrap) is not installed, and a revision is never built or booted without",
            "",
            "apt-get install bubblewrap",
        )
    probe = [bwrap, *_namespaces(), *_system(), "true"]
    done = subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode == 0:
        return None
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return Unavailable(
        "bubblewrap cannot make a sandbox here: " + (said[-1] if said else "no reason given"),
        "",
        _remedy(),
    )


def _remedy() -> str:
    """What forbids user namespaces on this machine: the usual settings, most likely first."""
    for name, forbidding, remedy in (
        ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=10000"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ):
        setting = Path("/proc/sys") / name
        if setting.exists() and setting.read_text().strip() == forbidding:
            return f"user namespaces are off: {remedy}"
    return (
        "user namespaces must be allowed: in a container run it with "
        "--security-opt seccomp=unconfined --security-opt systempaths=unconfined"
    )


def argv(
    view: View,
    command: Sequence[str],
    limits: Limits,
    *,
    chdir: str = "/",
    status: int | None = None,
) -> list[str]:
    """The command line that runs ``command`` inside ``view``.

    bubblewrap reports the processes it starts on the file descriptor ``status``.
    """
    first_victim = ["choom", "-n", "1000", "--"]  # if memory runs out, the kernel takes this
    limited = [
        "prlimit",
        f"--as={limits.address_space}",
        f"--nofile={limits.open_files}",
        f"--fsize={limits.file_size}",
        "--core=0",
        # Counted per user namespace since 5.14; for a real root the supervisor counts instead.
        *([f"--nproc={limits.processes}"] if view.enclosed else []),
        "--",
        *command,
    ]
    if not view.enclosed:
        environment = [f"{name}={value}" for name, value in view.environment]
        return [*first_victim, "env", "-C", view.at(chdir), "-i", *environment, *limited]
    words = [*first_victim, "bwrap"]
    if status is not None:
        words += ["--json-status-fd", str(status)]
    words += [
        *_namespaces(),
        *_system(),
        *("--size", str(limits.scratch), "--tmpfs", "/tmp"),  # noqa: S108 - the sandbox's own
        *("--size", str(limits.scratch), "--tmpfs", "/dev/shm"),  # noqa: S108 - the sandbox's own
        *_interpreter(),
    ]
    for mount in view.mounts:
        words += ["--bind" if mount.writable else "--ro-bind", str(mount.source), mount.target]
    words.append("--clearenv")
    for name, value in view.environment:
        words += ["--setenv", name, value]
    # The two tmpfs that bubblewrap makes without a size limit.
    words += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [*words, "--chdir", chdir, "--", *limited]


def _namespaces() -> list[str]:
    return [
        *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net"),
        *("--unshare-cgroup-try", "--disable-userns", "--cap-drop", "ALL"),
        *("--uid", "1000", "--gid", "1000", "--hostname", "reviewtool"),
        *("--die-with-parent", "--new-session"),
    ]


def _system() -> list[str]:
    """The system's programs and libraries, /proc and /dev, as they are on the host."""
    words = ["--ro-bind", "/usr", "/usr"]
    for name in _SYSTEM:
        path = Path("/") / name
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            words += ["--ro-bind", str(path), str(path)]
    for name in _ETC:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    # Read-only: a sandbox started by root has root's user id towards /proc/sys, capabilities or
    # not, and could write kernel.core_pattern, which is the whole machine's.
    return [*words, "--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"]


def interpreter() -> str:
    """The Python that runs inside: this one, without its virtual environment."""
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())


def _interpreter() -> list[str]:
    """Mounts for an interpreter outside ``/usr`` (pyenv, uv): its own prefix and no more."""
    prefix = Path(sys.base_prefix).resolve()
    if prefix.is_relative_to("/usr"):
        return []
    if Path.home().resolve().is_relative_to(prefix):
        raise Unavailable(
            "the Python interpreter's prefix holds your home folder, so it cannot be shown alone",
            str(prefix),
            "use the system's python3",
        )
    return ["--ro-bind", str(prefix), str(prefix)]
