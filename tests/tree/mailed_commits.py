# SPDX-License-Identifier: GPL-2.0-or-later
"""Mailed patches as commits whose diffs are the mailed ones, though no base of theirs is at hand.

Each patch has a parent made from its own context lines, with filler between its hunks.  That parent
is a merge, which range-diff does not look at: so git's own range-diff compares what was mailed.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from reviewtool.archive.types import Patch
from reviewtool.tree.patchfile import FilePatch, parse
from reviewtool.tree.store import run_git

_WHO = b"A Person <a@example.org> 0 +0000"


def mailed_commits(store: Path, series: Mapping[str, Sequence[Patch]]) -> dict[str, str]:
    """Write ``series`` into a new bare repository; the range of commits of each, by its name."""
    store.mkdir(parents=True)
    assert run_git(store, "init", "--bare", "--quiet", ".").returncode == 0
    stream = [_commit(1, "refs/heads/root", "root", {})]
    mark = 1
    for name, patches in series.items():
        ref, before = f"refs/heads/{name}", 1
        for patch in patches:
            files = parse(patch.diff.encode("utf-8", "surrogateescape"))
            old = {file.old: _side(file, b"-") for file in files if file.old}
            new = {file.new: _side(file, b"+") for file in files if file.new}
            words = f"{patch.subject}\n\n{patch.message}"
            stream.append(_commit(mark + 1, ref, "between", old, before, 1))
            stream.append(_commit(mark + 2, ref, words, new, mark + 1))
            before = mark = mark + 2
    done = run_git(store, "fast-import", "--quiet", stdin=b"".join(stream))
    assert done.returncode == 0, done.complaint
    return {name: f"root..{name}" for name in series}


def _commit(mark: int, ref: str, words: str, files: dict[str, bytes], *parents: int) -> bytes:
    text = words.encode("utf-8", "surrogateescape")
    parts = [f"commit {ref}\nmark :{mark}\n".encode()]
    parts += [b"author " + _WHO + b"\ncommitter " + _WHO + b"\n"]
    parts += [f"data {len(text)}\n".encode(), text, b"\n"]
    for word, parent in zip(("from", "merge"), parents, strict=False):
        parts.append(f"{word} :{parent}\n".encode())
    parts.append(b"deleteall\n")
    for path, content in files.items():
        parts += [f"M 100644 inline {path}\ndata {len(content)}\n".encode(), content, b"\n"]
    return b"".join(parts)


def _side(file: FilePatch, own: bytes) -> bytes:
    """The file before (``-``) or after (``+``) the patch, as far as its hunks show it."""
    lines: list[bytes] = []
    for hunk in file.hunks:
        start = (hunk.old_start if own == b"-" else hunk.new_start) - 1
        while len(lines) < start:
            lines.append(b" filler")
        if hunk.section and len(lines) > 0 and lines[-1] == b" filler":
            lines[-1] = hunk.section.encode("utf-8", "surrogateescape")
        lines += [line[1:] for line in hunk.lines if line[:1] in (b" ", own)]
    return b"\n".join(lines) + b"\n"
