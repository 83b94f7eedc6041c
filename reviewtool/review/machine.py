# SPDX-License-Identifier: GPL-2.0-or-later
"""What this machine has of what reviewtool needs, and what mends the rest."""

import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

from reviewtool import cache
from reviewtool.kernel.probe import Check, checks
from reviewtool.tree import debian


def machine() -> tuple[Check, ...]:
    """Every check: for the mail and the interface first, then for building and booting."""
    return (_python(), _b4(), _source(), *checks(cache.root()))


def _python() -> Check:
    ok = sys.version_info >= (3, 11)
    return Check("python", ok, platform.python_version(), "" if ok else "use Python 3.11 or newer")


def _b4() -> Check:
    beside = Path(sys.executable).parent / "b4"
    if beside.exists():
        return Check("b4", True, f"{metadata.version('b4')} ({beside})")
    return Check("b4", False, f"not beside {sys.executable}", "make venv")


def _source() -> Check:
    ready = sorted((cache.root() / "bases").glob(f"{debian.PACKAGE}_*/linux"))
    if ready:
        return Check("kernel source", True, str(ready[-1]))
    if shutil.which("apt-get"):
        return Check("kernel source", True, f"{debian.PACKAGE} will be downloaded when needed")
    remedy = "give a kernel tree by --tree or REVIEWTOOL_TREE"
    return Check("kernel source", False, "none in the cache and no apt-get to get one by", remedy)
