# SPDX-License-Identifier: GPL-2.0-or-later
"""Building a revision as a User-Mode Linux kernel.

All revisions of one base, profile and compiler are built in one object folder, one after the
other, so make compiles what differs. A finished kernel is filed under the digest of all it was
made from. Everything of the revision that runs, runs in the sandbox with the source read-only and
the object folder as the one place it can write to; what it leaves there is trusted no further
than that, so fetched revisions and our own ones never share a folder.
"""

import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewtool import cache
from reviewtool.errors import InputError
from reviewtool.kernel import compiler, config, layout, objects
from reviewtool.kernel.make import BuildFailed, Site, make
from reviewtool.kernel.overlay import Overlay, lay_over, read_overlay
from reviewtool.progress import SILENT, Progress
from reviewtool.tree.delta import FileChange
from reviewtool.tree.kernel_version import parse_version

# Part of every key: raise it when the same input may give another kernel.
_RULES = "1"
_LARGEST = 1 << 30


@dataclass(frozen=True, slots=True)
class Kernel:
    """A built kernel: ``path`` is an executable. ``seconds`` and ``steps``
    (compilations) are of its build.

    ``enclosed`` is false if it was built without a sandbox, which the reader must be told.
    """

    path: Path
    key: str
    version: str
    profile: str
    seconds: float
    steps: int
    cached: bool
    enclosed: bool
    config: Path
    log: Path


def build(
    base: Path,
    changes: Sequence[FileChange] = (),
    profile: str = "fast",
    *,
    trusted: bool = False,
    title: str = "kernel",
    overlay: Overlay | None = None,
    seconds: float = 1800,
    jobs: int | None = None,
    progress: Progress = SILENT,
    cancel: threading.Event | None = None,
) -> Kernel:
    """Build ``base`` with ``changes`` and the overlay on top, or look up the kernel if it is built.

    ``trusted`` says that the changes are ours; only they may be built where there is no sandbox.
    ``title`` names the revision in progress and errors. Interrupted, the next call goes on.

    Raises :class:`~reviewtool.kernel.make.BuildFailed` if it does not compile or takes longer than
    ``seconds``, :class:`InputError` if the overlay does not fit, Kconfig drops a symbol or the
    base is no kernel, :class:`~reviewtool.errors.Unavailable` without a compiler or a sandbox.
    """
    compiler.require_tools()
    recipe = _recipe(base, changes, profile, overlay, trusted=trusted)
    if (kernel := _look_up(recipe.key)) is not None:
        return kernel
    kernels = cache.folder("kernel")
    room = kernels / "objects" / cache.digest(*recipe.setting, str(base.resolve()))[:16]
    log = kernels / "logs" / f"{recipe.key[:16]}.log"
    with objects.locked(room, progress, cancel) as had:
        if (kernel := _look_up(recipe.key)) is not None:
            return kernel
        if not had:
            raise BuildFailed(title, "cancelled while waiting for another build", (), log)
        workers = jobs or os.cpu_count() or 1
        site = Site(
            room, recipe.plan, recipe.symbols, title, log, trusted, seconds, workers, cancel
        )
        with progress.task(f"building {title} ({profile})") as task:
            started = time.monotonic()
            steps = make(site, task)
            facts = {
                "version": recipe.version,
                "profile": profile,
                "seconds": round(time.monotonic() - started, 1),
                "steps": steps,
                "enclosed": site.view().enclosed,
                "log": str(log),
            }
        return _file(recipe.key, site, facts)


def built_already(
    base: Path,
    changes: Sequence[FileChange] = (),
    profile: str = "fast",
    *,
    trusted: bool = False,
    overlay: Overlay | None = None,
) -> Kernel | None:
    """The kernel :func:`build` would give, if it need not build it."""
    return _look_up(_recipe(base, changes, profile, overlay, trusted=trusted).key)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """All that a kernel is made from; ``setting`` is what kernels of one object folder share."""

    version: str
    plan: layout.Plan
    symbols: dict[str, str]
    setting: tuple[str, ...]
    key: str


def _recipe(
    base: Path,
    changes: Sequence[FileChange],
    profile: str,
    overlay: Overlay | None,
    *,
    trusted: bool,
) -> _Recipe:
    version = _version(base, changes)
    overlay = overlay if overlay is not None else read_overlay(version, profile)
    laid, _ = lay_over(base, changes, overlay)
    plan = layout.plan(base, laid)
    symbols = config.merge(overlay.fragments)
    setting = (_RULES, compiler.identity(), profile, "ours" if trusted else "theirs")
    key = cache.digest(*setting, config.write(symbols), plan.digest)
    return _Recipe(version, plan, symbols, setting, key)


def _version(base: Path, changes: Sequence[FileChange]) -> str:
    changed = {change.path: change.content for change in changes}
    makefile = base / "Makefile"
    content = changed.get("Makefile")
    if content is None:
        try:
            content = makefile.read_bytes()
        except OSError as error:
            raise InputError(
                f"cannot be read: {error.strerror}", str(makefile), "give a kernel tree by --tree"
            ) from error
    version = parse_version(content.decode("utf-8", "replace"))
    if version is None:
        raise InputError("states no kernel version", str(makefile), "give a kernel tree by --tree")
    return version


def _result(key: str) -> Path:
    return cache.folder("kernel") / "built" / key[:2] / key


def _look_up(key: str) -> Kernel | None:
    folder = _result(key)
    try:
        facts = json.loads((folder / "facts.json").read_bytes())
    except FileNotFoundError:
        return None
    return _kernel(folder, facts, cached=True)


def _kernel(folder: Path, facts: dict[str, Any], *, cached: bool) -> Kernel:
    return Kernel(
        path=folder / "linux",
        key=folder.name,
        version=facts["version"],
        profile=facts["profile"],
        seconds=facts["seconds"],
        steps=facts["steps"],
        cached=cached,
        enclosed=facts["enclosed"],
        config=folder / "config",
        log=Path(facts["log"]),
    )


def _file(key: str, site: Site, facts: dict[str, Any]) -> Kernel:
    """Copy the kernel out of the object folder, all of it or nothing."""
    folder = _result(key)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
    try:
        (fresh / "linux").write_bytes(objects.take(site.objects / "linux", _LARGEST))
        (fresh / "linux").chmod(0o755)
        (fresh / "config").write_bytes(objects.take(site.objects / ".config", 1 << 24))
        (fresh / "facts.json").write_text(json.dumps(facts))
        fresh.chmod(0o755)
        fresh.rename(folder)
    except BaseException:
        shutil.rmtree(fresh)
        raise
    return _kernel(folder, facts, cached=False)
