# SPDX-License-Identifier: GPL-2.0-or-later
"""Building and booting, beside what kernel developers use: kunit.py and QEMU.

Everything is built in a cache of its own, its ccache empty. The machine should have nothing else to
do: the load when it began is printed first, and each figure's limit beside it. Takes six minutes on
two cores; ``REVIEWTOOL_BENCH`` names the parts to run (``builds boots kunit qemu``), of which boots
alone takes kernels from the user's cache.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from refmodel.vocabulary import parse
from reviewtool import cache
from reviewtool.behaviour.guests import Settings, kernel_guest
from reviewtool.kernel.boot import FOLDER, GuestJob, GuestLimits, boot
from reviewtool.kernel.build import Kernel, build
from reviewtool.kernel.bytecode import compiled
from reviewtool.paths import reference_impl
from reviewtool.review.kernels import kernel
from reviewtool.review.session import Session, base_of, open_session, with_base
from reviewtool.tree.delta import FileChange
from tests.real import qemu_kvm

BOOTS = 10
GUESTS = 20
PARTS = ("builds", "boots", "kunit", "qemu")
ONE_READ = Settings().plan([(0, parse("read u0 p0"))])


def main() -> None:
    """Print the figures for the embedded study's base and first revision."""
    session = with_base(open_session("embedded", None))
    folder = base_of(session).path
    parts = os.environ.get("REVIEWTOOL_BENCH", " ".join(PARTS)).split()
    if unknown := set(parts) - set(PARTS):
        sys.exit(f"REVIEWTOOL_BENCH: no part {min(unknown)}; there is {', '.join(PARTS)}")
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the beginning")
    with _own_cache() if "builds" in parts else nullcontext():
        if "builds" in parts:
            _builds(folder)
        if "boots" in parts:
            made = _revision(session)
            _boots(made)
            _twenty(made)
    if "kunit" in parts:
        _kunit(folder)
    if "qemu" in parts:
        _qemu()


def _builds(folder: Path) -> None:
    base = build(folder, trusted=True, title="the base")
    _say("build from nothing", base.seconds, 120)
    # In this order: each is built on the objects of the one before.
    for path, limit in (("virt/kvm/guest_memfd.c", 10), ("include/linux/mm.h", 75)):
        changed = build(folder, (_touched(folder, path),), trusted=True, title=path)
        what = f"a revision that touches {Path(path).name}"
        _say(f"{what}, {changed.steps} compilations", changed.seconds, limit)


def _revision(session: Session) -> Kernel:
    name = session.study.revisions[0].id
    made = kernel(session, name)
    if not made.cached:
        _say(f"{name}, after the base", made.seconds)
    started = time.monotonic()
    kernel(session, name)
    _say("a kernel known already", time.monotonic() - started)
    return made


def _say(what: str, seconds: float, limit: float | None = None) -> None:
    """One figure; the limit is what the project promises of it."""
    promised = "" if limit is None else f"  (at most {limit:g})"
    missed = "  MISSED" if limit is not None and seconds > limit else ""
    print(f"{what:56} {seconds:7.2f} s{promised}{missed}", flush=True)


def _not(what: str, why: str) -> None:
    print(f"{what:56} not measured: {why}", flush=True)


def _touched(folder: Path, path: str) -> FileChange:
    """The file with one more declaration, so that what depends on it is compiled again."""
    content = (folder / path).read_bytes() + b"\nstruct reviewtool_bench;\n"
    return FileChange(path, 0o100644, content)


@contextmanager
def _own_cache() -> Iterator[None]:
    before = os.environ.get("REVIEWTOOL_CACHE")
    with tempfile.TemporaryDirectory(prefix="reviewtool-bench-") as folder:
        Path(folder).chmod(0o755)
        os.environ["REVIEWTOOL_CACHE"] = folder
        try:
            yield
        finally:
            del os.environ["REVIEWTOOL_CACHE"]
            if before is not None:
                os.environ["REVIEWTOOL_CACHE"] = before


def _boots(made: Kernel) -> None:
    halts = sorted(
        boot(made.path, GuestJob(argv=("/bin/true",)), trusted=True).seconds for _ in range(BOOTS)
    )
    _say(f"boot to halt, median of {BOOTS}", halts[BOOTS // 2])
    seen = sorted(_first_observation(made) for _ in range(BOOTS))
    _say(f"boot to the first observation, fastest of {BOOTS}", seen[0])
    _say(f"boot to the first observation, median of {BOOTS}", seen[BOOTS // 2], 0.5)
    _say(f"boot to the first observation, slowest of {BOOTS}", seen[-1])


def _first_observation(made: Kernel) -> float:
    started = time.monotonic()
    first: list[float] = []

    def line(text: str) -> None:
        if '"obs":' in text and not first:
            first.append(time.monotonic() - started)

    job = GuestJob(
        module="refmodel.guest.agent",
        argv=(f"{FOLDER}/plan.json",),
        packages=(compiled(reference_impl() / "refmodel"),),
        files={"plan.json": ONE_READ},
    )
    boot(made.path, job, GuestLimits(), line, trusted=True)
    return first[0]


def _twenty(made: Kernel) -> None:
    """What guests in a row leave behind, of what this process can see of it."""
    run = kernel_guest(made.path, trusted=True)
    run(ONE_READ, lambda _: None)
    before = _held()
    started = time.monotonic()
    for _ in range(GUESTS):
        run(ONE_READ, lambda _: None)
    _say(f"{GUESTS} guests in a row", time.monotonic() - started)
    left = {name: _held()[name] - count for name, count in before.items()}
    print("  left behind: " + ", ".join(f"{count} {name}" for name, count in left.items()))


def _held() -> dict[str, int]:
    """What guests could leave: on the machine, so nobody else may run any, and in this process."""
    status = Path("/proc/self/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    shared = os.statvfs("/dev/shm")
    return {
        "processes": sum(map(_is_of_a_guest, Path("/proc").glob("[0-9]*/cmdline"))),
        "open files": len(list(Path("/proc/self/fd").iterdir())),
        "temporary folders": len(list(Path(tempfile.gettempdir()).glob("reviewtool-guest-*"))),
        "consoles": len(list(cache.folder("consoles").iterdir())),
        "KiB of /dev/shm": (shared.f_blocks - shared.f_bfree) * shared.f_frsize >> 10,
        "KiB of this process": int(resident.split()[1]),
    }


def _is_of_a_guest(command: Path) -> bool:
    try:
        return f"{FOLDER}/linux".encode() in command.read_bytes()
    except OSError:  # it has ended
        return False


def _kunit(folder: Path) -> None:
    """The kernel's own way to build and boot User-Mode Linux, with its default tests."""
    program = folder / "tools/testing/kunit/kunit.py"
    if not program.is_file():
        _not("kunit.py", "not in this tree")
        return
    with tempfile.TemporaryDirectory(prefix="reviewtool-bench-") as place:
        options = ["--build_dir", place, "--jobs", str(os.cpu_count() or 1)]
        for action in ("build", "exec"):
            started = time.monotonic()
            done = subprocess.run(
                [program, action, *options[: 4 if action == "build" else 2]],
                cwd=folder,
                env=os.environ
                | {"PYTHONDONTWRITEBYTECODE": "1"},  # the tree is not ours to write to
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                said = (done.stderr or done.stdout).strip().splitlines()
                _not(f"kunit.py {action}", said[-1] if said else f"status {done.returncode}")
                return
            _say(f"kunit.py {action}", time.monotonic() - started)


def _qemu() -> None:
    if why := qemu_kvm.unusable() or ("" if shutil.which("ldd") else "not installed: ldd"):
        _not("QEMU, boot of a Debian cloud kernel", why)
        return
    started = time.monotonic()
    ready: list[float] = []

    def line(text: str) -> None:
        if '"obs":' in text and not ready:
            ready.append(time.monotonic() - started)

    end = qemu_kvm.qemu_guest(ONE_READ, line)
    if not ready:
        _not("QEMU, boot of a Debian cloud kernel", f"{end.ended}: {end.reason}")
        return
    _say("QEMU, boot of a Debian cloud kernel to the same", ready[0])
