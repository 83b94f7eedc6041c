# SPDX-License-Identifier: GPL-2.0-or-later
"""The semantic diff: two models explored side by side, each kind of difference shown once.

The pair of models is explored breadth first, fewest differences first.  Where both answer alike
the pair is followed; where they differ the difference is kept under its cause and the pair is
followed only if it agrees again.  A registration only one of them accepts does not end a pair: it
is followed until both are registered in the same mode or neither is.  Revisions that have no mode
in common are compared with each registered as it can be.
"""

import gc
import heapq
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count

from refmodel.model import Model
from refmodel.vocabulary import Input, Observation
from refmodel.world import World
from reviewtool.behaviour.causes import Cause, cause
from reviewtool.behaviour.explore import trace
from reviewtool.behaviour.product import Asking, Move, Pair, Product
from reviewtool.behaviour.symmetry import Renaming, in_order, renamed_input
from reviewtool.progress import SILENT, Progress

_REPORT_EVERY = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """One kind of difference: the shortest inputs that show it, and what each model observes.

    ``also`` names further kinds of page on which the same operation differs in the same way.
    """

    cause: str
    inputs: tuple[Input, ...]
    a: tuple[Observation, ...]
    b: tuple[Observation, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BehaviourDiff:
    """Two models compared in ``world``; ``states`` counts the pairs of states explored.

    ``partial`` says the search was bounded or interrupted, so that nothing follows from what is
    not listed.
    """

    a: str
    b: str
    world: World
    states: int
    equivalent: bool
    partial: bool
    differences: tuple[Difference, ...]
    seconds: float
    left_out: tuple[str, ...] = ()
    """What of the world asked for was left out, to be able to finish."""
    not_common: tuple[str, ...] = ()
    """Operations one of the two cannot be asked to do, as its memory has no file."""

    @property
    def verdict(self) -> str:
        if self.partial:
            return f"{len(self.differences)} differences so far, the search was not finished"
        if self.equivalent:
            return "equivalent within this world"
        return f"{len(self.differences)} differences"


def compare(
    a: Model,
    b: Model,
    world: World,
    limit: int | None = None,
    progress: Progress = SILENT,
) -> BehaviourDiff:
    """Every kind of difference of ``a`` and ``b`` in ``world``, shortest first.

    Where pages do not influence each other in either model, pages of one kind behave alike, and
    one of each kind is explored: what is found is exact for the whole world.  Where they do (huge
    folios), the world is made smaller; the result names the one it holds in.
    """
    started = time.perf_counter()
    whole, world = world, affordable(a, b, world)
    found: dict[tuple[str, str, str], _Found] = {}
    pairs = 0
    partial = False
    with _no_collections(), progress.task(f"comparing {a.name} and {b.name}") as task:
        for component in components(a, b, world):
            search = _Search(a, b, component, found)
            try:
                for here in search.run():
                    if here % _REPORT_EVERY == 0:
                        task.update(pairs + here, f"{len(found)} differences")
                    if limit is not None and pairs + here >= limit:
                        partial = True
                        break
            except KeyboardInterrupt:
                partial = True
            pairs += len(search.seen)
            if partial:
                break
    differences = tuple(_told(a, b, world, each) for each in found.values())
    return BehaviourDiff(
        a.name,
        b.name,
        world,
        pairs,
        not differences and not partial,
        partial,
        tuple(sorted(differences, key=lambda each: len(each.inputs))),
        time.perf_counter() - started,
        _left_out(whole, world),
        _not_common(a, b, world),
    )


@contextmanager
def _no_collections() -> Iterator[None]:
    """A search makes millions of tuples and no cycles; looking for some takes a sixth of it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _left_out(whole: World, world: World) -> tuple[str, ...]:
    parts = ["a second mapping"] if whole.alias and not world.alias else []
    parts += ["KVM's own access"] if whole.kvm and not world.kvm else []
    parts += [f"the value {value}" for value in whole.values if value not in world.values]
    return tuple(parts)


def _not_common(a: Model, b: Model, world: World) -> tuple[str, ...]:
    mine, theirs = set(a.alphabet(world)), set(b.alphabet(world))
    apart = {f"{each.op}{' @alias' if each.alias else ''}" for each in mine ^ theirs}
    return tuple(sorted(apart - {each.op for each in mine & theirs}))


def _told(a: Model, b: Model, world: World, found: "_Found") -> Difference:
    inputs = found.inputs
    return Difference(
        str(found.cause),
        inputs,
        trace(a, world, inputs).observations,
        trace(b, world, inputs).observations,
        tuple(each for each in dict.fromkeys(found.met) if each != found.cause.met),
    )


def affordable(a: Model, b: Model, world: World) -> World:
    """``world``, or as much of it as can be explored where pages influence each other."""
    if a.page_local and b.page_local:
        return world
    return replace(world, values=world.values[:1], alias=False, kvm=False)


def components(a: Model, b: Model, world: World) -> tuple[World, ...]:
    """The worlds whose comparison decides ``world``: one page of each kind acted on.

    Where pages influence each other those of the file are acted on together; the page past its end
    is apart even then.
    """
    if world.focus is not None:
        return (world,)
    past = (replace(world, focus=world.pages),) if world.past_eof else ()
    if a.page_local and b.page_local:
        return (replace(world, focus=0), *past)
    return (replace(world, past_eof=False), *past)


@dataclass(slots=True)
class _Found:
    cause: Cause
    inputs: tuple[Input, ...]
    met: list[str]


_Came = tuple[Pair, int, int] | None
"""The pair before, the input, and the renaming that gave the pair the names it is known by."""

_FAR = (1 << 30, 0)


def _by_pages(named: tuple[Pair, int]) -> tuple[int, Pair]:
    """Of all names a pair may have, those are best by which the first pages are those in use."""
    pair, _ = named
    return pair[0], pair[:0:-1]


class _Search:
    """Breadth-first product search of one component."""

    def __init__(
        self, a: Model, b: Model, world: World, found: dict[tuple[str, str, str], _Found]
    ) -> None:
        self.both = Product(a, b, world)
        self.found = found
        self.seen: dict[Pair, _Came] = {}
        self.known_as: dict[Pair, tuple[Pair, int]] = {}
        self.asked: dict[tuple[int, frozenset[str]], tuple[Asking, ...]] = {}
        self.kinds: set[tuple[int, ...]] = set()
        self.register = self.both.inputs_of("register")
        self.across = not self._common_mode()

    def _common_mode(self) -> bool:
        """Whether some registration is accepted by both."""
        rests = self.both.rests.things[self.both.initial[0]]
        a, b = (
            table.question(rest, self.register).effects(())
            for table, rest in zip(self.both.tables, rests, strict=True)
        )
        return any(
            in_a and in_b and in_a.seen.result == in_b.seen.result == "ok"
            for in_a, in_b in zip(a, b, strict=True)
        )

    def run(self) -> Iterator[int]:
        """Search to the end, yielding the number of pairs explored so far."""
        both, order = self.both, count()
        # Fewest differences on the way first, then fewest inputs.
        start = both.initial
        heap: list[tuple[int, int, int, Pair, _Came]] = [(0, 0, next(order), start, None)]
        nearest: dict[Pair, tuple[int, int]] = {}
        explored = 0
        while heap:
            differed, length, _, pair, came = heapq.heappop(heap)
            if pair in self.seen:
                continue
            self.seen[pair] = came
            explored += 1
            yield explored
            for asking in self._worth_asking(pair):
                for move in self._answers(pair, asking):
                    after = both.after(pair, move)
                    if after == pair or (move.if_alike and not both.alike(after)):
                        continue
                    after, names = self._known_as(after)
                    way = (differed + move.differs, length + 1)
                    if after not in self.seen and nearest.get(after, _FAR) > way:
                        nearest[after] = way
                        came = (pair, move.each, names)
                        heapq.heappush(heap, (*way, next(order), after, came))

    def _answers(self, pair: Pair, asking: Asking) -> tuple[Move, ...]:
        """Where the inputs lead; how they are answered differently is kept, the first time."""
        pages = tuple([pair[at] for at in asking.places])
        found = asking.known.get(pages)
        if found is None:
            found = asking.known[pages] = asking.answers(pair)
            for each, seen_a, seen_b in found.differences:
                self._keep(pair, each, seen_a, seen_b)
        return found.moves

    def _known_as(self, pair: Pair) -> tuple[Pair, int]:
        """The pair that stands for all that differ from ``pair`` in names only, and the renaming
        that leads there."""
        known = self.known_as.get(pair)
        if known is None:
            known = self.known_as[pair] = min(
                ((image, at) for at, image in enumerate(self.both.images(pair))), key=_by_pages
            )
        return known

    def _worth_asking(self, pair: Pair) -> tuple[Asking, ...]:
        """The inputs that need asking of a pair; the others mirror one of them."""
        key = (pair[0], self.both.used(pair))
        found = self.asked.get(key)
        if found is None:
            found = self.asked[key] = self.both.asking(pair[0], tuple(self._needed(*key)))
        return found

    def _needed(self, rest: int, used: frozenset[str]) -> Iterator[int]:
        """Idle threads are interchangeable, and so are values that occur nowhere yet."""
        a, b = self.both.rests_of((rest,))
        if bool(a.flags) != bool(b.flags) or (a.flags != b.flags and not self.across):
            yield from self.register
            return
        both = enumerate(zip(a.threads, b.threads, strict=True))
        idle = next((at for at, waiting in both if waiting == (None, None)), -1)
        fresh = next((value for value in self.both.world.values if value not in used), None)
        for at, each in enumerate(self.both.inputs):
            if each.thread in (None, idle) and (
                each.value is None or each.value == fresh or each.value in used
            ):
                yield at

    def _keep(self, pair: Pair, each: int, seen_a: Observation, seen_b: Observation) -> None:
        asked = self.both.inputs[each]
        if asked.page is not None:
            # The kind of difference depends on this page and the answers only.
            kind = (each, pair[asked.page + 1], id(seen_a), id(seen_b))
            if kind in self.kinds:
                return
            self.kinds.add(kind)
        why = cause(*self.both.states(pair), asked, seen_a, seen_b)
        before = self.found.get(why.key)
        if before is not None:
            before.met.append(why.met)
            return
        way, names = self._way_to(pair)
        inputs = in_order((*way, renamed_input(asked, names)), self.both.world)
        self.found[why.key] = _Found(why, inputs, [why.met])

    def _way_to(self, pair: Pair) -> tuple[tuple[Input, ...], Renaming]:
        """The inputs that lead to ``pair`` from the start, and from its names to theirs."""
        steps: list[tuple[int, int]] = []
        came = self.seen[pair]
        while came is not None:
            pair, each, names = came
            steps.append((each, names))
            came = self.seen[pair]
        world_names = self.both.names.renamings
        back = world_names[0]
        inputs = []
        for each, names in reversed(steps):
            inputs.append(renamed_input(self.both.inputs[each], back))
            back = back.after(world_names[names].backwards())
        return tuple(inputs), back
