# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own selftests, as a revision has them, run on the revision's kernel."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reviewtool.behaviour.ktap import Result, suite
from reviewtool.behaviour.selftests import INAPPLICABLE, Ending, read
from reviewtool.kernel.boot import FOLDER, GuestJob, GuestLimits, boot
from reviewtool.kernel.build import Kernel
from reviewtool.kernel.selftests import Program, build_selftests
from reviewtool.kernel.supervise import ignore
from reviewtool.kernel.symbols import read_symbols
from reviewtool.review.kernels import kernel, ours, resolved, source
from reviewtool.review.session import Session
from reviewtool.tree.base import find_base

_HOOK = "__cyg_profile_func_enter"
_JOB = "reviewtool: "
_SECONDS = 600.0
_MEMORY = 320  # uffd-unit-tests alone takes 64 MiB of shared memory, twice
# What KVM's selftests look up before they test anything: options of x86's modules, and the size of
# a huge page, for a test that is skipped here.
_SYSTEM = {
    "module/kvm/parameters/force_emulation_prefix": "0",
    "kernel/mm/transparent_hugepage/hpage_pmd_size": "2097152",
}


@dataclass(frozen=True, slots=True)
class Selftests:
    """What came of them: ``result`` has a test to a program. ``tests`` says whose they are."""

    revision: str
    tests: str
    kernel: Kernel
    result: Result


def run_selftests(
    session: Session,
    name: str,
    *,
    tests: Path | None = None,
    profile: str = "fast",
    on_line: Callable[[str], None] = ignore,
) -> Selftests:
    """Build and run the selftests of a revision on its kernel; with ``tests``, those of another
    kernel tree.

    A program that does not build, or that the kernel dies of, is a failed test. Raises what
    building a kernel raises.
    """
    revision = resolved(session, name)
    built = kernel(session, revision, profile)
    if tests is None:
        folder, changes = source(session, revision)
        whose = revision
    else:
        other = find_base(tests, session.progress)
        folder, changes = other.path, ()
        whose = other.describe
    trusted = ours(session) or not changes
    programs = build_selftests(
        folder, changes, trusted=trusted, title=whose, progress=session.progress
    )
    with session.progress.task(f"running the selftests of {whose}", len(programs)) as task:
        results = []
        for number, program in enumerate(programs):
            task.update(number, program.name)
            results.append(_run(built, program, trusted=trusted, on_line=on_line))
    return Selftests(revision, whose, built, suite(f"{revision} (selftests of {whose})", results))


def _run(
    built: Kernel, program: Program, *, trusted: bool, on_line: Callable[[str], None]
) -> Result:
    if program.path is None:
        missing = Result("builds", "not ok", "", (program.missing, f"the log is {program.log}"))
        if program.missing.startswith("this tree"):
            missing = Result("builds", "skip", program.missing)
        return suite(program.name, [missing])
    functions = _functions(program.path)
    lines: list[str] = []
    heard = False

    def hear(line: str) -> None:
        nonlocal heard
        if line.startswith(_JOB):
            heard = not heard  # from user space reached to the end of the job
        elif heard:
            lines.append(line)
        on_line(line)

    job = GuestJob(
        argv=("/bin/sh", "-c", _script(program, functions)),
        files={program.name: program.path},
    )
    booted = boot(
        built.path, job, GuestLimits(seconds=_SECONDS, memory=_MEMORY), hear, trusted=trusted
    )
    wrong = "" if booted.ended == "halted" and not booted.reason else booted.reason or booted.ended
    booted.console.unlink()
    return read(program.name, lines, Ending(wrong, booted.status), functions)


def _functions(path: Path) -> dict[int, str]:
    """The test functions of a program that calls hooks, by their distance from the first hook."""
    symbols = read_symbols(path)
    places = {name: at for at, (_, name) in zip(symbols.addresses, symbols.functions, strict=True)}
    hook = places.get(_HOOK)
    if hook is None:
        return {}
    return {
        (at - hook) % (1 << 64): name for name, at in places.items() if name.startswith("test_")
    }


def _script(program: Program, functions: dict[int, str]) -> str:
    """What the guest's shell runs: the program, in the surroundings it asks for."""
    skipped = [at for at, name in functions.items() if name in INAPPLICABLE]
    lines = []
    if functions:
        lines.append("mount -t tmpfs none /sys")
        for name, value in _SYSTEM.items():
            lines.append(f"mkdir -p /sys/{name.rpartition('/')[0]} && echo {value} > /sys/{name}")
        lines.append(f"export SUBTESTS={','.join(f'{at:x}' for at in functions)}")
        lines.append(f"export SKIPPED={','.join(f'{at:x}' for at in skipped)}")
    lines.append(f"exec {FOLDER}/{program.name} 2>&1")
    return "\n".join(lines)
