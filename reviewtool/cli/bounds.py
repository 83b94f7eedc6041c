# SPDX-License-Identifier: GPL-2.0-or-later
"""The world a question is asked in, and how far it may be searched, from the command line."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from reviewtool.errors import InputError

if TYPE_CHECKING:
    from refmodel.world import World

LARGEST = 16
"""Pages or threads: more are not told apart by anything, and take for ever."""


def add_bounds(parser: argparse.ArgumentParser) -> None:
    """``--pages``, ``--threads`` and ``--limit``, of the behaviour part."""
    parser.add_argument("--pages", type=int, metavar="N", help="pages of the world (default: 2)")
    parser.add_argument("--threads", type=int, metavar="N", help="its user threads (default: 2)")
    parser.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help="stop after N states and say what was found by then (Ctrl-C does the same)",
    )


def bounded(world: "World", arguments: argparse.Namespace) -> "World":
    """``world`` with the numbers of the command line.  Raises InputError for what is no world."""
    for what in ("pages", "threads", "limit"):
        number = getattr(arguments, what)
        if number is not None and number < 1:
            raise InputError(f"{number} is too few", f"--{what}", "give 1 or more")
    return fitting(
        replace(
            world,
            pages=arguments.pages or world.pages,
            threads=arguments.threads or world.threads,
        )
    )


def extra_states(arguments: argparse.Namespace) -> int:
    """``--extra``: how many states more than are known a kernel may have."""
    extra: int = arguments.extra
    if extra < 0:
        raise InputError(f"{extra} is too few", "--extra", "give 0 or more")
    return extra


def fitting(world: "World") -> "World":
    """``world``; InputError where it is too large for anything to be finished in it."""
    for what, number in (("pages", world.pages), ("threads", world.threads)):
        if number > LARGEST:
            raise InputError(
                f"a world of {number} {what} is too large to search",
                f"--{what}" if what == "threads" else "the world",
                f"use at most {LARGEST} {what}; two show all there is to see",
            )
    return world
