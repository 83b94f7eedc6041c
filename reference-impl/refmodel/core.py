# SPDX-License-Identifier: GPL-2.0-or-later
"""What model code is written with: rules that say where they come from, the kernel's structs.

The kernel itself is in layers named after the files they stand for, each working on a mutable copy
of one state: filemap, memory, userfaultfd, kvm.  Methods carry the names of the kernel functions
they stand for (a leading ``__`` became ``_``); a revision overrides those its patches change.
"""

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

EFAULT, EEXIST, EINVAL, ENOENT = errno.EFAULT, errno.EEXIST, errno.EINVAL, errno.ENOENT
ENOMEM, ENOSPC, EPERM, ESPIPE = errno.ENOMEM, errno.ENOSPC, errno.EPERM, errno.ESPIPE

VM_FAULT_SIGBUS = 0x0002
VM_FAULT_HWPOISON = 0x0010
VM_FAULT_NOPAGE = 0x0100
VM_FAULT_LOCKED = 0x0200
VM_FAULT_RETRY = 0x0400
VM_FAULT_ERROR = VM_FAULT_SIGBUS | VM_FAULT_HWPOISON
FAULT_FLAG_WRITE = 1 << 0

VM_UFFD_MISSING, VM_UFFD_WP, VM_UFFD_MINOR = 1, 2, 4
UFFD_FLAGS = VM_UFFD_MISSING | VM_UFFD_WP | VM_UFFD_MINOR
COPY, ZEROPAGE, CONTINUE, POISON_MODE = "copy", "zeropage", "continue", "poison"


@dataclass(slots=True, eq=False)
class Folio:
    """A page of the page cache.  One lock, one content.

    ``refs`` counts references functions hold, not those of the page cache and of page tables;
    ``secret`` says that it was taken out of the kernel's direct map.
    """

    content: str
    uptodate: bool
    secret: bool = False
    locked: bool = False
    refs: int = 0


@dataclass(slots=True, eq=False)
class Vma:
    """A mapping of the whole file.  ``flags`` are its VM_UFFD_* flags; armed means registered."""

    flags: int
    ptes: list[str]


@dataclass(slots=True, eq=False)
class Vmf:
    """struct vm_fault, as far as anybody here looks at it.  ``folio`` is what ->fault found."""

    vma: Vma
    pgoff: int
    flags: int = 0
    folio: Folio | None = None


class Rule(NamedTuple):
    """What a revision's function does and where that is written."""

    function: str
    source: str
    text: str


_Function = TypeVar("_Function", bound=Callable[..., Any])
_Kernel = TypeVar("_Kernel", bound=type)


def rule(source: str, text: str) -> Callable[[_Function], _Function]:
    """Record which patch (series, number, message-id) a function follows, and what it does."""

    def mark(function: _Function) -> _Function:
        vars(function)["rule"] = Rule(function.__name__, source, text)
        return function

    return mark


def unchanged(source: str, *functions: str) -> Callable[[_Kernel], _Kernel]:
    """Record that the patch at ``source`` has ``functions`` as an earlier series has them."""

    def mark(kernel: _Kernel) -> _Kernel:
        for name in functions:
            function = getattr(kernel, name)
            again = wraps(function)(lambda *arguments, its=function: its(*arguments))
            setattr(kernel, name, rule(source, vars(function)["rule"].text)(again))
        return kernel

    return mark


def ops(**functions: str) -> Mapping[str, str]:
    """A struct of operations: which function, by name, is behind each slot."""
    return MappingProxyType(functions)
