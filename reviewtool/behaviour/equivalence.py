# SPDX-License-Identifier: GPL-2.0-or-later
"""Two machines compared state by state: bisimilar, or the shortest sequence they differ on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from refmodel.vocabulary import Input, Observation, allows

Rows = Sequence[Mapping[Input, tuple[int, Observation]]]
"""``rows[s]`` maps an input to (state, answer); state 0 is the initial one. An input that may not
be given in a state has no entry."""

WITHHELD = Observation("not to be asked")
"""Stands in a comparison for the answer to an input that may not be given."""


@dataclass(frozen=True, slots=True)
class Distinction:
    """A shortest sequence two machines answer differently, and what each answers, step by step."""

    inputs: tuple[Input, ...]
    a: tuple[Observation, ...]
    b: tuple[Observation, ...]


def restricted(rows: Rows, inputs: Sequence[Input]) -> Rows:
    """The machine as far as ``inputs`` can tell."""
    return tuple({each: row[each] for each in inputs if each in row} for row in rows)


def distinguish(a: Rows, b: Rows) -> Distinction | None:
    """None where the machines are bisimilar, which for deterministic ones is to say: equal in all
    they answer. Where ``a``, a model, says ``stale``, ``b`` may show anything."""
    queue = [(0, 0)]
    came: dict[tuple[int, int], tuple[tuple[int, int], Input] | None] = {(0, 0): None}
    for pair in queue:
        for each in dict.fromkeys((*a[pair[0]], *b[pair[1]])):
            to_a, seen_a = a[pair[0]].get(each, (None, WITHHELD))
            to_b, seen_b = b[pair[1]].get(each, (None, WITHHELD))
            if not allows(seen_a, seen_b):
                return _told(a, b, (*_path(came, pair), each))
            if to_a is None or to_b is None or (to_a, to_b) in came:
                continue
            came[to_a, to_b] = (pair, each)
            queue.append((to_a, to_b))
    return None


def _path(
    came: Mapping[tuple[int, int], tuple[tuple[int, int], Input] | None], pair: tuple[int, int]
) -> tuple[Input, ...]:
    inputs: list[Input] = []
    step = came[pair]
    while step is not None:
        inputs.append(step[1])
        step = came[step[0]]
    return tuple(reversed(inputs))


def _told(a: Rows, b: Rows, inputs: tuple[Input, ...]) -> Distinction:
    return Distinction(inputs, _answers(a, inputs), _answers(b, inputs))


def _answers(rows: Rows, inputs: tuple[Input, ...]) -> tuple[Observation, ...]:
    state, seen = 0, []
    for each in inputs:
        state, answer = rows[state].get(each, (state, WITHHELD))
        seen.append(answer)
    return tuple(seen)
