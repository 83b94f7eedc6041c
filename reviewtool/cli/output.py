# SPDX-License-Identifier: GPL-2.0-or-later
"""Results on standard output: JSON if asked for, else text."""

import argparse
import shutil
import sys
from collections.abc import Mapping
from typing import Any

from reviewtool.report.json import document
from reviewtool.report.table import WIDTH


def emit(arguments: argparse.Namespace, schema: str, payload: Mapping[str, Any], text: str) -> None:
    """Print ``payload`` as JSON where ``--json`` was given, else ``text``."""
    out = document(schema, payload) if arguments.json else text
    sys.stdout.write(out if out.endswith("\n") else out + "\n")


def width() -> int:
    """Columns to fill: the terminal's, at most what reads well; a fixed number elsewhere."""
    return min(shutil.get_terminal_size().columns, 140) if sys.stdout.isatty() else WIDTH
