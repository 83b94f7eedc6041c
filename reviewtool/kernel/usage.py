# SPDX-License-Identifier: GPL-2.0-or-later
"""What the processes of a sandbox use, read from the host's ``/proc`` and file system."""

import contextlib
import os
from collections import defaultdict
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def tree(root: int) -> set[int]:
    """``root`` and all its descendants. Orphans of a PID namespace belong to its first process."""
    children = defaultdict(list)
    for name in os.listdir("/proc"):  # noqa: PTH208 - thousands of names, several times a second
        if name.isdigit() and (parent := _parent(int(name))) is not None:
            children[parent].append(int(name))
    found: set[int] = set()
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children[pid]
    return found


def _parent(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - as above
            # The name, in parentheses, may hold anything, so count from the last one.
            return int(file.read().rpartition(b")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None  # it ended in between


def private_memory(pid: int) -> int:
    """Resident bytes that ``pid`` shares with no file and no other mapping."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123 - as above
            _, resident, shared, *_ = map(int, file.read().split())
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return (resident - shared) * _PAGE


def free_memory() -> int:
    """Bytes this machine can still give without swapping."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    raise OSError("/proc/meminfo has no MemAvailable")


def disk(folder: Path) -> int:
    """Bytes allocated to the files below ``folder``; what vanishes meanwhile is nothing."""
    total = 0
    waiting = [os.fspath(folder)]
    while waiting:
        with contextlib.suppress(FileNotFoundError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    with contextlib.suppress(FileNotFoundError):
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
