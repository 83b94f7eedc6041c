# SPDX-License-Identifier: GPL-2.0-or-later
"""Results on standard output: JSON if asked for, else text."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from reviewtool.report.json import document


def emit(arguments: argparse.Namespace, schema: str, payload: Mapping[str, Any], text: str) -> None:
    """Print ``payload`` as JSON where ``--json`` was given, else ``text``."""
    out = document(schema, payload) if arguments.json else text
    sys.stdout.write(out if out.endswith("\n") else out + "\n")
