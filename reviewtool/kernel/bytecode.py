# SPDX-License-Identifier: GPL-2.0-or-later
"""Python packages with their bytecode, for guests, which can write none and keep none.

The same source gives the same folder in the cache. What lies there was compiled by this Python,
which is the one that runs in a guest.
"""

import importlib.util
import py_compile
import shutil
import tempfile
from pathlib import Path

from reviewtool import cache

_PYC = "__pycache__"


def compiled(package: Path) -> Path:
    """A copy of the folder ``package`` under the same name, with bytecode that is never stale."""
    files = sorted(path for path in package.rglob("*") if path.is_file() and _PYC not in path.parts)
    content = {str(path.relative_to(package)): path.read_bytes() for path in files}
    parts = [part for pair in content.items() for part in pair]
    key = cache.digest(importlib.util.MAGIC_NUMBER, package.name, *parts)
    place = cache.folder("bytecode") / key
    if not place.is_dir():
        _compile(content, package.name, place)
    return place / package.name


def _compile(content: dict[str, bytes], name: str, place: Path) -> None:
    """Write ``content`` and its bytecode below ``place``, all of it or nothing."""
    fresh = Path(tempfile.mkdtemp(prefix=".", dir=place.parent))
    try:
        for relative, raw in content.items():
            path = fresh / name / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
            if path.suffix == ".py":
                py_compile.compile(
                    str(path),
                    dfile=f"{name}/{relative}",
                    doraise=True,
                    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
                )
        fresh.chmod(0o755)
        fresh.rename(place)
    except OSError:
        shutil.rmtree(fresh)
        if not place.is_dir():  # another process was first
            raise
    except BaseException:
        shutil.rmtree(fresh)
        raise
