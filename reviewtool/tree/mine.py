# SPDX-License-Identifier: GPL-2.0-or-later
"""Functions added, changed and removed by each patch of a revision, with size and complexity.

PyDriller reads the commits and lizard measures the functions. lizard names a function with an
annotation after it (``__acquires``) and every syscall after its macro, so names and extents come
from a finder that knows kernel C; a measure is lizard's for the same lines, or unknown.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import git
from pydriller.domain.commit import Commit, Method, ModifiedFile
from pydriller.utils.conf import Conf

from reviewtool import cache
from reviewtool.tree.outcome import Applied, require_complete
from reviewtool.tree.store import repository

Finder = Callable[[str, bytes], Iterable[tuple[str, int, int]]]
"""Given a path and its content: name, first and last line (from 1) of every function."""

_RULES = "1"
_SOURCES = (".c", ".h")


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """What a patch (``patch``; 0 for a whole revision) does to one function.

    ``lines`` are its extent with the head, ``complexity`` McCabe's; None where there is no such
    function, or where lizard did not see it.
    """

    path: str
    name: str
    change: Literal["added", "changed", "removed"]
    patch: int
    lines_before: int | None
    lines_after: int | None
    complexity_before: int | None
    complexity_after: int | None


@dataclass(frozen=True, slots=True)
class _Function:
    """Its text, and the lines it spans: more than one span if it is defined twice under #ifdef."""

    text: str
    spans: tuple[tuple[int, int], ...]

    @property
    def lines(self) -> int:
        return sum(last - first + 1 for first, last in self.spans)


def mine(applied: Applied, finder: Finder) -> tuple[FunctionChange, ...]:
    """The function changes of each of the revision's own patches, in order.

    Raises :class:`~reviewtool.errors.InputError` if a patch did not apply.
    """
    require_complete(applied)
    found: list[FunctionChange] = []
    with repository(applied.store) as repo:
        for outcome in applied.outcomes:
            commit = outcome.commit or ""

            def compute(number: int = outcome.index, name: str = commit) -> list[dict[str, Any]]:
                return [asdict(change) for change in _commit(repo, name, number, finder)]

            key = cache.digest(_RULES, commit, str(outcome.index))
            held = cache.cached_json("functions", key, compute)
            found += [FunctionChange(**fields) for fields in held]
    return tuple(found)


def whole(changes: Sequence[FunctionChange]) -> tuple[FunctionChange, ...]:
    """The changes of a whole revision: what its patches do to a function, taken together."""
    first: dict[tuple[str, str], FunctionChange] = {}
    last: dict[tuple[str, str], FunctionChange] = {}
    for change in changes:
        first.setdefault((change.path, change.name), change)
        last[change.path, change.name] = change
    result = []
    for key, start in first.items():
        end = last[key]
        if start.change == "added" and end.change == "removed":
            continue
        word: Literal["added", "changed", "removed"] = "changed"
        if start.change == "added":
            word = "added"
        elif end.change == "removed":
            word = "removed"
        joined = replace(
            end,
            change=word,
            patch=0,
            lines_before=start.lines_before,
            complexity_before=start.complexity_before,
        )
        result.append(joined)
    return tuple(result)


def _commit(repo: git.Repo, name: str, number: int, finder: Finder) -> list[FunctionChange]:
    # PyDriller's own Repository would write to the store's configuration.
    commit = Commit(repo.commit(name), Conf({"path_to_repo": repo.git_dir}))
    changes: list[FunctionChange] = []
    for file in commit.modified_files:
        path = file.new_path or file.old_path
        if path.endswith(_SOURCES):
            changes += _file(file, path, number, finder)
    return changes


def _file(file: ModifiedFile, path: str, number: int, finder: Finder) -> list[FunctionChange]:
    before = _functions(path, file.content_before, finder)
    after = _functions(path, file.content, finder)
    names = [
        name
        for name in dict.fromkeys((*before, *after))
        if name not in before or name not in after or before[name].text != after[name].text
    ]
    # lizard takes a second for mm/memory.c: it is asked only where a function differs.
    measured = (file.methods_before, file.methods) if names else ([], [])
    changes = []
    for name in names:
        old, new = before.get(name), after.get(name)
        changes.append(
            FunctionChange(
                path,
                name,
                "changed" if old and new else "added" if new else "removed",
                number,
                old.lines if old else None,
                new.lines if new else None,
                _complexity(old, measured[0]),
                _complexity(new, measured[1]),
            )
        )
    return changes


def _functions(path: str, content: bytes | None, finder: Finder) -> dict[str, _Function]:
    """The functions of one file by name."""
    lines = (content or b"").split(b"\n")
    found: dict[str, _Function] = {}
    for name, first, last in finder(path, content) if content else ():
        text = b"\n".join(lines[first - 1 : last]).decode("utf-8", "surrogateescape")
        other = found.get(name, _Function("", ()))
        found[name] = _Function(f"{other.text}{text}\n", (*other.spans, (first, last)))
    return found


def _complexity(function: _Function | None, measured: Sequence[Method]) -> int | None:
    """lizard's measure of what lies within the function's lines, whatever lizard calls it."""
    if function is None:
        return None
    return max(
        (
            method.complexity
            for first, last in function.spans
            for method in measured
            if first <= method.start_line and method.end_line <= last
        ),
        default=None,
    )
