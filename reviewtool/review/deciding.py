# SPDX-License-Identifier: GPL-2.0-or-later
"""The lines of a revision that decide a step: where to look when model and kernel disagree.

The kernel's own backtrace comes first; without one, the rules of the model that ran in the step
name the functions. A heuristic: a function's added lines, not the one line that is wrong.
"""

from collections.abc import Iterable, Iterator, Sequence

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


def decided_by(
    model: Model,
    world: World,
    each: Disagreement,
    patches: Sequence[Patch],
    prerequisites: Sequence[Patch] = (),
) -> Decided | None:
    """What of the revision's ``patches`` decides the last step; else what of its
    ``prerequisites``; None where no line of any of them is in a function that ran."""
    functions = list(_functions(model, world, each))
    for series, prerequisite in ((patches, False), (prerequisites, True)):
        for function in functions:
            for patch in reversed(series):
                lines = list(_changed(patch, spellings(function)))
                if lines:
                    path, _ = lines[0]
                    shown = tuple(line for _, line in lines[:_LINES])
                    return Decided(
                        f"{patch.index}/{patch.total}",
                        patch.subject,
                        path,
                        function,
                        shown,
                        len(lines) - len(shown),
                        prerequisite,
                    )
    return None


def _functions(model: Model, world: World, each: Disagreement) -> Iterator[str]:
    """Functions that ran in the last step, the likeliest to decide first."""
    if each.event is not None:
        yield from each.event.frames
    steps = [step for step in each.inputs if step != CLOSE]
    try:
        word = parse("; ".join(steps))
    except VocabularyError:
        return
    if stops(word):
        yield STOPPABLE
        return
    for rules in reversed(called(model, world, word)):
        yield from (rule.function for rule in reversed(rules))


def _changed(patch: Patch, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The lines a patch adds inside any of the functions ``names``, each with its file."""
    wanted = frozenset(names)
    lines = patch.diff.split("\n")
    for line, (path, inside) in zip(lines, places(lines), strict=True):
        if line.startswith("+") and line[1:].strip() and inside in wanted:
            yield path, line[1:]
