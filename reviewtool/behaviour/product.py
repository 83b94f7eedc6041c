# SPDX-License-Identifier: GPL-2.0-or-later
"""Two models as one machine: its states are pairs of theirs, its moves what inputs do to both.

A pair is a tuple of numbers: of what is not of a page, in both, then of each page, in both.  What
inputs do is worked out once for all pairs that are alike in what concerns them.
"""

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import NamedTuple

from refmodel.model import Model
from refmodel.vocabulary import Observation
from refmodel.world import State, World
from reviewtool.behaviour.tables import (
    PAGES,
    RESTS,
    Effect,
    Numbered,
    Numbers,
    common_inputs,
    mapped_around,
    table,
)

Pair = Numbers


class Move(NamedTuple):
    """Where an input leads: another rest, other pages, and pages mapped around in either model.

    ``differs``: the two answer differently.  ``if_alike``: then it is followed only where they
    agree again.
    """

    each: int
    rest: int
    pages: tuple[tuple[int, int], ...]
    around: tuple[tuple[int, bool, bool], ...]
    differs: bool
    if_alike: bool


class Answers(NamedTuple):
    """Moves that lead elsewhere, and the inputs that are answered differently."""

    moves: tuple[Move, ...]
    differences: tuple[tuple[int, Observation, Observation], ...]


class Asking:
    """Inputs asked of all pairs with one rest; ``places`` are those the answers depend on."""

    def __init__(self, product: "Product", rest: int, inputs: Numbers) -> None:
        self._product = product
        self._inputs = inputs
        self._sides = tuple(
            table.question(its, inputs)
            for table, its in zip(product.tables, product.rests.things[rest], strict=True)
        )
        self._places = tuple(tuple(page + 1 for page in side.pages) for side in self._sides)
        self.places = tuple(sorted({at for places in self._places for at in places}))
        self.known: dict[Numbers, Answers] = {}

    def answers(self, pair: Pair) -> Answers:
        """What ``pair`` answers."""
        pages, (a, b) = self._product.pages.things, self._sides
        of_a = a.effects(tuple([pages[pair[at]][0] for at in self._places[0]]))
        of_b = b.effects(tuple([pages[pair[at]][1] for at in self._places[1]]))
        moves: dict[tuple[object, ...], Move] = {}
        differences = []
        for each, in_a, in_b in zip(self._inputs, of_a, of_b, strict=True):
            if in_a is None or in_b is None:
                continue
            if in_a.seen is not in_b.seen:
                differences.append((each, in_a.seen, in_b.seen))
            if not (in_a.still and in_b.still) and not RESTS.things[in_a.rest].dead:
                move = self._product.move(pair, each, in_a, in_b)
                # Of inputs that lead to the same place the first is as good as any.
                moves.setdefault(move[1:], move)
        return Answers(tuple(moves.values()), tuple(differences))


class Product:
    """Two models in one world, asked what both can be asked.

    After inputs in ``follow`` a pair need not agree to be followed.
    """

    def __init__(self, a: Model, b: Model, world: World) -> None:
        self.inputs = common_inputs((a, b), world)
        self.world = world
        self.tables = (table(a, world, self.inputs), table(b, world, self.inputs))
        self.rests: Numbered[tuple[int, int]] = Numbered()
        self.pages: Numbered[tuple[int, int]] = Numbered()
        self.names = self.tables[0].names
        rest, *pages = zip(*(each.initial for each in self.tables), strict=True)
        self.initial: Pair = (self.rests(rest), *map(self.pages, pages))
        self.follow = frozenset(self.inputs_of("register") + self.inputs_of("unregister"))
        self._as: tuple[tuple[dict[int, int], dict[int, int]], ...] = tuple(
            ({}, {}) for _ in self.names.renamings
        )
        self._around: dict[tuple[int, bool, bool], int] = {}

    def inputs_of(self, op: str) -> Numbers:
        return tuple(at for at, each in enumerate(self.inputs) if each.op == op)

    def asking(self, rest: int, inputs: Numbers) -> tuple[Asking, ...]:
        """``inputs`` in their order, those of one page together."""
        groups = groupby(inputs, key=lambda each: self.inputs[each].page)
        return tuple(Asking(self, rest, tuple(each)) for _, each in groups)

    def states(self, pair: Pair) -> tuple[State, State]:
        a, b = map(RESTS.things.__getitem__, self.rests.things[pair[0]])
        pages = [self.pages.things[its] for its in pair[1:]]
        return (
            a._replace(pages=tuple(PAGES.things[its] for its, _ in pages)),
            b._replace(pages=tuple(PAGES.things[its] for _, its in pages)),
        )

    def rests_of(self, pair: Pair) -> tuple[State, State]:
        """The states, without their pages."""
        a, b = self.rests.things[pair[0]]
        return RESTS.things[a], RESTS.things[b]

    def used(self, pair: Pair) -> frozenset[str]:
        """The values that occur in one of the two."""
        values = _values_of_rests(self.rests.things[pair[0]])
        return values.union(*[_values_in(self.pages.things[its]) for its in pair[1:]])

    def move(self, pair: Pair, each: int, in_a: Effect, in_b: Effect) -> Move:
        """What an input does to pairs like ``pair``."""
        differs = in_a.seen is not in_b.seen
        rest = self.rests((in_a.rest, in_b.rest))
        things = self.pages.things
        after = {page: (its, things[pair[page + 1]][1]) for page, its in in_a.pages}
        for page, its in in_b.pages:
            after[page] = (after.get(page, things[pair[page + 1]])[0], its)
        pages = [(page + 1, self.pages(its)) for page, its in after.items()]
        around = [
            (page + 1, page in in_a.around, page in in_b.around)
            for page in {*in_a.around, *in_b.around}
        ]
        if_alike = differs and each not in self.follow
        return Move(each, rest, tuple(pages), tuple(around), differs, if_alike)

    def after(self, pair: Pair, move: Move) -> Pair:
        """Where ``move`` leads from ``pair``."""
        pages = list(pair)
        pages[0] = move.rest
        for place, its in move.pages:
            pages[place] = its
        for place, in_a, in_b in move.around:
            pages[place] = self._mapped(pages[place], in_a, in_b)
        return tuple(pages)

    def _mapped(self, page: int, in_a: bool, in_b: bool) -> int:
        key = (page, in_a, in_b)
        if key not in self._around:
            a, b = self.pages.things[page]
            after = (mapped_around(a) if in_a else a, mapped_around(b) if in_b else b)
            self._around[key] = self.pages(after)
        return self._around[key]

    def alike(self, pair: Pair) -> bool:
        """Whether the two states differ in nothing but the registration."""
        return _alike(self.rests.things[pair[0]]) and all(
            a == b for a, b in (self.pages.things[its] for its in pair[1:])
        )

    def images(self, pair: Pair) -> Iterator[Pair]:
        """What ``pair`` is under each renaming of the world."""
        for at, names in enumerate(self.names.renamings):
            rests, pages = self._as[at]
            if pair[0] not in rests:
                a, b = self.rests.things[pair[0]]
                rests[pair[0]] = self.rests((self.names.rest(a, at), self.names.rest(b, at)))
            image = [rests[pair[0]], *pair[1:]]
            for place, its in zip(names.pages, pair[1:], strict=True):
                if its not in pages:
                    a, b = self.pages.things[its]
                    pages[its] = self.pages((self.names.page(a, at), self.names.page(b, at)))
                image[place + 1] = pages[its]
            yield tuple(image)


@cache
def _alike(rests: tuple[int, int]) -> bool:
    a, b = (RESTS.things[its] for its in rests)
    return a._replace(flags=a.flags != 0) == b._replace(flags=b.flags != 0)


@cache
def _values_of_rests(rests: tuple[int, int]) -> frozenset[str]:
    threads = [waits for its in rests for waits in RESTS.things[its].threads]
    return frozenset(waits.value for waits in threads if waits and waits.value)


@cache
def _values_in(pages: tuple[int, int]) -> frozenset[str]:
    return frozenset(value for its in pages for value in PAGES.things[its].content.split("/"))
