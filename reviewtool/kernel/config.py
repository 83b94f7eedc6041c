# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's configuration: as little as possible, and all of what was asked for."""

import re
from collections.abc import Mapping, Sequence

from reviewtool.errors import InputError

_SET = re.compile(r"^CONFIG_(\w+)=(.*)$")
_UNSET = re.compile(r"^# CONFIG_(\w+) is not set$")
# make tinyconfig is allnoconfig with these two; given as one file they need one make, not three.
TINY = ("kernel/configs/tiny-base.config", "kernel/configs/tiny.config")


def parse(text: str, where: str = "") -> dict[str, str]:
    """The symbols a ``.config`` or a fragment sets, without ``CONFIG_``; "n" is "is not set".

    Raises :class:`InputError` naming the first line of ``where`` that is neither nor a comment.
    """
    symbols = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.rstrip()
        if match := _SET.match(line):
            symbols[match[1]] = match[2]
        elif match := _UNSET.match(line):
            symbols[match[1]] = "n"
        elif line and not line.startswith("#"):
            raise InputError(
                f"line {number} is no configuration: {line!r}",
                where,
                "write CONFIG_NAME=value or # CONFIG_NAME is not set",
            )
    return symbols


def merge(fragments: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The symbols of several fragments (name, text); the last one to name a symbol decides."""
    merged: dict[str, str] = {}
    for name, text in fragments:
        merged |= parse(text, name)
    return merged


def write(symbols: Mapping[str, str]) -> str:
    """``symbols`` as a fragment."""
    return "".join(
        f"# CONFIG_{name} is not set\n" if value == "n" else f"CONFIG_{name}={value}\n"
        for name, value in symbols.items()
    )


def lost(wanted: Mapping[str, str], resulting: Mapping[str, str]) -> list[str]:
    """What Kconfig did not grant: for each symbol what was wanted and what came of it."""
    return [
        f"CONFIG_{name}={value} ({resulting.get(name, 'absent')})"
        for name, value in wanted.items()
        if resulting.get(name, "n") != value
    ]


def require(wanted: Mapping[str, str], resulting: Mapping[str, str], base: str) -> None:
    """Raise :class:`InputError` naming every symbol that did not survive Kconfig."""
    missing = lost(wanted, resulting)
    if missing:
        raise InputError(
            f"Kconfig did not grant {', '.join(missing)}",
            base,
            "see whether the series removed or renamed a symbol, or changed what it depends on",
        )
