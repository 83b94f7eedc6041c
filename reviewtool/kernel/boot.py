# SPDX-License-Identifier: GPL-2.0-or-later
"""Booting a built kernel, a User-Mode Linux process, with a job for its user space.

The guest's root is the sandbox's own root, read-only, through hostfs: the system's programs, this
Python, the job's packages and files below ``/run/reviewtool``. No image, no root, no network.
"""

import json
import os
import re
import shlex
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from reviewtool import cache
from reviewtool.kernel import guest_init
from reviewtool.kernel.enclose import view
from reviewtool.kernel.processors import Pin, pinned
from reviewtool.kernel.sandbox import Limits, Mount, View, interpreter
from reviewtool.kernel.sandbox import argv as sandboxed
from reviewtool.kernel.supervise import Outcome, ignore, run

Ended = Literal["halted", "panic", "timeout", "output-limit", "killed", "no-boot"]

FOLDER = "/run/reviewtool"
_MIB = 1 << 20
_CONSOLES = 200  # kept in the cache, the newest
_REACHED = "reviewtool: init"
_EXIT = re.compile(r"reviewtool: exit (\d+)$")
_PANIC = "Kernel panic - not syncing"
_DOWN = "reboot: Power down"
_PANIC_STATUS = 134  # the UML process aborts

# Above the defaults of the kernel: warnings are observations and must be seen (loglevel), an oops
# must end the guest, for what runs after it proves nothing, a freed page must not read as it did
# (page_poison), and a leaked one shall tell how it was allocated (page_owner). Addresses below brk
# are not random, or UML maps hundreds of MiB for nothing. Nothing here waits by counting loops, so
# the kernel need not take a tenth of a second to measure how long one takes (lpj). A kernel that
# knows nothing of seccomp hands it on to init as a variable.
_COMMAND_LINE = (
    *("rootfstype=hostfs", "rootflags=/", "ro", "con=null", "con0=fd:0,fd:1", "ssl=null"),
    *("loglevel=5", "oops=panic", "page_poison=1", "page_owner=on", "lpj=10000000", "seccomp=auto"),
)


@dataclass(frozen=True, slots=True)
class GuestJob:
    """What user space does in the guest; when it ends, the guest is switched off.

    ``module`` is a Python module run as ``__main__`` with ``argv`` as its arguments, found in
    ``packages`` (folders of Python packages, importable in the guest by their own names). Without
    a module, ``argv`` is a program and its arguments. ``files`` appear as
    ``/run/reviewtool/NAME``: bytes, or a file or folder of the host. All of it is read-only.
    """

    argv: tuple[str, ...] = ()
    module: str = ""
    packages: tuple[Path, ...] = ()
    files: Mapping[str, bytes | Path] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    terminal: tuple[int, int] | None = None  # rows, columns: the program talks to a person


@dataclass(frozen=True, slots=True)
class GuestLimits:
    """What a guest may use. ``memory`` is what the guest believes the machine has, in MiB."""

    seconds: float = 60.0
    memory: int = 64
    output: int = 64 * _MIB

    def sandbox(self) -> Limits:
        """The same for the processes that make up the guest."""
        return Limits(
            seconds=self.seconds,
            memory=(self.memory + 256) * _MIB,
            address_space=None,  # KASAN's shadow alone takes 16 TiB, nearly all of it never touched
            output=self.output,
            processes=256,
            file_size=2 * self.memory * _MIB,
            scratch=2 * self.memory * _MIB,
        )


@dataclass(frozen=True, slots=True)
class Boot:
    """How a guest ended. ``status`` is the job's exit status, None if it did not come to one."""

    ended: Ended
    reason: str  # for anything but "halted": one line
    status: int | None
    console: Path
    seconds: float
    command: str  # what to type to do it again


def boot(
    kernel: Path,
    job: GuestJob,
    limits: GuestLimits = GuestLimits(),
    on_line: Callable[[str], None] = ignore,
    *,
    console: Path | None = None,
    arguments: tuple[str, ...] = (),
    trusted: bool = False,
    cancel: threading.Event | None = None,
    stdin: int | None = None,
) -> Boot:
    """Boot ``kernel`` (a UML executable) with ``job`` and stay until the guest has ended.

    ``on_line`` gets every console line as it comes, the job's and the kernel's in their order;
    ``console`` is the file that keeps them (by default a :func:`new_console`); ``arguments`` go on
    the kernel's command line; what comes on the descriptor ``stdin`` is typed on its console.
    Several guests may run at once, one to a thread.
    """
    console = console or new_console()
    console.write_bytes(b"")
    within = limits.sandbox()
    with (
        staged(kernel, job, limits, arguments, trusted=trusted) as (inside, command),
        pinned() as pin,
    ):
        heard = _Heard(on_line, pin)
        outcome = run(
            inside,
            command,
            within,
            log=console,
            on_line=heard,
            cancel=cancel,
            open_input=True,
            stdin=stdin,
        )
    ended, reason = _judge(outcome, heard, within)
    again = shlex.join(sandboxed(inside, command, within))
    return Boot(ended, reason, heard.status, console, outcome.seconds, again)


def new_console() -> Path:
    """A file in the cache for what a guest prints; the oldest there make room for it."""
    folder = cache.folder("consoles")
    handle, name = tempfile.mkstemp(dir=folder, suffix=".log")
    os.close(handle)
    known = sorted(folder.glob("*.log"), key=_age)
    for old in known[:-_CONSOLES]:
        old.unlink(missing_ok=True)
    return Path(name)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process made room meanwhile
        return 0.0


@contextmanager
def staged(
    kernel: Path,
    job: GuestJob,
    limits: GuestLimits,
    arguments: tuple[str, ...] = (),
    *,
    trusted: bool = False,
) -> Iterator[tuple[View, list[str]]]:
    """The sandbox of a guest and the command that boots it, as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="reviewtool-guest-") as name:
        inside = view(_stage(Path(name), kernel, job), trusted=trusted)
        _write_job(Path(name), inside, job)
        yield inside, _command(inside, limits, arguments)


def _stage(stage: Path, kernel: Path, job: GuestJob) -> list[Mount]:
    """Put together what the guest finds below ``/run/reviewtool``, mounting what is a file."""
    folder = stage / "guest"
    folder.mkdir()
    mounts = [Mount(folder, FOLDER)]
    sources: dict[str, bytes | Path] = {
        **{f"python/{package.name}": package for package in job.packages},
        **job.files,
        "linux": kernel,
        "init.py": Path(guest_init.__file__),
        "job.json": b"",
    }
    for name, source in sources.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, bytes):
            place.write_bytes(source)
            continue
        if source.is_dir():
            place.mkdir()
        else:
            place.touch()
        mounts.append(Mount(source.resolve(strict=True), f"{FOLDER}/{name}"))
    return mounts


def _write_job(stage: Path, inside: View, job: GuestJob) -> None:
    path = [str(Path(inside.at(f"{FOLDER}/python/{p.name}")).parent) for p in job.packages]
    # Without a sandbox the guest's root is the host's, and the job lies below the host's /tmp.
    scratch = "/tmp" if inside.enclosed else "/mnt"  # noqa: S108 - the guest's own
    content = {
        "module": job.module,
        "argv": [inside.at(word) for word in job.argv],
        "path": list(dict.fromkeys(path)),
        "terminal": job.terminal,
        "scratch": scratch,
        "environment": {"PATH": "/usr/bin:/bin", "HOME": scratch, "LC_ALL": "C.UTF-8"}
        | dict(job.environment),
    }
    (stage / "guest" / "job.json").write_text(json.dumps(content))


def _command(inside: View, limits: GuestLimits, arguments: tuple[str, ...]) -> list[str]:
    return [
        *("setarch", "-R", inside.at(f"{FOLDER}/linux")),
        *(f"mem={limits.memory}M", *_COMMAND_LINE, *arguments),
        *(f"init={interpreter()}", "--", "-I", "-S", "-B", "-u"),
        *(inside.at(f"{FOLDER}/init.py"), inside.at(f"{FOLDER}/job.json")),
    ]


class _Heard:
    """What the console has said so far about the guest's fate; every line is passed on.

    With the first one the guest's processes are there, and ``pin`` is only theirs.
    """

    def __init__(self, pass_on: Callable[[str], None], pin: Pin) -> None:
        self._pass_on = pass_on
        self._pin = pin
        self.reached = False
        self.status: int | None = None
        self.panic = ""
        self.down = False
        self.last = ""

    def __call__(self, line: str) -> None:
        self._pin.release()
        if line == _REACHED:
            self.reached = True
        elif not self.panic and _PANIC in line:
            self.panic = line[line.index(_PANIC) :]
        elif said := _EXIT.match(line):
            self.status = int(said[1])
        elif _DOWN in line:
            self.down = True
        if line.strip():
            self.last = line
        self._pass_on(line)


def _judge(outcome: Outcome, heard: _Heard, within: Limits) -> tuple[Ended, str]:
    match outcome.ended:
        case "time":
            where = "" if heard.reached else ", before user space was reached"
            return "timeout", outcome.reason(within) + where
        case "output":
            return "output-limit", outcome.reason(within)
        case "memory" | "processes" | "disk" | "cancelled":
            return "killed", outcome.reason(within)
    if heard.panic:
        return "panic", heard.panic
    if outcome.status == _PANIC_STATUS:
        if heard.status is None or not heard.down:
            return "panic", "the kernel aborted without a word"
        # Seen now and then: the process aborts in its last act, when the machine is down already.
        return "halted", "the process aborted after the machine had powered down"
    if not heard.reached:
        return "no-boot", f"exit status {outcome.status}: {heard.last or 'nothing was printed'}"
    if outcome.status > 128:
        return "killed", f"by signal {outcome.status - 128}"
    if outcome.status or heard.status is None:
        return "halted", f"exit status {outcome.status}, before the job ended"
    return "halted", ""
