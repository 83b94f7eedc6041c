# SPDX-License-Identifier: GPL-2.0-or-later
"""The shortest part of a sequence that still shows a difference, found by running all of them."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from refmodel.model import Model
from refmodel.vocabulary import Input
from refmodel.world import World
from reviewtool.behaviour.difference import Difference, Kind, first_difference, may_run, predict
from reviewtool.behaviour.guests import Numbered, RunGuest, Settings, Trace, Word, record

_ALL_PARTS = 8  # 255 sequences, one guest
_DEATHS = 4


Shown = tuple[Difference, Trace]


def shortest(
    run: RunGuest, settings: Settings, model: Model, world: World, word: Word, kind: Kind
) -> dict[Kind, Shown]:
    """The shortest subsequence of ``word`` that differs in the way ``kind``, and in any other way
    that came to light on the way there.

    Inputs are dropped one at a time while the sequence is long; from eight inputs on down every
    subsequence is tried, so that none shorter exists. Without ``kind`` in it not even ``word``
    showed it again.
    """
    best: dict[Kind, Shown] = {}
    while True:
        exhaustive = len(word) <= _ALL_PARTS
        parts = _subsequences(word) if exhaustive else _one_dropped(word)
        whole = dict.fromkeys(map(_let_go_on, parts))
        candidates = [part for part in whole if may_run(model, world, part)]
        seen = _differing(run, settings, model, world, candidates, kind)
        for found, (difference, trace) in seen.items():
            known = best.get(found)
            if known is None or len(difference.inputs) < len(known[0].inputs):
                best[found] = (difference, trace)
        if kind not in seen:
            return best
        difference, trace = seen[kind]
        shorter = trace.inputs[: len(difference.kernel)]
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


def _let_go_on(word: Word) -> Word:
    """``word``, but a write() that is stopped in it is not left so."""
    stopped = False
    for each in word:
        stopped = each.op == "pwrite-stop" or (stopped and each.op != "go-on")
    return (*word, Input("go-on")) if stopped else word


def _differing(
    run: RunGuest,
    settings: Settings,
    model: Model,
    world: World,
    candidates: Sequence[Word],
    kind: Kind,
) -> dict[Kind, Shown]:
    """For each way in which candidates differ, the first of those with the fewest steps."""
    deaths = 0

    def after_death(trace: Trace, rest: Sequence[Numbered]) -> Sequence[Numbered]:
        nonlocal deaths
        deaths += 1
        found = first_difference(predict(model, world, trace.inputs), trace)
        # Candidates come in order, so the one looked for need not die again in a longer one.
        return () if (found and found.kind == kind) or deaths >= _DEATHS else rest

    recording = record(run, settings, list(enumerate(candidates)), after_death)
    seen: dict[Kind, Shown] = {}
    for _, trace in sorted(recording.traces.items()):
        found = first_difference(predict(model, world, trace.inputs), trace)
        if found:
            known = seen.get(found.kind)
            if known is None or len(found.inputs) < len(known[0].inputs):
                seen[found.kind] = (found, trace)
    return seen
