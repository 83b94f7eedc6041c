# SPDX-License-Identifier: GPL-2.0-or-later
"""The entry point: reads the command line, runs one command, turns its outcome into a status.

Exit status: 0 fine; 1 differences or failed tests, where that is the question asked; 2 the
request or its input is wrong (one line says what, where and how to mend it); 130 interrupted.
"""

import argparse
import errno
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from reviewtool import __version__
from reviewtool.errors import InputError, RequestError

# name -> (module in reviewtool.cli.commands, what it answers). A module is imported only when its
# command runs, so that --help and completion stay fast.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "the whole path on the embedded study: mail to a verdict on booted kernels"),
    "fetch": ("fetch", "read every revision of a series and its replies into a study"),
    "log": ("log", "the lineage: revisions, dates, bases, replies"),
    "remarks": ("remarks", "what reviewers said, attached to the lines and hooks they quote"),
    "changelog": ("changelog", "what a posting says it changed and what was asked, held to it"),
    "show": ("show", "one revision: patches, interface, how it applied"),
    "apply": ("apply", "each revision as commits on its base; your checkout is never touched"),
    "extract": ("extract", "the interface of one revision"),
    "matrix": ("matrix", "interface elements x revisions: appeared, renamed, retyped, gone"),
    "diff": ("diff", "what changed between two revisions: patches, interface, behaviour"),
    "range-diff": ("range_diff", "which patch is which through revisions, from the mail alone"),
    "model": ("model", "the reference model of a revision: its rules and where each comes from"),
    "ask": ("ask", "run a sequence of operations on the model of a revision"),
    "races": ("races", "every interleaving of two operations on the model of a revision"),
    "findings": ("findings", "what the mails' reviewers found, and did not, found on the models"),
    "test": ("test", "hold the model of a revision against its own kernel, built and booted"),
    "report": ("report", "what is to be told of a revision: a reply, Markdown, one HTML file"),
    "learn": ("learn", "infer the machine of a revision's kernel from its answers alone"),
    "b4-check": ("b4_check", "a check command for the review screen of b4"),
    "ci": ("ci", "check a mailbox or a branch in one line, for a job"),
    "bundle": ("bundle", "a comparison and all it was made from in one file, to be made again"),
    "tui": ("tui", "browse all of it on the terminal"),
    "kernel": ("kernel", "build a revision's kernel, boot it, or open a shell in it"),
    "selftest": ("selftest", "run the kernel's own selftests of a revision on its kernel"),
    "schema": ("schema", "the JSON Schema of what a command prints with --json"),
    "doctor": ("doctor", "what this machine has, what it lacks, and the command that mends it"),
    "cache": ("cache", "where computed results lie and how much they take; --clear drops them"),
}

_ELSEWHERE = "set REVIEWTOOL_CACHE and REVIEWTOOL_DATA to folders that are"
# What a disk refuses can happen at any write, and is no fault of ours: errno -> what mends it.
_MENDABLE = {
    errno.ENOSPC: f"free some space, or {_ELSEWHERE} on another disk",
    errno.EDQUOT: f"free some of your quota, or {_ELSEWHERE} on another disk",
    errno.EROFS: f"{_ELSEWHERE} writable",
    errno.EACCES: f"{_ELSEWHERE} yours to write",
}

EPILOG = """\
REV is a revision of the study (reviewtool log lists them); where a command writes [REV], the last
is meant if none is named. The study is --study FILE, else $REVIEWTOOL_STUDY, else the one fetched
last, else the embedded one (userfaultfd for guest_memfd).
"""


class _Parser(argparse.ArgumentParser):
    """argparse leaves by itself, after three lines of usage; here an error is one line."""

    def error(self, message: str) -> NoReturn:
        raise argparse.ArgumentError(None, message)


def build_parser(chosen: str | None) -> argparse.ArgumentParser:
    """The parser; only the ``chosen`` command's own arguments are loaded.

    Raises :class:`argparse.ArgumentError` for a command line it does not understand.
    """
    parser = _Parser(
        prog="reviewtool",
        description="What changed between two revisions of a kernel patch series: in the patches, "
        "in the interface, in the behaviour; the last proved on the revisions' own kernels.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"reviewtool {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, purpose) in COMMANDS.items():
        command = commands.add_parser(
            name, help=purpose, description=purpose[0].upper() + purpose[1:]
        )
        if name == chosen:
            common_options(command)
            importlib.import_module(f"reviewtool.cli.commands.{module}").configure(command)
    return parser


def common_options(parser: argparse.ArgumentParser) -> None:
    """What every command takes."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--study", metavar="FILE", help="the study (default: the one fetched last)")
    parser.add_argument(
        "--tree",
        metavar="PATH",
        help="a kernel clone, source folder or tarball to apply to (default: $REVIEWTOOL_TREE, "
        "else Debian's linux-source-6.12)",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the process's own) and return its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if sys.stdout is None:  # the interpreter was started with it closed
        return _refused(InputError("is closed", "standard output", "open it, or use /dev/null"))
    chosen = _command(words)
    if chosen is not None and chosen not in COMMANDS:
        return _refused(_no_command(chosen, words))
    try:
        arguments = build_parser(chosen).parse_args(words)
    except argparse.ArgumentError as error:
        return _refused(_not_understood(chosen, words, str(error)))
    module = importlib.import_module(f"reviewtool.cli.commands.{COMMANDS[arguments.command][0]}")
    try:
        status: int = module.run(arguments)
        sys.stdout.flush()
    except RequestError as error:
        return _refused(error)
    except BrokenPipeError:
        # The reader (a pager, head) has seen enough; the interpreter must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        if error.errno not in _MENDABLE:
            raise
        where = str(error.filename or "")
        place = where or "standard output"  # what is written to a file is told with its name
        return _refused(RequestError(str(error.strerror), place, _remedy(error.errno, where)))
    except KeyboardInterrupt:
        print("reviewtool: interrupted; what was finished is kept", file=sys.stderr)
        return 130
    return status


def _remedy(number: int, where: str) -> str:
    from reviewtool import cache
    from reviewtool.archive.store import data_root

    if not where:
        return "write it to where there is room"
    refused = number in (errno.EACCES, errno.EROFS)
    if refused and not any(Path(where).is_relative_to(root()) for root in (cache.root, data_root)):
        return "change its permissions, or name another"
    return _MENDABLE[number]


def _command(words: Sequence[str]) -> str | None:
    """The word where the command stands; None where there is none, or help was asked before it."""
    for word in words:
        if word in ("-h", "--help", "--version"):
            return None
        if not word.startswith("-"):
            return word
    return None


def _no_command(word: str, words: Sequence[str]) -> InputError:
    from difflib import get_close_matches

    begun = [name for name in COMMANDS if word and name.startswith(word)]
    near = begun or get_close_matches(word.lower(), COMMANDS, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    if not near and words[0] != word:
        meant = "options stand after the command: "
    return InputError(f"no command “{word}”", "", f"{meant}see reviewtool --help")


def _not_understood(chosen: str | None, words: Sequence[str], complaint: str) -> InputError:
    if chosen is None:
        return InputError("no command is given", "", "see reviewtool --help")
    remedy = f"see reviewtool {chosen} --help"
    if words[0] != chosen:
        remedy = f"options stand after the command: {remedy}"
    return InputError(complaint, chosen, remedy)


def _refused(error: RequestError) -> int:
    from reviewtool.text import visible_line

    print(f"reviewtool: {visible_line(str(error))}", file=sys.stderr)
    return 2


def entry() -> None:
    """What the installed ``reviewtool`` command calls."""
    sys.exit(main())
