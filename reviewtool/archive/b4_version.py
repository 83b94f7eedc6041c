# SPDX-License-Identifier: GPL-2.0-or-later
"""Which b4 is installed: part of the key of everything b4 made, so it has to be quick to learn."""

import sys
from functools import cache
from pathlib import Path

from reviewtool.errors import Unavailable


@cache
def b4_version() -> str:
    """The version of the b4 of this environment.

    Read off the name of its metadata folder: importlib.metadata, and what it imports, take longer
    than reading a series out of the cache.
    """
    for entry in sys.path:
        for found in sorted(Path(entry).glob("b4-*.dist-info")) if entry else ():
            return found.name.removeprefix("b4-").removesuffix(".dist-info")
    raise Unavailable("b4 is not installed", "", "run make venv")
