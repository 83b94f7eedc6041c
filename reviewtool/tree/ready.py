# SPDX-License-Identifier: GPL-2.0-or-later
"""Patches made ready to apply: read once, refused where they must be."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from reviewtool.archive.types import Patch
from reviewtool.tree.outcome import Role
from reviewtool.tree.patchfile import DamagedPatch, FilePatch, parse, refusal
from reviewtool.tree.resolution import Resolution

# 2000-01-01: what a patch whose mail gives no date is dated, so that commit ids never depend on
# when reviewtool ran.
NO_DATE = 946684800


@dataclass(frozen=True, slots=True)
class Ready:
    """A patch, its diff as bytes and as read; ``problem`` says why it is not to be applied, and
    ``resolutions`` how its hunks read on this base."""

    patch: Patch
    role: Role
    diff: bytes
    files: tuple[FilePatch, ...]
    problem: str
    resolutions: tuple[Resolution, ...] = ()

    @property
    def hunks(self) -> int:
        """How many hunks it has in all."""
        return sum(len(file.hunks) for file in self.files)


def make_ready(
    patches: Iterable[Patch], role: Role, resolutions: Iterable[Resolution] = ()
) -> tuple[Ready, ...]:
    """Read ``patches`` in order, each with the resolutions recorded for its message-id."""
    held: dict[str, list[Resolution]] = {}
    for resolution in resolutions:
        held.setdefault(resolution.patch, []).append(resolution)
    return tuple(
        replace(_ready(patch, role), resolutions=tuple(held.get(patch.message_id, ())))
        for patch in patches
    )


def _ready(patch: Patch, role: Role) -> Ready:
    diff = patch.diff.encode("utf-8", "surrogateescape")
    if diff and not diff.endswith(b"\n"):
        diff += b"\n"
    try:
        files = parse(diff)
    except DamagedPatch as damage:
        return Ready(patch, role, diff, (), f"damaged: {damage}")
    problem = refusal(files)
    if problem:
        problem = f"refused: {problem}"
    elif not files:
        problem = "the mail has no patch in it"
    return Ready(patch, role, diff, files, problem)


def touched(patches: Iterable[Ready]) -> tuple[str, ...]:
    """Every path any of ``patches`` touches, sorted; refused patches touch nothing."""
    paths = {p for r in patches if not r.problem for file in r.files for p in file.paths}
    return tuple(sorted(paths))


def commit_message(patch: Patch) -> bytes:
    """Subject, blank line, message: as ``git am`` would write it."""
    text = f"{patch.subject.strip()}\n\n{patch.message.strip()}".strip() + "\n"
    return text.replace("\0", "").encode("utf-8", "surrogateescape")


def commit_date(patch: Patch) -> int:
    """Seconds since the epoch of the patch's date."""
    try:
        stamp = int(datetime.fromisoformat(patch.date).timestamp())
    except ValueError:
        return NO_DATE
    # git's own range; a mail may claim any year.
    return stamp if 0 <= stamp < 4102444800 else NO_DATE
