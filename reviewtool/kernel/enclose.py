# SPDX-License-Identifier: GPL-2.0-or-later
"""Making a sandbox, and unmaking it so that nothing of it survives."""

import contextlib
import functools
import io
import json
import os
import select
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from reviewtool.errors import InputError, Unavailable
from reviewtool.kernel import usage
from reviewtool.kernel.sandbox import INSIDE, Limits, Mount, View, argv, namespaces, system

_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LC_ALL": "C"}  # noqa: S108 - the sandbox's own
_NOBODY = 65534  # owns nothing on the host, and what a separate sandbox writes


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
    words = tuple(sorted({**_ENVIRONMENT, **(environment or {})}.items()))
    enclosed = complaint is None
    separate = enclosed and _separable() and all(_for_all(mount.source) for mount in mounts)
    owner = _NOBODY if separate else os.geteuid()
    for mount in mounts if os.geteuid() == 0 else ():
        if mount.writable and mount.source.stat().st_uid != owner:
            _give(mount.source, owner)
    return View(tuple(mounts), words, enclosed, separate)


@functools.cache
def missing() -> Unavailable | None:
    """Why no sandbox can be had here, with what mends it; None if it can."""
    if shutil.which("bwrap") is None:
        return Unavailable(
            "bubblewrap (bwrap) is not installed, and a revision is never built or booted without",
            "",
            "apt-get install bubblewrap",
        )
    probe = ["bwrap", *namespaces(separate=False), *system(), "true"]
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


@functools.cache
def _separable() -> bool:
    """Whether a sandbox can run as another user of the host than we do, which only root can.

    It is then held to the number of processes, and owns none of root's files.
    """
    if os.geteuid() != 0:
        return False
    attempt = View((), tuple(_ENVIRONMENT.items()), separate=True)
    with (
        contextlib.suppress(OSError),  # no right to map user ids: a container's root
        started(attempt, ["true"], Limits(10), stdin=subprocess.DEVNULL) as (process, _),
    ):
        process.communicate()
        return process.returncode == 0
    return False


def _for_all(path: Path) -> bool:
    """Whether anybody may read ``path`` once they get there."""
    mode = path.stat().st_mode
    return bool(mode & 0o004) and (not path.is_dir() or bool(mode & 0o001))


def _give(folder: Path, owner: int) -> None:
    """Make ``folder`` and all in it the sandbox's; InputError where we are root by name only."""
    try:
        os.chown(folder, owner, owner)
        for place, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(os.path.join(place, name), owner, owner, follow_symlinks=False)  # noqa: PTH118 - as os.walk gives it
    except OSError as error:
        raise InputError(
            f"cannot be given to user {owner}, who builds in the sandbox: {error.strerror}",
            str(folder),
            "remove it, or name another cache by REVIEWTOOL_CACHE",
        ) from error


@contextmanager
def started(
    view: View,
    command: Sequence[str],
    limits: Limits,
    *,
    chdir: str = "/",
    stdin: int,
    stdout: int = subprocess.PIPE,
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """``command`` running in ``view``, output and errors going one way; its first process' id.

    On leaving nothing of it runs any more.
    """
    with contextlib.ExitStack() as descriptors:
        info_read, info_write = _pipe(descriptors)
        go_read, go_write = _pipe(descriptors)
        words = argv(
            view, command, limits, chdir=chdir, pipes=(info_write.fileno(), go_read.fileno())
        )
        try:
            process = subprocess.Popen(
                words,
                # Not ours: a process inside may read that of bubblewrap, its first process.
                env={"PATH": os.environ.get("PATH", os.defpath)},
                stdin=stdin,
                stdout=stdout,
                stderr=subprocess.STDOUT,
                pass_fds=[info_write.fileno(), go_read.fileno()],
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise Unavailable(f"{words[0]} is not installed", "", f"install {words[0]}") from error
        info_write.close()
        go_read.close()
        with process:
            try:
                # bubblewrap reports the first process of the new PID namespace before it runs
                # anything there; no report means that it failed, and its output says why.
                report = info_read.read() if view.enclosed else b""
                root = int(json.loads(report)["child-pid"]) if report else process.pid
                if report and view.separate:
                    for kind in ("uid_map", "gid_map"):
                        ids = f"0 0 1\n{INSIDE} {_NOBODY} 1\n"
                        Path(f"/proc/{root}/{kind}").write_text(ids)
                # A process that has ended already reads nothing; its output says why it did.
                with contextlib.suppress(BrokenPipeError):
                    go_write.write(b"go")
                    go_write.close()
                with _namespace_end(root):
                    try:
                        yield process, root
                    finally:
                        _kill(root)
                        process.wait()
            except BaseException:
                process.kill()
                raise


def _pipe(descriptors: contextlib.ExitStack) -> tuple[io.FileIO, io.FileIO]:
    read, write = os.pipe()
    return (
        descriptors.enter_context(io.FileIO(read, "r")),
        descriptors.enter_context(io.FileIO(write, "w")),
    )


@contextmanager
def _namespace_end(init: int) -> Iterator[None]:
    """Leave only when ``init`` is gone: a PID namespace's first process outlives all others."""
    try:
        handle = os.pidfd_open(init)
    except ProcessLookupError:
        yield
        return
    try:
        yield
        select.select([handle], [], [])
    finally:
        os.close(handle)


def _kill(root: int) -> None:
    """End ``root`` and all below it. In a sandbox the first kill takes the whole namespace."""
    for pid in [root, *usage.tree(root)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
