# SPDX-License-Identifier: GPL-2.0-or-later
"""What model code is written with: rules that say where they come from, and the kernel's numbers.

The kernel itself is in layers named after the files they stand for, each working on a mutable copy
of one state: :mod:`refmodel.filemap`, :mod:`refmodel.memory`, :mod:`refmodel.userfaultfd`,
:mod:`refmodel.kvm`.  Methods carry the names of the kernel functions they stand for (a leading
``__`` became ``_``); a revision overrides the functions its patches change.
"""

import errno
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, TypeVar, cast

EFAULT, EEXIST, EINVAL, ENOENT = errno.EFAULT, errno.EEXIST, errno.EINVAL, errno.ENOENT
ENOMEM, ENOSPC, EPERM, ESPIPE = errno.ENOMEM, errno.ENOSPC, errno.EPERM, errno.ESPIPE

VM_FAULT_SIGBUS = 0x0002
VM_FAULT_HWPOISON = 0x0010
VM_FAULT_NOPAGE = 0x0100
VM_FAULT_LOCKED = 0x0200
VM_FAULT_RETRY = 0x0400
FAULT_FLAG_WRITE = 1 << 0

VM_FAULT_ERROR = VM_FAULT_SIGBUS | VM_FAULT_HWPOISON

COPY, ZEROPAGE, CONTINUE, POISON_MODE = "copy", "zeropage", "continue", "poison"


class Rule(NamedTuple):
    """What a revision's function does and where that is written."""

    function: str
    source: str
    text: str


_Function = TypeVar("_Function", bound=Callable[..., Any])


def rule(source: str, text: str) -> Callable[[_Function], _Function]:
    """Record which patch (series, number, message-id) a function follows, and what it does."""

    def mark(function: _Function) -> _Function:
        vars(function)["rule"] = Rule(function.__name__, source, text)
        return function

    return mark


def cited(function: _Function, source: str, text: str = "", name: str = "") -> _Function:
    """``function`` once more, for a later patch that has it unchanged, or under another name."""

    @wraps(function)
    def again(*arguments: object) -> object:
        return function(*arguments)

    again.__name__ = name or function.__name__
    return rule(source, text or vars(function)["rule"].text)(cast("_Function", again))
