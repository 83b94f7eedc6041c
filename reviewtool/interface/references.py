# SPDX-License-Identifier: GPL-2.0-or-later
"""References across subsystem borders that cannot link.

Code that is always built in cannot name a symbol of something that may be a module: KVM is one.
The owner of a symbol is the subsystem of the file defining it, where the text at hand shows
that, else the one whose prefix it carries.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reviewtool.interface.types import Element

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_STRING = re.compile(r'"(?:\\.|[^"\\])*"')

_KVM = re.compile(r"(?:virt/kvm/|arch/\w+/kvm/|include/(?:uapi/)?(?:linux|kvm)/\w*kvm\w*\.h|"
                  r"arch/\w+/include/(?:uapi/)?asm/kvm\w*\.h)")  # fmt: skip
_MM = re.compile(
    r"mm/|fs/userfaultfd\.c|fs/hugetlbfs/|include/linux/(?:mm\w*|userfaultfd_k|pagemap|shmem_fs|"
    r"hugetlb\w*|rmap|swap\w*|memcontrol|memfd|page\w*|pgtable\w*|vmalloc|gfp\w*|khugepaged|"
    r"huge_mm|mempolicy|migrate\w*|secretmem|highmem\w*|memory\w*)\.h|include/uapi/linux/(?:mman|"
    r"userfaultfd|mempolicy|memfd)\.h"
)
_CORE = (
    ("kernel/", "kernel"),
    ("lib/", "lib"),
    ("init/", "init"),
    ("ipc/", "ipc"),
    ("security/", "security"),
)
_VFS = re.compile(r"fs/[^/]+\.[ch]$|include/linux/(?:fs\w*|file|dcache|namei|mount)\.h$")
_PREFIX = re.compile(r"(?:__)?(?:kvm|KVM)_")


@dataclass(frozen=True, slots=True)
class SeenLine:
    """A line of code, comments gone, and where it stands."""

    path: str
    number: int
    code: str
    guard: str
    inside: str
    patch: int | None


def subsystem(path: str) -> str:
    """The subsystem of a file in the words of MAINTAINERS, "" where borders do not matter."""
    if _KVM.match(path):
        return "KVM"
    if _MM.match(path):
        return "mm"
    if _VFS.match(path):
        return "VFS"
    for prefix, name in _CORE:
        if path.startswith(prefix):
            return name
    found = re.match(r"(drivers/[^/]+/[^/]+|fs/[^/]+|net/[^/]+|sound/[^/]+|crypto|block)/", path)
    return found[1] if found else ""


def always_built_in(name: str) -> bool:
    """Whether a subsystem is never a module."""
    return name in {"mm", "VFS", "kernel", "lib", "init", "ipc", "security"}


def owners(elements: Iterable[Element]) -> dict[str, str]:
    """The subsystem defining each function that a module could hold."""
    found: dict[str, str] = {}
    for element in elements:
        owner = subsystem(element.path)
        if element.kind == "function" and element.path.endswith(".c") and owner:
            found[element.name] = owner
    return found


def references(lines: Iterable[SeenLine], defined: Mapping[str, str]) -> Iterator[Element]:
    """Kind "reference": built-in code naming a symbol of a subsystem that may be a module.

    One element for a symbol and the subsystem naming it; ``value`` lists the places.
    """
    found: dict[tuple[str, str], list[SeenLine]] = {}
    for line in lines:
        here = subsystem(line.path)
        if not always_built_in(here) or line.code.lstrip().startswith("#"):
            continue
        for word in dict.fromkeys(_IDENTIFIER.findall(_STRING.sub('""', line.code))):
            owner = defined.get(word) or ("KVM" if _PREFIX.match(word) else "")
            if owner and owner != here and not always_built_in(owner):
                found.setdefault((f"{here} -> {owner}", word), []).append(line)
    for (border, word), seen in found.items():
        places = dict.fromkeys(
            f"{line.path}: {line.inside}" if line.inside else line.path for line in seen
        )
        patches = [line.patch for line in seen if line.patch is not None]
        guards = list(dict.fromkeys(line.guard for line in seen))
        yield Element(
            kind="reference",
            name=word,
            parent=border,
            guard=guards[0] if len(guards) == 1 else "",
            value=", ".join(places),
            path=seen[0].path,
            line=seen[0].number,
            end=seen[0].number,
            patch=min(patches) if patches else None,
        )
