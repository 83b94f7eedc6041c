# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions to a whole tree: every instance of some ops structs, every exported symbol.

A file is read once, searched for the plain words the question needs, and parsed only if it has
them. The work is split over processes; the executor is a parameter, so that another one (a
cluster's) can take its place.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from reviewtool.errors import InputError
from reviewtool.interface.macros import exports
from reviewtool.interface.mask import without_comments
from reviewtool.interface.objects import objects
from reviewtool.interface.source import read, read_windows
from reviewtool.interface.types import Element
from reviewtool.progress import SILENT, Progress

_CHUNK = 2000
_SUFFIXES = (".c", ".h")

Question = Callable[[str, bytes], Sequence[Element]]


def source_files(root: Path) -> list[str]:
    """The C files below ``root``, by path from there; symbolic links are not followed."""
    found: list[str] = []
    waiting = [str(root)]
    cut = len(str(root)) + 1
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.name.endswith(_SUFFIXES) and entry.is_file(follow_symlinks=False):
                        found.append(entry.path[cut:])
        except OSError as error:
            raise InputError(
                f"cannot read the tree: {error.strerror}", str(error.filename), "give another tree"
            ) from error
    found.sort()
    return found


def objects_in_tree(
    root: Path,
    structs: Iterable[str],
    *,
    executor: Executor | None = None,
    progress: Progress = SILENT,
) -> tuple[Element, ...]:
    """Every slot set by an initialiser of one of ``structs`` (names without "struct")."""
    names = tuple(sorted(set(structs)))
    return _asked(root, partial(_objects_of, names), names, executor, progress)


def exports_in_tree(
    root: Path, *, executor: Executor | None = None, progress: Progress = SILENT
) -> tuple[Element, ...]:
    """Every EXPORT_SYMBOL and its relatives below ``root``."""
    return _asked(root, _exports_of, ("EXPORT_",), executor, progress)


def _objects_of(structs: tuple[str, ...], path: str, raw: bytes) -> list[Element]:
    """Only the initialisers are parsed; a compound literal wants its function, the whole file."""
    names = "|".join(map(re.escape, structs)).encode()
    literal = rb"\([^()]*\b(?:" + names + rb")\b[^()]*\)\s*\{"
    if re.search(literal, raw):
        return list(objects(read(path, raw), structs.__contains__))
    source = read_windows(path, raw, partial(_initialisers, names))
    return list(objects(source, structs.__contains__))


def _initialisers(names: bytes, code: bytes) -> list[tuple[int, int]]:
    """Where declarations of the structs ``names`` with an initialiser begin and end."""
    found: list[tuple[int, int]] = []
    stop = 0
    pattern = rb"\b(?:struct\s+)?(?:" + names + rb")\b(?:[^;{}()=]|\([^;{}()=]*\))*=\s*(\{)"
    for match in re.finditer(pattern, code):
        if match.start() < stop:
            continue
        stop = _closing(code, match.start(1))
        found.append((match.start(), stop))
    return found


def _closing(code: bytes, opening: int) -> int:
    """The offset after the brace that closes the one at ``opening``, and a semicolon there."""
    depth = 0
    for match in re.compile(rb"[{}]").finditer(code, opening):
        depth += 1 if match[0] == b"{" else -1
        if depth == 0:
            tail = re.compile(rb"\s*;").match(code, match.end())
            return tail.end() if tail else match.end()
    return len(code)


def _exports_of(path: str, raw: bytes) -> list[Element]:
    return list(exports(path, raw, without_comments(raw)))


def _asked(
    root: Path,
    question: Question,
    words: Sequence[str],
    executor: Executor | None,
    progress: Progress,
) -> tuple[Element, ...]:
    if not root.is_dir():
        raise InputError("no such tree", str(root), "give a folder with kernel sources")
    paths = source_files(root)
    chunks = [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]
    needles = [word.encode() for word in words]
    with progress.task(f"searching {len(paths)} files", total=len(chunks)) as task:
        found: list[Element] = []
        for done, part in enumerate(_spread(root, question, needles, chunks, executor), start=1):
            found += part
            task.update(done)
    return tuple(found)


def _spread(
    root: Path,
    question: Question,
    needles: Sequence[bytes],
    chunks: Sequence[Sequence[str]],
    executor: Executor | None,
) -> Iterator[list[Element]]:
    work = partial(_search, str(root), question, needles)
    workers = os.cpu_count() or 1
    if executor is not None:
        yield from executor.map(work, chunks)
    elif workers == 1 or len(chunks) < 4:
        yield from map(work, chunks)
    else:
        with ProcessPoolExecutor(workers) as pool:
            yield from pool.map(work, chunks)


def _search(
    root: str, question: Question, needles: Sequence[bytes], paths: Sequence[str]
) -> list[Element]:
    found: list[Element] = []
    for path in paths:
        handle = os.open(os.path.join(root, path), os.O_RDONLY)  # noqa: PTH118 - 60,000 files
        try:
            raw = os.read(handle, 1 << 28)
        finally:
            os.close(handle)
        if any(needle in raw for needle in needles):
            # A sketch of each body is of no use here and dear to send.
            found += [replace(one, sketch=()) for one in question(path, raw)]
    return found
