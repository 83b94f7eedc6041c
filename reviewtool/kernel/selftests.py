# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own selftests of userfaultfd and guest_memfd, built as a revision has them.

Built by the revision's own Makefiles, in the sandbox, from a copy that is thrown away. Of
guest_memfd_test, one long program that ends at its first failure, every test function becomes a
subtest (subtests.c).
"""

import os
import shlex
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewtool import cache
from reviewtool.errors import InputError
from reviewtool.kernel import compiler, layout, objects
from reviewtool.kernel.enclose import view
from reviewtool.kernel.make import BuildFailed
from reviewtool.kernel.sandbox import Limits, Mount, View
from reviewtool.kernel.supervise import run
from reviewtool.lock import locked
from reviewtool.progress import SILENT, Progress
from reviewtool.tree.delta import FileChange

_RULES = "1"
_GIB = 1 << 30
_LARGEST = 1 << 28
_SUBTESTS = Path(__file__).with_name("subtests.c")
_SELFTESTS = "tools/testing/selftests"
# What `make headers` reads.
_HEADERS = (
    *("Makefile", "Kbuild", "arch/x86", "include", "scripts", "usr", "tools/include"),
    *("tools/arch/x86", "tools/scripts", "tools/build"),
)
# What the Makefiles of the tests read, and write to.
_TESTS = (
    *(_SELFTESTS, "tools/include", "tools/arch/x86", "tools/scripts", "tools/build", "tools/lib"),
    *("scripts/subarch.include", "scripts/Makefile.compiler", "mm/gup_test.h"),
)
# The functions of the test's own file, and no helper's, call the hooks; those that do not ask for
# it are not inlined, nor copied for one caller.
_INSTRUMENTED = (
    *("-finstrument-functions", "-finstrument-functions-exclude-file-list=lib/,include/"),
    *("-finstrument-functions-exclude-function-list=guest_code", "-fno-inline-functions"),
    *("-fno-inline-small-functions", "-fno-inline-functions-called-once", "-fno-partial-inlining"),
    *("-fno-ipa-cp", "-fno-ipa-sra", "-fno-ipa-icf", "-fno-optimize-sibling-calls"),
)


@dataclass(frozen=True, slots=True)
class Program:
    """A selftest. ``name`` is ``mm/uffd-unit-tests``; ``path`` the program that was built.

    ``missing`` says why there is none: the tree does not have it, or it does not compile.
    """

    name: str
    path: Path | None
    missing: str = ""
    log: Path | None = None


PROGRAMS = ("mm/uffd-unit-tests", "kvm/guest_memfd_test")


def build_selftests(
    base: Path,
    changes: Sequence[FileChange] = (),
    *,
    trusted: bool = False,
    title: str = "selftests",
    seconds: float = 600,
    progress: Progress = SILENT,
    cancel: threading.Event | None = None,
) -> tuple[Program, ...]:
    """Build :data:`PROGRAMS` of ``base`` with ``changes``, or look them up.

    One that does not build is a result, too. Raises :class:`BuildFailed` where not even the
    kernel's headers can be had, Unavailable without a compiler or a sandbox.
    """
    compiler.require_tools()
    headers = layout.part(base, changes, _HEADERS)
    tests = layout.part(base, changes, _TESTS)
    key = cache.digest(
        _RULES, compiler.identity(), headers.digest, tests.digest, _SUBTESTS.read_bytes()
    )
    built = cache.folder("kernel") / "selftests" / key
    log = cache.folder("kernel") / "logs" / f"selftests-{key[:16]}.log"
    if built.is_dir():
        return _programs(built, log)
    waiting = "waiting for another build of selftests"
    with locked(built.parent / "lock", waiting, progress, cancel) as had:
        if built.is_dir():
            return _programs(built, log)
        if not had:
            raise BuildFailed(title, "cancelled while waiting for another build", (), log)
        log.parent.mkdir(exist_ok=True)
        log.write_bytes(b"")
        with tempfile.TemporaryDirectory(prefix=".", dir=built.parent) as name:
            room = _Room(Path(name), log, title, trusted, seconds, cancel)
            room.prepare(headers, tests)
            with progress.task(f"building the selftests of {title}", 1 + len(PROGRAMS)) as task:
                room.make_headers()
                for number, program in enumerate(PROGRAMS, 1):
                    task.update(number, program)
                    room.make(program)
            room.result.rename(built)
    return _programs(built, log)


def _programs(built: Path, log: Path) -> tuple[Program, ...]:
    return tuple(_program(built, name, log) for name in PROGRAMS)


def _program(built: Path, name: str, log: Path) -> Program:
    path = built / name.replace("/", "-")
    if path.is_file():
        return Program(name, path)
    return Program(name, None, path.with_suffix(".missing").read_text(), log)


@dataclass(frozen=True, slots=True)
class _Room:
    """A temporary folder where selftests are built."""

    folder: Path
    log: Path
    title: str
    trusted: bool
    seconds: float
    cancel: threading.Event | None

    @property
    def result(self) -> Path:
        return self.folder / "result"

    def prepare(self, headers: layout.Plan, tests: layout.Plan) -> None:
        """Lay out the sources and make the folders."""
        for name in ("result", "objects/headers", "objects/mm", "objects/kvm"):
            (self.folder / name).mkdir(parents=True)
        layout.lay_out(headers, self.folder / "src")
        layout.lay_out(tests, self.folder / "tests", linked=False)
        self.folder.chmod(0o755)

    def view(self) -> View:
        mounts = [
            Mount(self.folder / "src", "/src"),
            Mount(_SUBTESTS, "/subtests.c"),
            Mount(self.folder / "tests", "/tests", writable=True),
            Mount(self.folder / "objects", "/build", writable=True),
        ]
        return view(mounts, trusted=self.trusted)

    def make_headers(self) -> None:
        """The headers for user space that the tests are compiled with."""
        inside = self.view()
        self._run(
            [
                *("make", "-s", f"-j{os.cpu_count() or 1}", "-C", inside.at("/src")),
                *(f"O={inside.at('/build')}/headers", "ARCH=x86", "headers"),
            ]
        )

    def make(self, program: str) -> None:
        """Build one program into the result, or leave there why not."""
        place = self.result / program.replace("/", "-")
        folder, _, name = program.partition("/")
        if not (self.folder / "tests" / _SELFTESTS / folder / f"{name}.c").is_file():
            place.with_suffix(".missing").write_text("this tree does not have it")
            return
        try:
            self._make(folder, name)
            if folder == "kvm":
                self._instrument(folder, name)
            content = objects.take(self.folder / "objects" / folder / name, _LARGEST)
        except (BuildFailed, InputError) as error:
            place.with_suffix(".missing").write_text(error.what)
            return
        place.write_bytes(content)
        place.chmod(0o755)

    def _make(self, folder: str, target: str, *flags: str) -> None:
        inside = self.view()
        build = inside.at("/build")
        self._run(
            [
                *("make", "-s", f"-j{os.cpu_count() or 1}"),
                *("-C", f"{inside.at('/tests')}/{_SELFTESTS}/{folder}", f"OUTPUT={build}/{folder}"),
                f"ARCH={'x86' if folder == 'kvm' else 'x86_64'}",
                f"KHDR_INCLUDES=-isystem {build}/headers/usr/include",
                *flags,
                f"{build}/{folder}/{target}",
            ]
        )

    def _instrument(self, folder: str, name: str) -> None:
        """Compile the test's own file once more, calling hooks, and link it with these."""
        inside = self.view()
        hooks = f"{inside.at('/build')}/subtests.o"
        self._run(["gcc", "-O2", "-c", inside.at("/subtests.c"), "-o", hooks])
        self._make(folder, f"{name}.o", "-B", f"EXTRA_CFLAGS={' '.join(_INSTRUMENTED)}")
        self._make(folder, name, f"EXTRA_CFLAGS=-Wl,--wrap=exit {hooks}")

    def _run(self, command: list[str]) -> None:
        inside = self.view()
        limits = Limits(seconds=self.seconds, memory=4 * _GIB)
        with self.log.open("a") as log:
            log.write(f"$ {shlex.join(command)}\n")
        outcome = run(inside, command, limits, log=self.log, cancel=self.cancel)
        if outcome.ended != "exited":
            raise BuildFailed(
                self.title, f"selftests: build ended: {outcome.reason(limits)}", (), self.log
            )
        if outcome.status:
            errors = compiler.complaints(self.log.read_text("utf-8", "replace"))
            first = errors[-1] if errors else f"{command[0]}: exit status {outcome.status}"
            raise BuildFailed(self.title, f"does not build: {first}", errors, self.log)
