# SPDX-License-Identifier: GPL-2.0-or-later
"""Modules that use functions the core does not export: what fails only at modpost, for =m.

The revision's own mail says what it newly uses and exports, a tree says what the core defines and
exports. KVM is the module asked about: on x86 it may be one, and a build with KVM=y never tells.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewtool.archive.types import Revision
from reviewtool.interface.from_mail import added_lines, snapshot_mail
from reviewtool.interface.mask import without_comments
from reviewtool.interface.references import SeenLine, subsystem
from reviewtool.interface.scan import source_files
from reviewtool.interface.types import Element

CORE = ("mm", "kernel", "lib", "fs")
_MODULES = {"KVM"}
# Called by name, or put into a slot: a variable may bear a function's name.
_USE = re.compile(r"(?<![\w.>])([a-z_]\w*)\s*\(|^\s*\.\w+\s*=\s*&?([a-z_]\w*)\s*,?\s*$")
_STRING = re.compile(r'"(?:\\.|[^"\\])*"')
# A definition in kernel style: the name in a line that begins in the first column, not static,
# and the body's brace in the first column after the parameters.
_DEFINITION = re.compile(
    rb"^(?!static\b|typedef\b|struct\s+\w+\s*\{)[A-Za-z_][\w \t*]*?\b(\w+)\s*\([^;{}]*\)"
    rb"[^;{}()]*\n\{",
    re.MULTILINE,
)
_EXPORT = re.compile(rb"^\s*EXPORT_[A-Z_]*SYMBOL[A-Z_]*\s*\(\s*(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Core:
    """The functions of the always built-in core of a tree: where defined, and which exported."""

    defined: Mapping[str, str]
    exported: frozenset[str]


def core_of(tree: Path) -> Core:
    """Read the core of an unpacked tree: mm, kernel, lib and the files of fs itself."""
    defined: dict[str, str] = {}
    exported: set[str] = set()
    for part in CORE:
        root = tree / part
        if not root.is_dir():
            continue
        for path in source_files(root):
            if not path.endswith(".c") or (part == "fs" and "/" in path):
                continue
            code = without_comments((root / path).read_bytes())
            exported.update(name.decode() for name in _EXPORT.findall(code))
            for name in _DEFINITION.findall(code):
                defined.setdefault(name.decode(), f"{part}/{path}")
    return Core(defined, frozenset(exported))


def unexported(revision: Revision, core: Core) -> tuple[Element, ...]:
    """Kind "reference", type "not exported": functions of the core the revision makes KVM use.

    ``parent`` is the border ("KVM -> mm"), ``value`` lists the places, after the file defining
    the function.
    """
    snapshot = snapshot_mail(revision)
    exports = {one.name for one in snapshot.elements if one.kind == "export"}
    own = {
        one.name
        for one in snapshot.elements
        if one.kind == "function" and subsystem(one.path) in _MODULES
    }
    uses = _uses(added_lines(revision))
    found = [
        _element(name, core.defined[name], lines)
        for name, lines in uses.items()
        if name in core.defined and name not in core.exported | exports | own
    ]
    return tuple(sorted(found, key=lambda one: (one.path, one.line, one.name)))


def _uses(lines: Iterable[SeenLine]) -> dict[str, list[SeenLine]]:
    uses: dict[str, list[SeenLine]] = {}
    for line in lines:
        if subsystem(line.path) not in _MODULES or not line.path.endswith(".c"):
            continue
        code = _STRING.sub('""', line.code)
        if code.lstrip().startswith("#"):
            continue
        for name in dict.fromkeys(called or put for called, put in _USE.findall(code)):
            uses.setdefault(name, []).append(line)
    return uses


def _element(name: str, defined_in: str, lines: list[SeenLine]) -> Element:
    here, there = subsystem(lines[0].path), subsystem(defined_in) or defined_in.split("/")[0]
    places = dict.fromkeys(
        f"{line.path}: {line.inside}" if line.inside else line.path for line in lines
    )
    patches = [line.patch for line in lines if line.patch is not None]
    return Element(
        kind="reference",
        name=name,
        parent=f"{here} -> {there}",
        type="not exported",
        guard=lines[0].guard,
        value=f"defined in {defined_in}; used by {', '.join(places)}",
        path=lines[0].path,
        line=lines[0].number,
        end=lines[0].number,
        state="added",
        patch=min(patches) if patches else None,
    )
