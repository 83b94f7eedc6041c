# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool doctor``: what is here, what is missing, and what mends it."""

import argparse

from reviewtool.cli.output import emit
from reviewtool.report.table import table


def configure(parser: argparse.ArgumentParser) -> None:
    """No arguments of its own."""


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.review.machine import machine

    every = machine()
    rows = [("ok" if one.ok else "MISSING", one.name, one.detail) for one in every]
    text = table(("", "what", "found"), rows)
    missing = [one for one in every if not one.ok]
    packages = [
        one.remedy.removeprefix(_INSTALL) for one in missing if one.remedy.startswith(_INSTALL)
    ]
    if packages:
        text += f"\nrun: {_INSTALL}{' '.join(dict.fromkeys(packages))}\n"
    text += "".join(
        f"\n{one.name}: {one.remedy}\n" for one in missing if not one.remedy.startswith(_INSTALL)
    )
    shape = {
        "ok": not missing,
        "checks": [
            {"name": one.name, "ok": one.ok, "detail": one.detail, "remedy": one.remedy}
            for one in every
        ],
    }
    emit(arguments, "doctor", shape, text)
    return 1 if missing else 0


_INSTALL = "apt-get install "
