# SPDX-License-Identifier: GPL-2.0-or-later
"""Configuring and making one kernel in an object folder, in the sandbox."""

import json
import re
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from reviewtool import cache
from reviewtool.errors import RequestError
from reviewtool.kernel import compiler, config, layout, objects
from reviewtool.kernel.enclose import view
from reviewtool.kernel.sandbox import Limits, Mount, View
from reviewtool.kernel.supervise import ignore, run
from reviewtool.progress import Task

# What takes time: compilations. The hundreds of empty archives (AR) that come with them do not.
_STEP = re.compile(r"^  (?:HOST)?(?:CC|AS)\s+(\S+)")
_FULL_BUILD = 480  # compilations of a build from nothing, as long as none has been counted
_GIB = 1 << 30
# The same source gives the same kernel, whenever and by whomever it is built.
_ENVIRONMENT = {
    "KBUILD_BUILD_TIMESTAMP": "@0",
    "KBUILD_BUILD_USER": "reviewtool",
    "KBUILD_BUILD_HOST": "reviewtool",
    "KBUILD_BUILD_VERSION": "1",
    "CCACHE_DIR": "/ccache",
    "CCACHE_MAXSIZE": "2G",
    "CCACHE_NOHASHDIR": "1",
    "CCACHE_DEPEND": "1",  # a miss costs 4 % of a compilation instead of 12 %
}


class BuildFailed(RequestError):  # noqa: N818 - what happened, not a mistake of ours
    """A revision that does not build, or was stopped: an observation as much as an error.

    ``errors`` are the compiler's, in order; empty if a limit stopped the build.
    """

    def __init__(
        self, title: str, what: str, errors: tuple[compiler.Complaint, ...], log: Path
    ) -> None:
        super().__init__(what, title, f"the whole log is {log}")
        self.errors = errors
        self.log = log


@dataclass(frozen=True, slots=True)
class Site:
    """Where and how one kernel is made. ``room`` holds the source, the objects and their state."""

    room: Path
    plan: layout.Plan
    symbols: dict[str, str]
    title: str
    log: Path
    trusted: bool
    seconds: float
    jobs: int
    cancel: threading.Event | None = field(default=None, repr=False)

    @property
    def source(self) -> Path:
        return self.room / "src"

    @property
    def objects(self) -> Path:
        return self.room / "obj"

    def view(self) -> View:
        """What a build sees: the source, the wanted configuration, and where it may write."""
        self.objects.mkdir(exist_ok=True)
        mounts = [
            Mount(self.source, "/src"),
            Mount(self.room / "wanted.config", "/wanted.config"),
            Mount(self.objects, "/build", writable=True),
        ]
        if shutil.which("ccache"):
            (self.room / "ccache").mkdir(exist_ok=True)
            mounts.append(Mount(self.room / "ccache", "/ccache", writable=True))
        return view(mounts, _ENVIRONMENT, trusted=self.trusted)


def make(site: Site, task: Task) -> int:
    """Bring source, configuration and objects up to date; the number of compilations.

    Raises :class:`BuildFailed`; :class:`InputError` if Kconfig did not grant what was wanted.
    """
    site.log.parent.mkdir(parents=True, exist_ok=True)
    site.log.write_bytes(b"")
    task.update(0, "laying out the source")
    changed = layout.lay_out(site.plan, site.source)
    _write_wanted(site)
    with objects.working(site.room, site.objects):
        _configure(site, task)
        return _compile(site, changed, task)


def _write_wanted(site: Site) -> None:
    """The fragment for Kconfig: the tree's own idea of a tiny kernel, then what is wanted."""
    tiny = [site.source / name for name in config.TINY]
    text = "".join(path.read_text() for path in tiny if path.is_file())
    cache.write_atomic(site.room / "wanted.config", (text + config.write(site.symbols)).encode())


def _configure(site: Site, task: Task) -> None:
    """Run Kconfig if its input or its result is not what it was the last time."""
    stamp = site.room / "configured.json"
    result = site.objects / ".config"
    asked = cache.digest(
        (site.room / "wanted.config").read_bytes(),
        *(
            f"{p}\0{w}"
            for p, w in sorted(site.plan.words.items())
            if "Kconfig" in p.rpartition("/")[2]
        ),
    )
    if stamp.is_file() and result.is_file():
        known = json.loads(stamp.read_bytes())
        if known == [asked, cache.digest(objects.take(result, 1 << 24))]:
            return
    task.update(0, "configuring")
    _run_make(site, ["allnoconfig"], ignore, {"KCONFIG_ALLCONFIG": "/wanted.config"})
    content = objects.take(result, 1 << 24)
    granted = config.parse(content.decode("utf-8", "replace"), str(result))
    config.require(site.symbols, granted, site.title)
    cache.write_atomic(stamp, json.dumps([asked, cache.digest(content)]).encode())


def _compile(site: Site, changed: frozenset[str], task: Task) -> int:
    counted = site.room / "steps.json"
    full = json.loads(counted.read_bytes()) if counted.is_file() else _FULL_BUILD
    fresh = not counted.is_file()
    known = None if fresh else objects.dependents(site.objects, changed)
    total = full if known is None else min(known, full)
    done = 0

    def step(line: str) -> None:
        nonlocal done
        if match := _STEP.match(line):
            done += 1
            task.update(done, match[1], total=max(total, done))

    task.update(0, "compiling", total=total)
    _run_make(site, ["linux"], step, {})
    if fresh or done > full:
        cache.write_atomic(counted, json.dumps(done).encode())
    return done


def _run_make(
    site: Site, targets: list[str], on_line: Callable[[str], None], variables: dict[str, str]
) -> None:
    inside = site.view()
    with_ccache = any(mount.target == "/ccache" for mount in inside.mounts)
    command = [
        *("make", f"-j{site.jobs}", "-C", inside.at("/src"), f"O={inside.at('/build')}"),
        *("ARCH=um", "SUBARCH=x86_64", "LOCALVERSION="),
        *(["CC=ccache gcc"] if with_ccache else []),
        *(f"{name}={inside.at(value)}" for name, value in variables.items()),
        *targets,
    ]
    limits = Limits(
        seconds=site.seconds, memory=(2 + site.jobs) * _GIB, processes=256 + 64 * site.jobs
    )
    with site.log.open("a") as log:
        log.write(f"$ {' '.join(command)}\n")
    outcome = run(inside, command, limits, log=site.log, on_line=on_line, cancel=site.cancel)
    if outcome.ended != "exited":
        raise BuildFailed(site.title, f"build ended: {outcome.reason(limits)}", (), site.log)
    if outcome.status:
        errors = compiler.complaints(site.log.read_text("utf-8", "replace"))
        first = errors[0] if errors else f"make: exit status {outcome.status}"
        more = f" (and {len(errors) - 1} more errors)" if len(errors) > 1 else ""
        raise BuildFailed(site.title, f"does not build: {first}{more}", errors, site.log)
