# SPDX-License-Identifier: GPL-2.0-or-later
"""What a stranger's Makefile or kernel gets to see: a small fixed view of this machine.

A revision's Makefiles run when it is built and its code runs when it is booted, so both happen in
bubblewrap: new user, process, mount, network, IPC and host-name namespaces, no capability, no new
privileges, the system's programs read-only, a private ``/tmp`` and ``/dev/shm`` of limited size,
and what the caller mounts. Nothing else of the machine has a name in there.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewtool.errors import Unavailable

INSIDE = 1000  # the user id in the sandbox
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
    address_space: int | None = 8192 * _MIB  # of each process; None: not limited
    processes: int = 512
    open_files: int = 1024
    output: int = 64 * _MIB
    file_size: int = 1024 * _MIB
    disk: int = 2048 * _MIB  # growth of the writable folders
    scratch: int = 512 * _MIB  # /tmp, and /dev/shm


@dataclass(frozen=True, slots=True)
class View:
    """What is mounted where, and whether bubblewrap is what does it.

    Without bubblewrap (only trusted code gets there) paths inside are the host's own, so commands
    name files through :meth:`at`.
    """

    mounts: tuple[Mount, ...]
    environment: tuple[tuple[str, str], ...]
    enclosed: bool = True
    separate: bool = False  # runs as user 65534 of the host, which only root can arrange

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


def argv(
    view: View,
    command: Sequence[str],
    limits: Limits,
    *,
    chdir: str = "/",
    pipes: tuple[int, int] | None = None,
) -> list[str]:
    """The command line that runs ``command`` inside ``view``.

    ``pipes`` are the file descriptors on which bubblewrap reports its first process and waits for
    the user ids of a separate view.
    """
    limited = [
        "prlimit",
        f"--as={limits.address_space or 'unlimited'}",
        f"--nofile={limits.open_files}",
        f"--fsize={limits.file_size}",
        "--core=0",
        # Counted per user namespace since 5.14. The kernel never holds user 0 to it, which is one
        # reason for a separate user.
        *([f"--nproc={limits.processes}"] if view.enclosed else []),
        "--",
        *command,
    ]
    first_victim = ["choom", "-n", "1000", "--"]  # if memory runs out, the kernel takes this
    if not view.enclosed:
        environment = [f"{name}={value}" for name, value in view.environment]
        return [*first_victim, "env", "-C", view.at(chdir), "-i", *environment, *limited]
    words = [*first_victim, "bwrap", *namespaces(separate=view.separate)]
    if pipes is not None:
        words += ["--info-fd", str(pipes[0])]
    if pipes is not None and view.separate:
        words += ["--userns-block-fd", str(pipes[1])]
    mounts = [*view.mounts, *_interpreter()]
    words += _parents(mount.target for mount in mounts)
    words += system()
    for place in ("/tmp", "/dev/shm"):  # noqa: S108 - the sandbox's own
        words += ["--perms", "1777", "--size", str(limits.scratch), "--tmpfs", place]
    for mount in mounts:
        words += ["--bind" if mount.writable else "--ro-bind", str(mount.source), mount.target]
    words.append("--clearenv")
    for name, value in view.environment:
        words += ["--setenv", name, value]
    # The two tmpfs that bubblewrap makes without a size limit.
    words += ["--remount-ro", "/dev", "--remount-ro", "/"]
    if view.separate:
        limited = [
            *("setpriv", "--reuid", str(INSIDE), "--regid", str(INSIDE), "--clear-groups"),
            *("--bounding-set", "-all", "--inh-caps", "-all", *limited),
        ]
    return [*words, "--chdir", chdir, "--", *limited]


def namespaces(*, separate: bool) -> list[str]:
    """The options that shut the sandbox off.

    A separate user needs two user ids in the namespace: root's to set it up, the other's to run.
    """
    words = [
        *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net"),
        *("--unshare-cgroup-try", "--hostname", "reviewtool", "--die-with-parent"),
        *("--new-session", "--cap-drop", "ALL"),
    ]
    if separate:
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            words += ["--cap-add", capability]
        return [*words, "--uid", "0", "--gid", "0"]
    return [*words, "--uid", str(INSIDE), "--gid", str(INSIDE), "--disable-userns"]


def system() -> list[str]:
    """The system's programs and libraries, /proc and /dev, as they are on the host."""
    words = ["--perms", "0755", "--dir", "/etc", "--ro-bind", "/usr", "/usr"]
    for name in _SYSTEM:
        path = Path("/") / name
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            words += ["--ro-bind", str(path), str(path)]
    for name in _ETC:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    # Read-only: what root starts, even without capabilities, is root to /proc/sys and could write
    # kernel.core_pattern, which is the whole machine's.
    # Empty: a guest mounts there what it needs.
    words += ["--perms", "0755", "--dir", "/sys"]
    return [*words, "--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"]


def _parents(targets: Iterable[str]) -> list[str]:
    """The folders above ``targets``; those bubblewrap makes by itself are for its user alone."""
    words = []
    above = {str(parent) for target in targets for parent in Path(target).parents}
    for folder in sorted(above - {"/"}):
        words += ["--perms", "0755", "--dir", folder]
    return words


def interpreter() -> str:
    """The Python that runs inside: this one, without its virtual environment."""
    # Not sys._base_executable: that is a launcher of pyenv's when Python was started through one.
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return str((Path(sys.base_prefix) / "bin" / version).resolve())


def _interpreter() -> list[Mount]:
    """A mount for an interpreter outside ``/usr`` (pyenv, uv): its own prefix and no more."""
    prefix = Path(sys.base_prefix).resolve()
    if prefix.is_relative_to("/usr"):
        return []
    if Path.home().resolve().is_relative_to(prefix):
        raise Unavailable(
            "the Python interpreter's prefix holds your home folder, so it cannot be shown alone",
            str(prefix),
            "use the system's python3",
        )
    return [Mount(prefix, str(prefix))]
