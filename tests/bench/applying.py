# SPDX-License-Identifier: GPL-2.0-or-later
"""Applying the 13 real series: reviewtool's private store against ``git am`` in a work tree.

Both get the same am-ready mails and try every patch of every series on the same kernel; git am is
told to skip what it refuses. Nothing is counted but the applying itself: neither reading mail, nor
making the empty store or the work tree, nor cleaning up between series.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reviewtool import cache
from reviewtool.archive.read import read_file
from reviewtool.archive.types import Patch
from reviewtool.tree.apply import apply
from reviewtool.tree.base import Base, find_base
from reviewtool.tree.outcome import APPLIED
from reviewtool.tree.store import git_env, open_store

LORE = Path(__file__).resolve().parents[3] / "shared" / "lore"


@dataclass(frozen=True, slots=True)
class Row:
    """One series: seconds and patches applied, by us at first, by us again, and by git am.

    git am takes no patch that needs fuzz, and none of those is counted as its failure here.
    """

    name: str
    patches: int
    seconds: float
    applied: int
    again: float
    am_seconds: float
    am_applied: int


def measure(base: Base, lore: Path = LORE) -> list[Row]:
    """Every series of ``lore`` once."""
    series = [(path.stem, read_file(path)[0].patches) for path in sorted(lore.glob("*.mbox"))]
    clone = work_tree(base)
    rows = []
    for name, patches in series:
        with own_cache():
            open_store(base.path if base.kind == "git" else None)
            started = time.perf_counter()
            applied = apply(base, patches, name=f"bench/{name}")
            seconds = time.perf_counter() - started
            started = time.perf_counter()
            assert apply(base, patches, name=f"bench/{name}").cached
            again = time.perf_counter() - started
        count = sum(o.state in APPLIED for o in applied.outcomes)
        am_seconds, am_applied = git_am(clone, patches)
        rows.append(Row(name, len(patches), seconds, count, again, am_seconds, am_applied))
    return rows


@contextmanager
def own_cache() -> Iterator[None]:
    """A cache with nothing in it: what is measured is work, no lookup."""
    before = os.environ.get("REVIEWTOOL_CACHE")
    with tempfile.TemporaryDirectory(prefix="reviewtool-bench-") as folder:
        os.environ["REVIEWTOOL_CACHE"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["REVIEWTOOL_CACHE"]
            else:
                os.environ["REVIEWTOOL_CACHE"] = before


def work_tree(base: Base) -> Path:
    """A clone with the whole base checked out, made once (a minute and 3 GB)."""
    target = cache.folder("bench") / f"work-{cache.digest(base.identity)[:12]}"
    if (target / "ready").is_file():
        return target / "linux"
    print("making a work tree for git am ...", file=sys.stderr)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    clone = target / "linux"
    if base.kind == "git":
        git(target, "clone", "-q", "--shared", str(base.path), "linux")
    else:
        shutil.copytree(base.path, clone, symlinks=True)
        git(clone, "init", "-q")
        git(clone, "config", "gc.auto", "0")
        # All goes into one pack at once, and unpacks at once: a tenth of the time of loose objects.
        git(clone, "-c", "core.bigFileThreshold=1", "-c", "core.compression=0", "add", "-A", "-f")
        git(clone, "commit", "-q", "-m", base.describe)
    git(clone, "tag", "base")
    git(clone, "status", "--porcelain")  # so that the index knows every file
    (target / "ready").touch()
    return clone


def git_am(clone: Path, patches: tuple[Patch, ...]) -> tuple[float, int]:
    """Seconds and patches taken by ``git am``, skipping those it refuses."""
    git(clone, "reset", "-q", "--hard", "base")
    with tempfile.NamedTemporaryFile(suffix=".mbox") as mbox:
        for patch in patches:
            mbox.write(b"From mail Thu Jan  1 00:00:00 1970\n" + patch.mail + b"\n")
        mbox.flush()
        started = time.perf_counter()
        done = try_git(clone, "am", "-q", mbox.name)
        for _ in patches:
            if done.returncode == 0:
                break
            done = try_git(clone, "am", "-q", "--skip")
        seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"git am does not come to an end: {done.stderr.decode()}")
    count = int(git(clone, "rev-list", "--count", "base..HEAD"))
    git(clone, "reset", "-q", "--hard", "base")
    return seconds, count


def try_git(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["git", *words],
        cwd=folder,
        env=git_env(GIT_OPTIONAL_LOCKS="1"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def git(folder: Path, *words: str) -> str:
    done = try_git(folder, *words)
    if done.returncode:
        raise RuntimeError(f"git {' '.join(words)}: {done.stderr.decode()}")
    return done.stdout.decode().strip()


def report(rows: list[Row], base: Base) -> str:
    """The table, and how many times faster all of it is."""
    head = f"{'series':22} {'patches':>7} {'reviewtool':>16} {'again':>10}"
    head += f" {'git am':>16} {'faster':>8}"
    lines = [f"Applying {len(rows)} series to {base.describe}", "", head]
    lines += [_line(row) for row in rows]
    total = Row(
        "all",
        sum(row.patches for row in rows),
        sum(row.seconds for row in rows),
        sum(row.applied for row in rows),
        sum(row.again for row in rows),
        sum(row.am_seconds for row in rows),
        sum(row.am_applied for row in rows),
    )
    each = total.seconds / total.patches * 1000
    lines += [_line(total), "", f"{each:.1f} ms a patch. In brackets: patches that applied."]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    ours = f"{row.seconds * 1000:.0f} ms ({row.applied:2})"
    theirs = f"{row.am_seconds * 1000:.0f} ms ({row.am_applied:2})"
    return (
        f"{row.name:22} {row.patches:7} {ours:>16} {row.again * 1000:7.1f} ms {theirs:>16}"
        f" {row.am_seconds / row.seconds:7.0f}x"
    )


def main() -> None:
    """Print the table for the default base."""
    if not LORE.is_dir():
        sys.exit(f"real list mail is not at hand: no folder {LORE}")
    base = find_base()
    print(report(measure(base), base), end="")


if __name__ == "__main__":
    main()
