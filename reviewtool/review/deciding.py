# SPDX-License-Identifier: GPL-2.0-or-later
"""The lines of a revision that decide a step: where to look when model and kernel disagree.

The kernel's own backtrace comes first; without one, the rules of the model that ran in the step
name the functions. A heuristic: a function's added lines, not the one line that is wrong.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from refmodel.model import Model
from refmodel.vocabulary import VocabularyError, parse
from refmodel.world import World
from reviewtool.archive.codewalk import places
from reviewtool.archive.types import Patch
from reviewtool.behaviour.difference import CLOSE
from reviewtool.behaviour.explanation import Decided, Disagreement
from reviewtool.behaviour.stopped import stops
from reviewtool.behaviour.suites import STOPPABLE
from reviewtool.review.pinning import called, spellings

_LINES = 12  # of a function that are shown
# What an answer shows, and words of the code that makes it so.
_SIGNS = {
    "event": ("userfault", "UFFD"),
    "sigbus": ("SIGBUS",),
    "zero": ("clear_", "zero_"),
    "stale": ("clear_", "uptodate", "prepared"),
    "mixed": ("copy_from", "unlock"),
    "short": ("copy_from", "copied"),
}


def decided_by(
    model: Model,
    world: World,
    each: Disagreement,
    patches: Sequence[Patch],
    prerequisites: Sequence[Patch] = (),
) -> Decided | None:
    """What of the revision's ``patches``, else of its ``prerequisites``, decides the last step;
    else what decides one before it; None where no line of theirs is in a function that ran."""
    for functions in _functions(model, world, each):
        for series, prerequisite in ((patches, False), (prerequisites, True)):
            for function in functions:
                for patch in reversed(series):
                    found = _shown(patch, function, each)
                    if found is not None:
                        return replace(found, prerequisite=prerequisite)
    return None


def _shown(patch: Patch, function: str, each: Disagreement) -> Decided | None:
    lines = list(_changed(patch, spellings(function)))
    if not lines:
        return None
    path, _ = lines[0]
    added = [line for _, line in lines]
    start = _telling(added, each)
    shown = tuple(added[start : start + _LINES])
    return Decided(
        f"{patch.index}/{patch.total}",
        patch.subject,
        path,
        function,
        shown,
        len(lines) - len(shown) - start,
        before=start,
    )


def _telling(lines: Sequence[str], each: Disagreement) -> int:
    """Where to begin to show a long function: at the lines that name what either side answered.

    The window with most of them is taken, the first of several, and they stand in its middle.
    """
    answers = f"{each.model[-1]} {each.kernel[-1]}"
    words = re.findall(r"\bE[A-Z0-9]{2,}\b", answers)
    words += [word for sign, said in _SIGNS.items() if sign in answers for word in said]
    hits = [n for n, line in enumerate(lines) if any(word in line for word in words)]
    last = max(0, len(lines) - _LINES)
    if not hits or not last:
        return 0
    most = max(hits, key=lambda first: (_within(hits, first), -first))
    spare = _LINES - 1 - (max(n for n in hits if n < most + _LINES) - most)
    return min(last, max(0, most - spare // 2))


def _within(hits: Sequence[int], first: int) -> int:
    return sum(first <= n < first + _LINES for n in hits)


def _functions(model: Model, world: World, each: Disagreement) -> Iterator[Sequence[str]]:
    """Functions that ran in the last step, the likeliest to decide first; then of those before."""
    if each.event is not None:
        yield each.event.frames
    steps = [step for step in each.inputs if step != CLOSE]
    try:
        word = parse("; ".join(steps))
    except VocabularyError:
        return
    if stops(word):
        yield (STOPPABLE,)
        return
    for rules in reversed(called(model, world, word)):
        yield [rule.function for rule in reversed(rules)]


def _changed(patch: Patch, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The lines a patch adds inside any of the functions ``names``, each with its file."""
    wanted = frozenset(names)
    lines = patch.diff.split("\n")
    for line, (path, inside) in zip(lines, places(lines), strict=True):
        if line.startswith("+") and line[1:].strip() and inside in wanted:
            yield path, line[1:]
