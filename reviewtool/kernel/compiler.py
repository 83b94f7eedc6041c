# SPDX-License-Identifier: GPL-2.0-or-later
"""The compiler and its friends: which there are, and what they say when a build fails."""

import functools
import re
import shutil
from dataclasses import dataclass

from reviewtool import process
from reviewtool.errors import Unavailable

# Program and the Debian package that has it. The kernel's own list: Documentation/process/changes.
TOOLS = {
    "gcc": "gcc",
    "ld": "binutils",
    "make": "make",
    "flex": "flex",
    "bison": "bison",
    "bc": "bc",
    "git": "git",
}

_ERROR = re.compile(
    r"^(?P<path>[^\s:]+):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<message>.*)$"
)
_LINKER = re.compile(
    r"^(?:\S*ld: )?(?P<path>[^\s:]+(?::\([^)]*\)|:\d+)?): (?P<message>undefined reference .*)$"
)
_KCONFIG = re.compile(r"^(?P<path>\S*Kconfig\S*):(?P<line>\d+): ?(?P<message>.*)$")
_MAKE = re.compile(r"^(?:make(?:\[\d+\])?: \*\*\* |\S+:\d+: \*\*\* |\S*ld: |ERROR: )")
_STOPPED = re.compile(r"^make(?:\[\d+\])?: \*\*\* \[")
_OTHERWISE = re.compile(r"^(?:  [A-Z]|make(?:\[\d+\])?: |\$ )")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One error of a build: ``path`` is in the kernel tree where it names a source file."""

    path: str
    line: int  # 0 if unknown
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}: " if self.line else f"{self.path}: " if self.path else ""
        return place + self.message


def require_tools() -> None:
    """Raise :class:`Unavailable` naming every missing program and the packages that have them."""
    missing = [name for name in TOOLS if shutil.which(name) is None]
    if missing:
        raise Unavailable(
            f"not installed: {', '.join(missing)}; a kernel cannot be built without",
            "",
            f"apt-get install libc6-dev {' '.join(sorted(TOOLS[name] for name in missing))}",
        )


@functools.cache
def identity() -> str:
    """What a change of compiler changes: the first lines of ``gcc --version``, ``ld --version``."""
    said = [process.run([tool, "--version"]).stdout.decode() for tool in ("gcc", "ld")]
    return "; ".join(text.splitlines()[0] for text in said)


def complaints(log: str) -> tuple[Complaint, ...]:
    """The errors in a build's output, in order: compiler, linker, else what make stopped at."""
    found = []
    other = []
    before = ""
    for line in log.splitlines():
        if match := _ERROR.match(line) or _KCONFIG.match(line):
            found.append(Complaint(_in_tree(match["path"]), int(match["line"]), match["message"]))
        elif match := _LINKER.match(line):
            found.append(Complaint(_in_tree(match["path"]), 0, match["message"]))
        elif _STOPPED.match(line) and before and not _OTHERWISE.match(before):
            other.append(before)  # make only says where it stopped; the command said why
        elif _MAKE.match(line):
            other.append(line)
        before = line
    if found:
        return tuple(dict.fromkeys(found))
    best = [line for line in other if not _STOPPED.match(line)] or other
    return tuple(Complaint("", 0, line) for line in dict.fromkeys(best))


def _in_tree(path: str) -> str:
    return path.removeprefix("/src/").removeprefix("../src/").removeprefix("./")
