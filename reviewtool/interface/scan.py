# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions to a whole tree: every instance of some ops structs, every exported symbol.

A file is read once, searched for the plain words the question needs, and parsed only if it has
them. The work is split over processes; the executor is a parameter, so that another one (a
cluster's) can take its place.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import closing
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

from reviewtool.errors import InputError
from reviewtool.interface.holding import Holding
from reviewtool.interface.initialisers import holds_literal, may_hold_initialiser, places
from reviewtool.interface.macros import exports
from reviewtool.interface.mask import without_comments
from reviewtool.interface.objects import objects
from reviewtool.interface.source import read
from reviewtool.interface.spots import read_initialisers
from reviewtool.interface.types import Element
from reviewtool.progress import SILENT, Progress

_CHUNK = 1000  # files given to a process at once
_FEW = 3  # chunks below which no process is started
_SUFFIXES = (".c", ".h")

Answer = TypeVar("Answer")
Question = Callable[[str, bytes], Sequence[Answer]]
"""Given a path and its content: what there is to say. It must be picklable."""


def source_files(root: Path) -> list[str]:
    """The C files below ``root``, by path from there; symbolic links are not followed.

    Raises :class:`~reviewtool.errors.InputError` where a folder cannot be read.
    """
    return sorted(_walk(root))


def _walk(root: Path) -> Iterator[str]:
    waiting = [str(root)]
    cut = len(str(root)) + 1
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.name.endswith(_SUFFIXES) and entry.is_file(follow_symlinks=False):
                        yield entry.path[cut:]
        except OSError as error:
            raise InputError(
                f"cannot read the tree: {error.strerror}", str(error.filename), "give another tree"
            ) from error


def objects_in_tree(
    root: Path,
    structs: Iterable[str],
    *,
    executor: Executor | None = None,
    progress: Progress = SILENT,
) -> tuple[Element, ...]:
    """Every slot set by an initialiser of one of ``structs`` (names without "struct")."""
    names = tuple(sorted(set(structs)))
    return ask_tree(root, partial(objects_of, names), names, executor=executor, progress=progress)


def exports_in_tree(
    root: Path, *, executor: Executor | None = None, progress: Progress = SILENT
) -> tuple[Element, ...]:
    """Every EXPORT_SYMBOL and its relatives below ``root``."""
    return ask_tree(root, _exports_of, ("EXPORT_",), executor=executor, progress=progress)


def objects_of(structs: tuple[str, ...], path: str, raw: bytes) -> Sequence[Element]:
    """The slots of ``structs`` set in one file.

    Only the initialisers are parsed; a compound literal wants its function, the whole file.
    """
    names = tuple(struct.encode() for struct in structs)
    named = places(names, raw)
    if holds_literal(names, raw, named):
        return list(objects(read(path, raw), structs.__contains__))
    if not may_hold_initialiser(names, raw, named):
        return []
    return list(objects(read_initialisers(path, raw, names, named), structs.__contains__))


def _exports_of(path: str, raw: bytes) -> list[Element]:
    return list(exports(path, raw, without_comments(raw)))


def ask_tree(
    root: Path,
    question: Question[Answer],
    words: Sequence[str],
    *,
    executor: Executor | None = None,
    progress: Progress = SILENT,
) -> tuple[Answer, ...]:
    """The answers of every C file below ``root`` that has one of ``words``, by path."""
    if not root.is_dir():
        raise InputError("no such tree", str(root), "give a folder with kernel sources")
    work = partial(_search, str(root), question, [word.encode() for word in words])
    with progress.task(f"searching {root}") as task:
        found: list[tuple[str, Sequence[Answer]]] = []
        for done, part in enumerate(_spread(work, _chunks(root), executor), start=1):
            found += part
            task.update(done)
    found.sort(key=lambda one: one[0])
    return tuple(answer for _, answers in found for answer in answers)


def _chunks(root: Path) -> Iterator[list[str]]:
    paths = _walk(root)
    while chunk := list(islice(paths, _CHUNK)):
        yield chunk


def _spread(
    work: Callable[[Sequence[str]], list[tuple[str, Sequence[Answer]]]],
    chunks: Iterator[list[str]],
    executor: Executor | None,
) -> Iterator[list[tuple[str, Sequence[Answer]]]]:
    """``work`` on each chunk; the first are worked on while the tree is still being walked."""
    first = list(islice(chunks, _FEW))
    workers = os.cpu_count() or 1
    if executor is not None:
        yield from executor.map(work, chain(first, chunks))
    elif workers == 1 or len(first) < _FEW:
        yield from map(work, chain(first, chunks))
    else:
        with ProcessPoolExecutor(workers) as pool:
            yield from pool.map(work, chain(first, chunks))


def _search(
    root: str, question: Question[Answer], needles: Sequence[bytes], paths: Sequence[str]
) -> list[tuple[str, Sequence[Answer]]]:
    found = []
    with closing(Holding(root, needles)) as holding:
        for path in paths:
            raw = holding(path)
            if raw is not None and (answers := question(path, raw)):
                found.append((path, answers))
    return found
