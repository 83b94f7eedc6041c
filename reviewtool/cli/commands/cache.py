# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool cache``: where results lie, how much they take, and dropping them."""

import argparse
from pathlib import Path

from reviewtool import cache
from reviewtool.cli.output import emit
from reviewtool.report.table import table


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clear", action="store_true", help="drop everything in it")


def run(arguments: argparse.Namespace) -> int:
    root = cache.root()
    if arguments.clear:
        cache.clear()
    folders = sorted(root.iterdir()) if root.is_dir() else []
    kinds = {folder.name: _size(folder) for folder in folders if folder.is_dir()}
    rows = [(name, f"{size / 1e6:.1f}") for name, size in kinds.items()]
    text = f"{root}\n"
    if rows:
        text += "\n" + table(("kind", "MB"), rows)
    emit(arguments, "cache", {"path": str(root), "bytes": kinds}, text)
    return 0


def _size(path: Path) -> int:
    """Bytes of disk below ``path``; a file with several names counts once."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for file in (path, *path.rglob("*")):
        try:
            status = file.lstat()
        except FileNotFoundError:  # another reviewtool has just removed it
            continue
        if (status.st_dev, status.st_ino) not in seen:
            seen.add((status.st_dev, status.st_ino))
            total += status.st_blocks * 512
    return total
