# SPDX-License-Identifier: GPL-2.0-or-later
"""What a kernel answered, as a tree of sequences that share their beginnings, and as a file.

They are facts about that kernel, whoever asks and whatever for: who is interrupted, looks for more
states or learns in another way goes on from them.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from refmodel.vocabulary import Input, Observation, parse_input, parse_observation
from reviewtool import cache

_NOTHING = -1
"""In the place of a number of answers that may follow: none ever will."""


@dataclass(slots=True)
class Node:
    """What was answered after one beginning. ``onward`` is None where nothing comes after."""

    seen: Observation
    onward: "Known | None" = field(default_factory=dict)


Known = dict[Input, Node]


@dataclass(slots=True)
class Answers:
    """All of them, and what they took: sequences and steps asked, guests, those that died, time."""

    known: Known = field(default_factory=dict)
    sequences: int = 0
    steps: int = 0
    guests: int = 0
    deaths: int = 0
    seconds: float = 0.0


def read_answers(path: Path) -> Answers:
    """What is filed in ``path``; nothing where that is no whole file of ours."""
    try:
        filed = json.loads(zlib.decompress(path.read_bytes()))
    except (FileNotFoundError, zlib.error, ValueError):
        return Answers()
    inputs = [parse_input(text) for text in filed["inputs"]]
    answers = [parse_observation(text) for text in filed["answers"]]
    numbers = iter(filed["tree"])

    def known(count: int) -> Known:
        found: Known = {}
        for _ in range(count):
            each, seen, more = next(numbers), next(numbers), next(numbers)
            found[inputs[each]] = Node(answers[seen], None if more == _NOTHING else known(more))
        return found

    return Answers(known(next(numbers)), *filed["took"])


def write_answers(path: Path, answers: Answers) -> None:
    """File ``answers``, whole or not at all."""
    inputs: dict[Input, int] = {}
    seen: dict[Observation, int] = {}
    tree = list(_flat(answers.known, inputs, seen))
    took = (answers.sequences, answers.steps, answers.guests, answers.deaths, answers.seconds)
    filed = {
        "inputs": list(map(str, inputs)),
        "answers": list(map(str, seen)),
        "tree": tree,
        "took": took,
    }
    cache.write_atomic(path, zlib.compress(json.dumps(filed, separators=(",", ":")).encode(), 1))


def _flat(known: Known, inputs: dict[Input, int], answers: dict[Observation, int]) -> Iterator[int]:
    yield len(known)
    pending = [iter(known.items())]
    while pending:
        each, node = next(pending[-1], (None, None))
        if each is None or node is None:
            pending.pop()
            continue
        yield inputs.setdefault(each, len(inputs))
        yield answers.setdefault(node.seen, len(answers))
        yield _NOTHING if node.onward is None else len(node.onward)
        if node.onward:
            pending.append(iter(node.onward.items()))
