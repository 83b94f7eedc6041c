# SPDX-License-Identifier: GPL-2.0-or-later
"""Building and booting, beside what kernel developers use: kunit.py and QEMU.

Everything is built in a cache of its own, without ccache. The machine should have nothing else to
do: the load when it began is printed first.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from refmodel.vocabulary import parse
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
ONE_READ = Settings().plan([(0, parse("read u0 p0"))])


def main() -> None:
    """Print the figures for the embedded study's base and first revision."""
    session = with_base(open_session("embedded", None))
    folder = base_of(session).path
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the beginning")
    with _own_cache():
        _say("build from nothing", "s", _built(build(folder, trusted=True, title="the base")))
        for path in ("include/linux/mm.h", "virt/kvm/guest_memfd.c"):
            changed = build(folder, (_touched(folder, path),), trusted=True, title=path)
            _say(f"a revision that touches {Path(path).name}", "s", _built(changed))
        made = _revision(session)
        _boots(made)
        _twenty(made)
        _kunit(folder)
    _qemu()


def _revision(session: Session) -> Kernel:
    name = session.study.revisions[0].id
    made = kernel(session, name)
    _say(f"{name}, after the base", "s", _built(made))
    started = time.monotonic()
    kernel(session, name)
    _say("a kernel known already", "s", f"{time.monotonic() - started:.2f}")
    return made


def _say(what: str, unit: str, figure: str) -> None:
    print(f"{what:48} {figure:>8} {unit}", flush=True)


def _built(made: Kernel) -> str:
    return f"{made.seconds:.1f}"


def _touched(folder: Path, path: str) -> FileChange:
    """The file with one more declaration, so that what depends on it is compiled again."""
    content = (folder / path).read_bytes() + b"\nstruct reviewtool_bench;\n"
    return FileChange(path, 0o100644, content)


@contextmanager
def _own_cache() -> Iterator[None]:
    before = os.environ.get("REVIEWTOOL_CACHE")
    with tempfile.TemporaryDirectory(prefix="reviewtool-bench-") as folder:
        os.environ["REVIEWTOOL_CACHE"] = folder
        os.environ["CCACHE_DISABLE"] = "1"
        try:
            yield
        finally:
            del os.environ["REVIEWTOOL_CACHE"], os.environ["CCACHE_DISABLE"]
            if before is not None:
                os.environ["REVIEWTOOL_CACHE"] = before


def _boots(made: Kernel) -> None:
    halts = sorted(
        boot(made.path, GuestJob(argv=("/bin/true",)), trusted=True).seconds for _ in range(BOOTS)
    )
    _say(f"boot to halt, median of {BOOTS}", "s", f"{halts[BOOTS // 2]:.2f}")
    seen = sorted(_first_observation(made) for _ in range(BOOTS))
    _say(f"boot to the first observation, median of {BOOTS}", "s", f"{seen[BOOTS // 2]:.2f}")


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
    _say(f"{GUESTS} guests in a row", "s", f"{time.monotonic() - started:.1f}")
    left = {name: _held()[name] - count for name, count in before.items()}
    _say("  left behind", "", ", ".join(f"{count} {name}" for name, count in left.items()))


def _held() -> dict[str, int]:
    children = subprocess.run(
        ["ps", "--no-headers", "--ppid", str(os.getpid())], capture_output=True, check=False
    )
    return {
        "processes": len(children.stdout.splitlines()) - 1,  # ps itself
        "open files": len(list(Path("/proc/self/fd").iterdir())),
        "temporary files": len(list(Path(tempfile.gettempdir()).glob("reviewtool-guest-*"))),
        "consoles": len(list((Path(os.environ["REVIEWTOOL_CACHE"]) / "consoles").iterdir())),
    }


def _kunit(folder: Path) -> None:
    """The kernel's own way to build and boot User-Mode Linux, with its default tests."""
    program = folder / "tools/testing/kunit/kunit.py"
    if not program.is_file():
        _say("kunit.py", "", "not in this tree")
        return
    with tempfile.TemporaryDirectory(prefix="reviewtool-bench-") as place:
        options = ["--build_dir", place, "--jobs", str(os.cpu_count() or 1)]
        for action in ("build", "exec"):
            started = time.monotonic()
            done = subprocess.run(
                [program, action, *options[: 4 if action == "build" else 2]],
                cwd=folder,
                capture_output=True,
                check=False,
            )
            seconds = f"{time.monotonic() - started:.1f}"
            _say(f"kunit.py {action}", "s", seconds if done.returncode == 0 else "failed")


def _qemu() -> None:
    if why := qemu_kvm.unusable() or ("" if shutil.which("ldd") else "not installed: ldd"):
        _say("QEMU, boot of a Debian cloud kernel", "", why)
        return
    started = time.monotonic()
    ready: list[float] = []

    def line(text: str) -> None:
        if '"obs":' in text and not ready:
            ready.append(time.monotonic() - started)

    qemu_kvm.qemu_guest(ONE_READ, line)
    _say("QEMU, boot of a Debian cloud kernel to the same", "s", f"{ready[0]:.1f}")
