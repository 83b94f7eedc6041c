# SPDX-License-Identifier: GPL-2.0-or-later
"""Which patch of one revision is which of another: from the mail alone, no tree needed.

Two thresholds, after PaStA: above the upper one two patches are one; between the two the likeness
is mentioned and the reader decides; below they are strangers.
"""

import difflib
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reviewtool.archive.types import Patch
from reviewtool.tree.patchfile import DamagedPatch, FilePatch, parse

ACCEPT = 0.5
MENTION = 0.3
# Two patches with one subject are one unless they have hardly a line in common; then they need it.
_SAME_SUBJECT = 0.6

_WORD = re.compile(r"\w+")
_SPACE = re.compile(rb"\s+")


@dataclass(frozen=True, slots=True)
class Pair:
    """``a`` and ``b`` are the patches' numbers in their revisions, None where there is none.

    same: the diff and the message are the same but for line numbers. changed: ``detail`` says
    what. moved: another place in the order (and changed, if ``detail`` says so). ``subject`` is
    the newer one's; ``score`` (0 to 1) is how alike the two are.
    """

    a: int | None
    b: int | None
    state: Literal["same", "changed", "moved", "added", "removed"]
    subject: str
    detail: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class _Digest:
    """What of a patch is compared: (path, changed line) with counts, and git's patch-id."""

    lines: Counter[tuple[str, bytes]]
    patch_id: str
    words: frozenset[str]
    subject: str


def pair(a: Sequence[Patch], b: Sequence[Patch]) -> tuple[Pair, ...]:
    """Every patch of ``a`` and ``b`` once, in the order of ``b``; removed ones stand where they
    stood in ``a``."""
    old = [_digest(patch) for patch in a]
    new = [_digest(patch) for patch in b]
    scores = {
        (i, j): _score(one, other) for i, one in enumerate(old) for j, other in enumerate(new)
    }
    partner = _match(scores)
    steady = _in_order([(i, j) for j, i in sorted(partner.items())])
    pairs: list[Pair] = []
    left = {i for i in range(len(a)) if i not in partner.values()}
    for j, patch in enumerate(b):
        i = partner.get(j)
        if i is None:
            detail = _mention(scores, [(k, j) for k in range(len(a))], a, 0)
            pairs.append(Pair(None, patch.index, "added", patch.subject, detail))
            continue
        for k in sorted(k for k in left if k < i):
            pairs.append(_removed(k, a, b, scores))
            left.discard(k)
        changes = _changes(a[i], patch, old[i], new[j])
        state: Literal["same", "changed", "moved"] = "changed" if changes else "same"
        if (i, j) not in steady:
            state = "moved"
        pairs.append(
            Pair(a[i].index, patch.index, state, patch.subject, changes, round(scores[i, j], 2))
        )
    pairs += [_removed(k, a, b, scores) for k in sorted(left)]
    return tuple(pairs)


def interdiff(a: Patch, b: Patch, context: int = 3) -> str:
    """The difference between two patches as a diff of their diffs, line numbers left out."""
    old, new = (_plain(patch).splitlines(keepends=True) for patch in (a, b))
    names = [f"{patch.index}/{patch.total} {patch.subject}" for patch in (a, b)]
    return "".join(difflib.unified_diff(old, new, names[0], names[1], n=context))


def _digest(patch: Patch) -> _Digest:
    files = _files(patch)
    lines = Counter(
        (file.path, _SPACE.sub(b" ", line.rstrip()))
        for file in files
        for hunk in file.hunks
        for line in hunk.lines
        if line[:1] in b"+-" and line[1:].strip()
    )
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.old}\0{file.new}\0{file.new_mode}\0".encode("utf-8", "replace"))
        for hunk in file.hunks:
            total.update(b"".join(_SPACE.sub(b"", line) + b"\n" for line in hunk.lines))
    subject = " ".join(_WORD.findall(patch.subject.lower()))
    return _Digest(lines, total.hexdigest(), frozenset(subject.split()), subject)


def _files(patch: Patch) -> tuple[FilePatch, ...]:
    try:
        return parse(patch.diff.encode("utf-8", "surrogateescape"))
    except DamagedPatch:
        # Its subject is then all there is to go by.
        return ()


def _score(a: _Digest, b: _Digest) -> float:
    """How alike two patches are, from 0 to 1."""
    if a.patch_id == b.patch_id and a.lines:
        return 1.0
    size = a.lines.total() + b.lines.total()
    content = 2 * (a.lines & b.lines).total() / size if size else 0.0
    union = len(a.words | b.words)
    subject = len(a.words & b.words) / union if union else 0.0
    score = 0.65 * content + 0.35 * subject
    if a.subject == b.subject and a.subject:
        score = max(score, _SAME_SUBJECT + 0.4 * content)
    return min(score, 0.99)


def _match(scores: dict[tuple[int, int], float]) -> dict[int, int]:
    """For each patch of b its partner in a: the likest first."""
    partner: dict[int, int] = {}
    for (i, j), score in sorted(
        scores.items(), key=lambda item: (-item[1], abs(item[0][0] - item[0][1]), item[0])
    ):
        if score >= ACCEPT and j not in partner and i not in partner.values():
            partner[j] = i
    return partner


def _in_order(pairs: list[tuple[int, int]]) -> set[tuple[int, int]]:
    """The longest run of pairs that kept their order; the others moved."""
    best: list[list[tuple[int, int]]] = []
    for at, (i, j) in enumerate(pairs):
        before = [run for run, (k, _) in zip(best, pairs[:at], strict=True) if k < i]
        best.append([*_longest(before), (i, j)])
    return set(_longest(best))


def _longest(runs: list[list[tuple[int, int]]]) -> list[tuple[int, int]]:
    return max(runs, key=len) if runs else []


def _removed(
    i: int, a: Sequence[Patch], b: Sequence[Patch], scores: dict[tuple[int, int], float]
) -> Pair:
    detail = _mention(scores, [(i, k) for k in range(len(b))], b, 1)
    return Pair(a[i].index, None, "removed", a[i].subject, detail)


def _mention(
    scores: dict[tuple[int, int], float],
    keys: Sequence[tuple[int, int]],
    others: Sequence[Patch],
    side: int,
) -> str:
    """The likest patch on the other side, if it is alike enough to be worth a look."""
    best = max(keys, key=lambda key: scores[key], default=None)
    if best is None or scores[best] < MENTION:
        return ""
    other = others[best[side]]
    return (
        f"perhaps from {other.index} ({other.subject})"
        if side == 0
        else (f"perhaps in {other.index} ({other.subject})")
    )


def _changes(a: Patch, b: Patch, old: _Digest, new: _Digest) -> str:
    """What changed between two patches that are one, empty if nothing did."""
    parts = []
    if a.subject != b.subject:
        parts.append(f"was: {a.subject}")
    if old.patch_id != new.patch_id:
        parts += _line_changes(old, new) or ["context only"]
    if _words(a.message) != _words(b.message):
        parts.append("message")
    if a.author != b.author:
        parts.append(f"author was {a.author}")
    return "; ".join(parts)


def _line_changes(old: _Digest, new: _Digest) -> list[str]:
    """Per file, how many changed lines are new in the patch and how many are gone from it."""
    gone, came = old.lines - new.lines, new.lines - old.lines
    parts = []
    for path in sorted({path for path, _ in (*gone, *came)}):
        plus = sum(count for (where, _), count in came.items() if where == path)
        minus = sum(count for (where, _), count in gone.items() if where == path)
        parts.append(f"{path} (+{plus} -{minus})")
    return parts


def _words(message: str) -> list[str]:
    # A trailer picked up on the way is no change of what the patch says.
    kept = [line for line in message.splitlines() if not re.match(r"^[A-Z][\w-]+-by: ", line)]
    return " ".join(kept).split()


def _plain(patch: Patch) -> str:
    lines = [patch.subject, "", *patch.message.strip().splitlines(), ""]
    for file in _files(patch):
        lines += [f"--- {file.old or '/dev/null'}", f"+++ {file.new or '/dev/null'}"]
        for hunk in file.hunks:
            lines.append(f"@@ {hunk.section}".rstrip())
            lines += [line.decode("utf-8", "surrogateescape") for line in hunk.lines]
    return "\n".join(lines) + "\n"
