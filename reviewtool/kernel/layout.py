# SPDX-License-Identifier: GPL-2.0-or-later
"""The source folder a kernel is built from: part of a base, with a revision's files laid over it.

Files of the base are hard links where that is possible, so a layout is made in a second and
takes no room. It is mounted read-only where anything of the revision runs, and changed from here
by replacing files only: a write through a link would change the base.

One folder serves revision after revision. Only what differs is replaced, with the time of now,
so that make builds again what depends on it and nothing else.
"""

import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reviewtool import cache
from reviewtool.errors import InputError
from reviewtool.tree.delta import FileChange

# What ARCH=um compiles, and what a series on guest memory may touch besides.
_WHOLE = (
    *("arch/um", "arch/x86", "block", "certs", "crypto", "fs", "include", "init", "io_uring"),
    *("ipc", "kernel", "lib", "mm", "scripts", "security", "usr", "virt", "tools/include"),
    *("tools/scripts", "tools/build", "drivers/base", "drivers/char", "drivers/tty"),
    *("drivers/block", "drivers/clocksource", "drivers/virtio", "drivers/misc", "drivers/of"),
)
# Of everything else make and Kconfig read only what says that there is nothing to build.
_SKELETON = ("Kconfig", "Makefile", "Kbuild")
_NO_SKELETON = ("tools", ".git")
_NEW = "new"  # never been there, so nothing was ever compiled from it


@dataclass(frozen=True, slots=True)
class Plan:
    """What a layout shall hold: for each path, a word that changes when the file does."""

    base: Path
    words: Mapping[str, str]
    contents: Mapping[str, FileChange]

    @property
    def digest(self) -> str:
        """Of everything in the layout; of the base's files only size, time and name."""
        return cache.digest(*(f"{path}\0{word}" for path, word in sorted(self.words.items())))


def plan(base: Path, changes: Sequence[FileChange]) -> Plan:
    """What ``base`` with ``changes`` laid over it looks like."""
    return _planned(base, dict(_scan(base)), changes)


def _planned(base: Path, words: dict[str, str], changes: Sequence[FileChange]) -> Plan:
    contents = {}
    for change in changes:
        _check(change)
        contents[change.path] = change
        if change.content is None:
            words.pop(change.path, None)
        else:
            words[change.path] = f"{change.mode:o} {cache.digest(change.content)}"
    return Plan(base, words, contents)


def part(base: Path, changes: Sequence[FileChange], places: Sequence[str]) -> Plan:
    """What ``places``, files and folders, of ``base`` with ``changes`` laid over it look like.

    A place the base does not have is left out; a file elsewhere in the base that a symbolic link in
    one of the places leads to is put in.
    """
    words: dict[str, str] = {}
    for place in places:
        if (base / place).is_dir():
            words |= _scan_folder(base, place, whole=True)
        elif (base / place).is_file():
            words[place] = _worded((base / place).lstat())
    for path in _led_to(base, words) - words.keys():
        words[path] = _worded((base / path).lstat())
    inside = [change for change in changes if _within(change.path, places)]
    return _planned(base, words, inside)


def _led_to(base: Path, paths: Iterable[str]) -> set[str]:
    """The files of the base that links among ``paths`` lead to."""
    found = set()
    for path in paths:
        if (base / path).is_symlink():
            target = os.path.normpath(Path(path).parent / (base / path).readlink())
            if not target.startswith(("/", "..")) and stat.S_ISREG(_mode(base / target)):
                found.add(target)
    return found


def _mode(path: Path) -> int:
    """The file's mode, 0 if there is none."""
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


def _within(path: str, places: Sequence[str]) -> bool:
    return any(path == place or path.startswith(place + "/") for place in places)


def lay_out(wanted: Plan, folder: Path, *, linked: bool = True) -> frozenset[str]:
    """Make ``folder`` hold what is ``wanted``; the paths that had to be touched.

    Without ``linked`` every file is a copy, which may be written to. The caller holds the lock. The
    state file beside the folder says what is there; it is written before the first change and after
    the last, so an interrupted run is made good by the next.
    """
    state_file = folder.with_name(folder.name + ".json")
    try:
        state: dict[str, str] = json.loads(state_file.read_bytes())
    except FileNotFoundError:
        if folder.exists():
            shutil.rmtree(folder)  # interrupted before the first state was written
        state = {}
    stale = {path for path in {*state, *wanted.words} if state.get(path) != wanted.words.get(path)}
    if not stale:
        return frozenset()
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    unsure = {path: _NEW if state.get(path, _NEW) == _NEW else "unsure" for path in stale}
    cache.write_atomic(state_file, json.dumps(state | unsure).encode())
    for path in sorted(stale - wanted.words.keys(), reverse=True):
        _remove(folder, path)
    made: set[str] = set()
    for path in sorted(stale & wanted.words.keys()):
        copied = not linked or state.get(path, _NEW) != _NEW
        _put(wanted, path, folder, copied=copied, made=made)
    cache.write_atomic(state_file, json.dumps(dict(wanted.words)).encode())
    return frozenset(stale)


def _remove(folder: Path, path: str) -> None:
    """Remove a file, and the folders it leaves empty: a file may come to stand there."""
    (folder / path).unlink(missing_ok=True)
    parent = (folder / path).parent
    while parent != folder and parent.is_dir() and not any(parent.iterdir()):
        parent.rmdir()
        parent = parent.parent


def _put(wanted: Plan, path: str, folder: Path, *, copied: bool, made: set[str]) -> None:
    place = folder / path
    parent = os.path.dirname(path)  # noqa: PTH120 - twenty thousand times
    if parent not in made:
        if (folder / parent).resolve() != (folder / parent):
            raise InputError("lies below a symbolic link of the kernel tree", path)
        (folder / parent).mkdir(parents=True, exist_ok=True)
        made.add(parent)
    change = wanted.contents.get(path)
    if change is not None:
        assert change.content is not None  # noqa: S101 - plan() drops removed files
        cache.write_atomic(place, change.content)
        place.chmod(0o755 if change.mode & 0o111 else 0o644)
        return
    source = wanted.base / path
    place.unlink(missing_ok=True)
    if source.is_symlink():
        place.symlink_to(source.readlink())
        return
    # A link has the old time of the base: right for a file never seen here before, but make would
    # miss that a file went back to what the base has.
    if not copied and _link(source, place):
        return
    shutil.copyfile(source, place)
    place.chmod(0o755 if source.stat().st_mode & 0o111 else 0o644)


def _link(source: Path, place: Path) -> bool:
    try:
        os.link(source, place)
    except OSError:  # another file system, another owner, too many links: copy instead
        return False
    return True


def _scan(base: Path) -> Iterator[tuple[str, str]]:
    """The paths of the base that are laid out, and a word for the state of each."""
    for entry in os.scandir(base):
        if entry.is_file(follow_symlinks=False):
            yield entry.name, _word(entry)
        elif entry.name not in _NO_SKELETON and entry.is_dir(follow_symlinks=False):
            yield from _scan_folder(base, entry.name, whole=entry.name in _WHOLE)
    for path in _WHOLE:
        if "/" in path and (base / path).is_dir() and path.split("/")[0] in _NO_SKELETON:
            yield from _scan_folder(base, path, whole=True)


def _scan_folder(base: Path, folder: str, *, whole: bool) -> Iterator[tuple[str, str]]:
    waiting = [(folder, whole)]
    while waiting:
        path, complete = waiting.pop()
        with os.scandir(base / path) as entries:
            for entry in entries:
                name = f"{path}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((name, complete or name in _WHOLE))
                elif complete or entry.name.startswith(_SKELETON):
                    yield name, _word(entry)


def _word(entry: os.DirEntry[str]) -> str:
    return _worded(entry.stat(follow_symlinks=False))


def _worded(status: os.stat_result) -> str:
    return f"{status.st_size} {status.st_mtime_ns}"


def _check(change: FileChange) -> None:
    """Refuse what would be written outside, or is no plain file: paths come from strangers."""
    path = PurePosixPath(change.path)
    if path.is_absolute() or ".." in path.parts or str(path) != change.path or "\0" in change.path:
        raise InputError("is no path within a kernel tree", change.path, "look at the patch")
    if change.content is not None and change.mode not in (0o100644, 0o100755):
        raise InputError(
            f"has mode {change.mode:o}, only plain files are built",
            change.path,
            "look at the patch",
        )
