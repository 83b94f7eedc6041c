# SPDX-License-Identifier: GPL-2.0-or-later
"""The shortest part of a sequence that still shows a difference, found by running all of them."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from refmodel.model import Model
from refmodel.world import World
from reviewtool.behaviour.difference import Difference, Kind, first_difference, may_run, predict
from reviewtool.behaviour.guests import Numbered, RunGuest, Settings, Trace, Word, record

_ALL_PARTS = 8  # 255 sequences, one guest
_DEATHS = 4


def shortest(
    run: RunGuest, settings: Settings, model: Model, world: World, word: Word, kind: Kind
) -> tuple[Difference, Trace] | None:
    """The shortest subsequence of ``word`` that differs in the way ``kind``.

    Inputs are dropped one at a time while the sequence is long; from eight inputs on down every
    subsequence is tried, so that none shorter exists. None if not even ``word`` shows it again.
    """
    best: tuple[Difference, Trace] | None = None
    while True:
        exhaustive = len(word) <= _ALL_PARTS
        parts = _subsequences(word) if exhaustive else _one_dropped(word)
        candidates = [part for part in parts if may_run(model, world, part)]
        found = _first(run, settings, model, world, candidates, kind)
        if found is None:
            return best
        best = found
        shorter = found[1].inputs[: len(found[0].kernel)]
        if exhaustive or len(shorter) >= len(word):
            return best
        word = shorter


def _subsequences(word: Word) -> Iterator[Word]:
    """All of them, shortest first, each once."""
    for length in range(1, len(word) + 1):
        yield from dict.fromkeys(combinations(word, length))


def _one_dropped(word: Word) -> Iterator[Word]:
    """With one input less, the longest remaining prefix first; last the word itself."""
    for index in reversed(range(len(word))):
        yield word[:index] + word[index + 1 :]
    yield word


def _first(
    run: RunGuest,
    settings: Settings,
    model: Model,
    world: World,
    candidates: Sequence[Word],
    kind: Kind,
) -> tuple[Difference, Trace] | None:
    """The first candidate, in order, that differs in the way looked for."""
    deaths = 0

    def after_death(trace: Trace, rest: Sequence[Numbered]) -> Sequence[Numbered]:
        nonlocal deaths
        deaths += 1
        found = first_difference(predict(model, world, trace.inputs), trace)
        if (found and found.kind == kind) or deaths >= _DEATHS:
            return ()
        return rest

    recording = record(run, settings, list(enumerate(candidates)), after_death)
    for number in sorted(recording.traces):
        trace = recording.traces[number]
        found = first_difference(predict(model, world, trace.inputs), trace)
        if found and found.kind == kind:
            return found, trace
    return None
