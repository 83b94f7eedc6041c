# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool schema``: the JSON Schema of what a command prints with --json."""

import argparse
import sys

from reviewtool.errors import InputError
from reviewtool.report.json import schema_names, schema_text


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="without: the names there are")


def run(arguments: argparse.Namespace) -> int:
    known = schema_names()
    if arguments.name is None:
        sys.stdout.write("".join(f"{name}\n" for name in known))
        return 0
    name = arguments.name.removeprefix("reviewtool/")
    if name not in known:
        raise InputError("no schema of that name", name, f"there is {', '.join(known)}")
    sys.stdout.write(schema_text(name))
    return 0
