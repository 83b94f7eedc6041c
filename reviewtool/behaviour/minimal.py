# SPDX-License-Identifier: GPL-2.0-or-later
"""The minimal form of a machine, and what tells its states apart.

States that answer every sequence alike are one class.  Two classes are told apart by a shortest
sequence that both may be given.
"""

from dataclasses import dataclass

from refmodel.vocabulary import Input, Observation
from reviewtool.behaviour.explore import Machine

Word = tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class Minimal:
    """``rows[c]`` maps an input to (class, observation); class 0 holds the initial state.

    ``access[c]`` is a shortest sequence that leads to class ``c``; ``members[s]`` is the class of
    the machine's state ``s``.
    """

    rows: tuple[dict[Input, tuple[int, Observation]], ...]
    access: tuple[Word, ...]
    members: tuple[int, ...]
    partitions: tuple[tuple[int, ...], ...]
    """Class of each minimal state after 1, 2, ... rounds of refinement."""

    def run(self, start: int, word: Word) -> tuple[Observation, ...] | None:
        """What class ``start`` answers ``word``, or None where it may not be given."""
        seen = []
        for each in word:
            step = self.rows[start].get(each)
            if step is None:
                return None
            start = step[0]
            seen.append(step[1])
        return tuple(seen)

    def separating(self, a: int, b: int) -> Word:
        """A shortest sequence the classes ``a`` and ``b`` answer differently.

        Empty for classes that differ only in what they may be given.
        """
        word: list[Input] = []
        while a != b:
            depth = next(i for i, each in enumerate(self.partitions) if each[a] != each[b])
            before = self.partitions[depth - 1] if depth else None
            for each, (to_a, seen_a) in self.rows[a].items():
                step = self.rows[b].get(each)
                if step is None:
                    continue
                to_b, seen_b = step
                if seen_a != seen_b:
                    return (*word, each)
                if before is not None and before[to_a] != before[to_b]:
                    word.append(each)
                    a, b = to_a, to_b
                    break
            else:
                return ()
        return ()


def minimise(machine: Machine) -> Minimal:
    """Merge the states of an explored machine that no sequence tells apart."""
    if machine.partial:
        raise ValueError("a partial machine has no minimal form: explore it to the end first")
    rows = machine.rows
    classes = _number([tuple((i, t.observation) for i, t in row.items()) for row in rows])
    rounds = [classes]
    while True:
        refined = _number(
            [
                (classes[s], tuple(classes[t.target] for t in row.values()))
                for s, row in enumerate(rows)
            ]
        )
        if refined == classes:
            break
        classes = refined
        rounds.append(classes)
    return _quotient(machine, classes, rounds)


def _number(keys: "list[tuple[object, ...]]") -> list[int]:
    numbers: dict[tuple[object, ...], int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _quotient(machine: Machine, classes: list[int], rounds: list[list[int]]) -> Minimal:
    representative: dict[int, int] = {}
    for state, its in enumerate(classes):
        representative.setdefault(its, state)
    order = sorted(representative)
    rows = tuple(
        {
            each: (classes[transition.target], transition.observation)
            for each, transition in machine.rows[representative[its]].items()
        }
        for its in order
    )
    access: dict[int, Word] = {0: ()}
    queue = [0]
    for source in queue:
        for each, (target, _) in rows[source].items():
            if target not in access:
                access[target] = (*access[source], each)
                queue.append(target)
    return Minimal(
        rows,
        tuple(access[its] for its in order),
        tuple(classes),
        tuple(tuple(each[representative[its]] for its in order) for each in rounds),
    )
