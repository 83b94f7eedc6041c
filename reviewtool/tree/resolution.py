# SPDX-License-Identifier: GPL-2.0-or-later
"""Conflicts resolved once and kept as data: how a mailed hunk reads on another base.

A resolution never repeats the author's lines. It names a hunk and says which of its context lines
stand differently here; what the hunk adds comes from the mail. ::

    [[resolution]]
    patch = "20251130111812.699259-2-rppt@kernel.org"   # message-id of the mailed patch
    file = "include/linux/userfaultfd_k.h"
    hunk = 1                                             # counted from 1 in that file
    reason = "6.12 has no VM_DROPPABLE test in front of it"
    [resolution.lines]                                   # lines of the hunk, counted from 1
    4 = []                                               # not there in this base
    7 = [" \\treturn x;", "-\\treturn y;"]                 # reads so here, marks included

    [[resolution]]
    patch = "…"
    file = "tools/testing/selftests/kvm/guest_memfd_test.c"
    leave_out = true
    reason = "the selftest of this base has none of the tests it changes"
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewtool.errors import InputError
from reviewtool.tree.patchfile import FilePatch, Hunk


@dataclass(frozen=True, slots=True)
class Resolution:
    """How one hunk of the mail ``patch`` reads on this base, or that a file is left out (``hunk``
    0). ``lines`` maps a line of the hunk to those that take its place; ``where`` is the file and
    entry it was read from."""

    patch: str
    file: str
    hunk: int
    lines: tuple[tuple[int, tuple[str, ...]], ...]
    reason: str
    where: str = ""

    @property
    def note(self) -> str:
        """One line for the outcome."""
        if not self.hunk:
            return f"{self.file} left out: {self.reason}"
        return f"{self.file} hunk {self.hunk}: {self.reason}"


def read_resolutions(path: Path) -> tuple[Resolution, ...]:
    """The resolutions of a TOML file. Raises :class:`InputError` naming file and entry."""
    try:
        held = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", str(path)) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is no TOML: {error}", str(path)) from error
    entries = held.get("resolution", [])
    if not isinstance(entries, list) or set(held) - {"resolution"}:
        raise InputError("holds something else than [[resolution]] entries", str(path))
    return tuple(
        _resolution(entry, f"{path}: resolution {number}")
        for number, entry in enumerate(entries, 1)
    )


def _resolution(entry: Mapping[str, Any], where: str) -> Resolution:
    unknown = set(entry) - {"patch", "file", "hunk", "leave_out", "reason", "lines"}
    if unknown:
        raise InputError(f"unknown key {sorted(unknown)[0]!r}", where)
    for key in ("patch", "file", "reason"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise InputError(f"has no {key}", where, f'add {key} = "…"')
    left_out = entry.get("leave_out", False)
    hunk = entry.get("hunk", 0)
    lines = entry.get("lines", {})
    if left_out is True and not hunk and not lines:
        return Resolution(entry["patch"], entry["file"], 0, (), entry["reason"], where)
    if left_out or not isinstance(hunk, int) or hunk < 1 or not lines:
        raise InputError("needs either leave_out = true or hunk and lines", where)
    pairs = []
    for key, fresh in lines.items():
        good = isinstance(fresh, list) and all(
            isinstance(line, str) and line[:1] in (" ", "-", "+") and "\n" not in line
            for line in fresh
        )
        if not key.isdigit() or not good:
            raise InputError(
                f"line {key} is no list of lines that begin with a blank, - or +", where
            )
        pairs.append((int(key), tuple(fresh)))
    return Resolution(
        entry["patch"], entry["file"], hunk, tuple(sorted(pairs)), entry["reason"], where
    )


def resolve(diff: bytes, files: Sequence[FilePatch], resolutions: Sequence[Resolution]) -> bytes:
    """``diff`` (read as ``files``) as it reads on this base.

    Raises :class:`InputError` if a resolution names a file, hunk or line the patch does not have.
    """
    by_place = {(r.file, r.hunk): r for r in resolutions}
    lines = diff.split(b"\n")
    known = {(file.path, number) for file in files for number in range(len(file.hunks) + 1)}
    for place, resolution in by_place.items():
        if place not in known:
            what = f"hunk {place[1]} of {place[0]}" if place[1] else place[0]
            raise InputError(f"the patch has no {what}", resolution.where or resolution.patch)
    result: list[bytes] = []
    ends = [file.at - 1 for file in files[1:]] + [len(lines)]
    for file, end in zip(files, ends, strict=True):
        if (file.path, 0) in by_place:
            continue
        start = file.at - 1
        for number, hunk in enumerate(file.hunks, 1):
            result += lines[start : hunk.at - 1]
            chosen = by_place.get((file.path, number))
            result += _rewrite(hunk, chosen) if chosen else lines[hunk.at - 1 : hunk.end]
            start = hunk.end
        result += lines[start:end]
    return b"\n".join(result)


def _rewrite(hunk: Hunk, resolution: Resolution) -> list[bytes]:
    fresh: list[bytes] = []
    changes = dict(resolution.lines)
    beyond = [number for number in changes if not 1 <= number <= len(hunk.lines)]
    if beyond:
        raise InputError(
            f"the hunk has {len(hunk.lines)} lines, no line {beyond[0]}",
            resolution.where or resolution.patch,
        )
    for number, line in enumerate(hunk.lines, 1):
        if number in changes:
            fresh += [text.encode("utf-8") for text in changes[number]]
        else:
            fresh.append(line)
    old = sum(line[:1] != b"+" for line in fresh)
    new = sum(line[:1] != b"-" for line in fresh)
    head = f"@@ -{hunk.old_start},{old} +{hunk.new_start},{new} @@ {hunk.section}".rstrip()
    return [head.encode("utf-8", "surrogateescape"), *fresh]
