# SPDX-License-Identifier: GPL-2.0-or-later
"""What an interface is made of, and how two of them differ."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "hook",  # a slot of an ops struct
    "table",  # an ops struct, the set of its hooks
    "object",  # what one instance of an ops struct puts into one slot
    "flag",  # an enumerator or a constant
    "ioctl",
    "export",
    "kconfig",
    "function",
    "prototype",
    "struct",
    "member",  # a field of a struct that is no ops struct
    "reference",  # code of one subsystem naming a symbol of another it must not know
    "tracepoint",
    "selftest",
]
KINDS: tuple[Kind, ...] = (
    "hook",
    "table",
    "object",
    "flag",
    "ioctl",
    "export",
    "reference",
    "kconfig",
    "struct",
    "member",
    "function",
    "prototype",
    "tracepoint",
    "selftest",
)

State = Literal["added", "changed", "same", "removed"]
"""What the series does to an element; "same" is one it only shows, as context."""

ChangeKind = Literal[
    "added",
    "removed",
    "renamed",
    "retyped",
    "moved",
    "reguarded",
    "reimplemented",
    "revalued",
    "split",
]

UNSEEN = "?"
"""A condition opened or closed outside what the mail shows."""


@dataclass(frozen=True, slots=True)
class Element:
    """One thing another part of the kernel, or user space, can see.

    ``name`` is the identifier (``get_folio_noalloc``; ``kvm_gmem_vm_ops.fault`` for an object);
    ``parent`` the struct, enum or subsystem it belongs to; ``guard`` the preprocessor condition
    it exists under (``CONFIG_NUMA``), "" for none, with :data:`UNSEEN` where the mail does not
    show it; ``type`` the full type or signature; ``value`` the constant, the function put into a
    slot, the modules an export is for. ``line`` and ``end`` count from 1 in the file after the
    series (before it, for what it removes). ``digest`` names the body, without comments and
    white space, and is "" where it is not seen whole. ``patch`` is the index of the patch that
    makes the change, ``later`` those of the patches that change it again.
    """

    kind: Kind
    name: str
    parent: str = ""
    guard: str = ""
    type: str = ""
    value: str = ""
    path: str = ""
    line: int = 0
    end: int = 0
    comment: str = ""
    digest: str = ""
    sketch: tuple[int, ...] = ()
    after: str = ""  # the neighbour before it, for matching renames
    state: State = "same"
    patch: int | None = None
    later: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two elements of one revision the same element, wherever it is written."""
        return (self.kind, self.parent, self.name)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The interface of one revision, or of the base of one.

    ``partial``: read from the mail alone, so what no hunk shows is unknown, not absent.
    ``removed`` holds what the base has and the revision has not.
    """

    revision: str
    partial: bool
    elements: tuple[Element, ...]
    removed: tuple[Element, ...] = ()
    before: tuple[Element, ...] = ()  # the changed elements as the base has them
    based: bool = True  # states say what the revision does; without a base all count

    def touched(self) -> tuple[Element, ...]:
        """What the revision itself brings or changes."""
        if not self.based:
            return self.elements
        return tuple(element for element in self.elements if element.state != "same")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two snapshots; ``patch`` is the index, in b, of the patch making it.

    ``evidence`` says why the two are held to be the same element where that is not evident.
    """

    kind: Kind
    change: ChangeKind
    a: Element | None
    b: Element | None
    patch: int | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One element through all revisions: ``names`` by revision id, absent where it is not there."""

    kind: Kind
    name: str
    parent: str
    names: Mapping[str, str]
    states: Mapping[str, str]
    types: Mapping[str, str]
    values: Mapping[str, str]
    guards: Mapping[str, str]
    guard: str
    patches: Mapping[str, int]
    evidence: tuple[str, ...] = ()
    path: str = ""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Interface elements by revisions."""

    revisions: tuple[str, ...]
    rows: tuple[Row, ...]
    partial: Mapping[str, bool] = field(default_factory=dict)
