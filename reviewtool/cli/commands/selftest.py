# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool selftest REV``: the kernel's own selftests of a revision, on its own kernel."""

import argparse
from pathlib import Path

from reviewtool.cli.output import emit
from reviewtool.cli.session import session


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Build tools/testing/selftests/mm/uffd-unit-tests and kvm/guest_memfd_test as the revision "
        "has them, what its series adds included, and run them on its kernel. Every test function "
        "of guest_memfd_test is a test; what User-Mode Linux cannot do is skipped, saying why."
    )
    parser.add_argument(
        "revision", metavar="REV", help="a revision, or base: the kernel tree as it is"
    )
    parser.add_argument(
        "--tests", type=Path, metavar="TREE", help="run the selftests of this kernel tree instead"
    )
    parser.add_argument("--ktap", action="store_true", help="print KTAP, as kunit does")
    parser.add_argument("--profile", default="fast", help="fast (default) or debug")


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.behaviour.ktap import write
    from reviewtool.report.selftests import shape, text
    from reviewtool.review.selftests import run_selftests

    opened = session(arguments, needs_tree=True)
    done = run_selftests(
        opened, arguments.revision, tests=arguments.tests, profile=arguments.profile
    )
    told = "\n".join(write([done.result])) if arguments.ktap else text(done)
    emit(arguments, "selftest", shape(done), told)
    return 0 if done.result.status != "not ok" else 1
