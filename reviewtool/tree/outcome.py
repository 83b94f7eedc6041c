# SPDX-License-Identifier: GPL-2.0-or-later
"""What became of each patch, and of the revision."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reviewtool.errors import InputError
from reviewtool.text import visible_line

State = Literal["clean", "offset", "fuzz", "three-way", "bridged", "conflict", "not-applicable"]
Role = Literal["prerequisite", "bridge", "patch", "overlay"]
APPLIED: frozenset[State] = frozenset({"clean", "offset", "fuzz", "three-way", "bridged"})


@dataclass(frozen=True, slots=True)
class Rejected:
    """A hunk that does not fit. ``hunk`` counts from 1 within the file, ``line`` is where the
    patch puts it in the file, ``at`` the line of the diff; ``hunk`` 0 means the file as a whole."""

    path: str
    hunk: int
    of: int
    line: int
    at: int
    reason: str

    def __str__(self) -> str:
        if not self.hunk:
            return visible_line(f"{self.path}: {self.reason}")
        return visible_line(f"{self.path}:{self.line}: hunk {self.hunk} of {self.of} {self.reason}")


@dataclass(frozen=True, slots=True)
class PatchOutcome:
    """What became of one patch.

    ``detail`` is one line fit to print. ``hunks`` counts all hunks, ``rejected`` holds those that
    do not fit; ``suspicions`` says where a patch that applied may have landed wrongly. ``commit``
    is None unless this patch and all before it applied.
    """

    index: int
    subject: str
    state: State
    detail: str
    commit: str | None
    role: Role = "patch"
    hunks: int = 0
    rejected: tuple[Rejected, ...] = ()
    suspicions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """A revision as commits in a private store.

    ``base_commit`` is the untouched base, ``start`` the commit the revision's own patches sit on
    (after prerequisites and bridges), ``commit`` the revision's last commit, ``tip`` the last one
    of all (after the overlay). If a patch did not apply, they are the last commits before it and
    ``complete`` is False. ``base_note`` says which base was taken and why.
    """

    name: str
    base_commit: str
    start: str
    commit: str
    tip: str
    outcomes: tuple[PatchOutcome, ...]
    others: tuple[PatchOutcome, ...]
    store: Path
    base_note: str
    cached: bool = False

    @property
    def complete(self) -> bool:
        """Whether every patch applied: prerequisites, bridges, the revision and the overlay."""
        return all(o.state in APPLIED for o in (*self.others, *self.outcomes))

    @property
    def ref(self) -> str:
        """The ref that holds ``commit``."""
        return f"refs/reviewtool/{self.name}"

    @property
    def failed(self) -> PatchOutcome | None:
        """The first patch that did not apply, in the order they were tried."""
        order: tuple[Role, ...] = ("prerequisite", "bridge", "patch", "overlay")
        everything = sorted((*self.others, *self.outcomes), key=lambda o: order.index(o.role))
        return next((o for o in everything if o.state not in APPLIED), None)


def require_complete(applied: Applied) -> Applied:
    """``applied`` itself, or :class:`InputError` naming the first patch that did not apply."""
    failed = applied.failed
    if failed is None:
        return applied
    what = "patch" if failed.role == "patch" else failed.role
    if failed.state == "not-applicable":
        remedy = "give a --tree that has it, or leave the patch out"
    else:
        remedy = "give the --tree the series was written on, or a bridge in the study file"
    raise InputError(
        f"{what} {failed.index} ({visible_line(failed.subject)}) does not apply: {failed.detail}",
        applied.name,
        remedy,
    )
