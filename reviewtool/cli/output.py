# SPDX-License-Identifier: GPL-2.0-or-later
"""Results on standard output, JSON if asked for, else text; and in the file a user names."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reviewtool.cache import write_atomic
from reviewtool.errors import InputError
from reviewtool.report.json import document


def emit(arguments: argparse.Namespace, schema: str, payload: Mapping[str, Any], text: str) -> None:
    """Print ``payload`` as JSON where ``--json`` was given, else ``text``."""
    out = document(schema, payload) if arguments.json else text
    sys.stdout.write(out if out.endswith("\n") else out + "\n")


def write_file(name: str, content: bytes) -> None:
    """Write ``content`` to the file the user calls ``name``: all of it, or nothing.

    What is no plain file (/dev/null, a pipe) is written to, never replaced; no folder is made, for
    it would be that of a slip of the pen. Raises InputError if it cannot be written.
    """
    path = Path(name)
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        elif path.parent.is_dir():
            write_atomic(path.resolve(), content)
        else:
            raise InputError(f"no folder {path.parent}", name, "make it, or name another file")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be written: {why}", name, "name another file") from error
