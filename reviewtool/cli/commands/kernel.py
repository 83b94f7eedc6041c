# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool kernel build|boot|shell REV``: the kernel of a revision itself."""

import argparse
import sys

from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.text import visible_line


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=("build", "boot", "shell"),
        help="build it; boot it and run a command; or open a shell in it, /dev/kvm ready",
    )
    parser.add_argument(
        "revision", metavar="REV", help="a revision, or base: the kernel tree as it is"
    )
    parser.add_argument("--profile", default="fast", help="fast (default) or debug")
    parser.add_argument(
        "--run",
        metavar="COMMAND",
        default="uname -a; ls -l /dev/kvm",
        help="with boot: what the guest's shell runs (default: %(default)s)",
    )
    parser.add_argument("--seconds", type=float, default=60, help="time limit (default: 60)")


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.kernel.boot import GuestJob, GuestLimits, boot
    from reviewtool.report.verdict import sandbox_note
    from reviewtool.review.kernels import kernel, ours, resolved, unenclosed

    opened = session(arguments, needs_tree=True)
    name = resolved(opened, arguments.revision)
    built = kernel(opened, name, arguments.profile)
    trusted = ours(opened)
    without = unenclosed() if trusted else ""
    sys.stderr.write(sandbox_note(without).lstrip())
    shape = {
        "revision": name,
        "kernel": str(built.path),
        "key": built.key,
        "profile": built.profile,
        "seconds": built.seconds,
        "config": str(built.config),
        "log": str(built.log),
        "without_sandbox": without or None,
    }
    if arguments.action == "build":
        emit(arguments, "kernel", shape, f"{built.path}\n")
        return 0
    if arguments.action == "shell":
        from reviewtool.kernel.shell import shell

        return shell(built.path, title=name, trusted=trusted)
    booted = boot(
        built.path,
        GuestJob(argv=("/bin/sh", "-c", arguments.run)),
        GuestLimits(seconds=arguments.seconds),
        _ignore if arguments.json else _show,
        trusted=trusted,
    )
    shape |= {
        "ended": booted.ended,
        "reason": booted.reason,
        "status": booted.status,
        "console": str(booted.console),
    }
    emit(arguments, "kernel", shape, f"{booted.ended} {booted.reason}".rstrip())
    return 0 if booted.ended == "halted" and booted.status == 0 else 1


def _show(line: str) -> None:
    print(visible_line(line))
    sys.stdout.flush()


def _ignore(line: str) -> None:
    """JSON holds the outcome; the console is in its file."""
