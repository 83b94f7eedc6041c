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
from reviewtool.behaviour.symmetry import Renaming, in_order, renamed_input
from reviewtool.behaviour.tables import UNASKED, common_inputs, table
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


_Pair = tuple[int, int]
_Came = tuple[_Pair, int, int] | None
"""The pair before, the input, and the renaming that gave the pair the names it is known by."""


_FAR = (1 << 30, 0)


class _Search:
    """Breadth-first product search of one component."""

    def __init__(
        self, a: Model, b: Model, world: World, found: dict[tuple[str, str, str], _Found]
    ) -> None:
        inputs = common_inputs((a, b), world)
        self.a = table(a, world, inputs)
        self.b = table(b, world, inputs)
        self.found = found
        self.seen: dict[_Pair, _Came] = {}
        self.known_as: dict[_Pair, tuple[_Pair, int]] = {}
        self.kinds: set[tuple[int, ...]] = set()
        self.register = self.a.inputs_of("register")
        self.follow = frozenset(self.register + self.a.inputs_of("unregister"))
        self.across = not self._common_mode()

    def _common_mode(self) -> bool:
        """Whether some registration is accepted by both."""
        answers = [(self.a.step(0, each), self.b.step(0, each)) for each in self.register]
        return any(a and b and a[1].result == b[1].result == "ok" for a, b in answers)

    def run(self) -> Iterator[int]:
        """Search to the end, yielding the number of pairs explored so far."""
        a, b, order = self.a, self.b, count()
        # Fewest differences on the way first, then fewest inputs.
        heap: list[tuple[int, int, int, _Pair, _Came]] = [(0, 0, next(order), (0, 0), None)]
        nearest: dict[_Pair, tuple[int, int]] = {}
        explored = 0
        while heap:
            differed, length, _, pair, came = heapq.heappop(heap)
            if pair in self.seen:
                continue
            self.seen[pair] = came
            explored += 1
            yield explored
            row_a, row_b = a.rows[pair[0]], b.rows[pair[1]]
            for each in self._worth_asking(pair):
                to_a, to_b = row_a[each], row_b[each]
                if to_a is UNASKED:
                    to_a = a.step(pair[0], each)
                if to_b is UNASKED:
                    to_b = b.step(pair[1], each)
                if to_a is None or to_b is None:
                    continue
                after, differs = (to_a[0], to_b[0]), to_a[1] is not to_b[1]
                if differs:
                    self._keep(pair, each, to_a[1], to_b[1])
                    if each not in self.follow and a.shapes[after[0]] != b.shapes[after[1]]:
                        continue
                if after == pair or a.dead[after[0]]:
                    continue
                after, names = self._known_as(after)
                way = (differed + differs, length + 1)
                if after not in self.seen and nearest.get(after, _FAR) > way:
                    nearest[after] = way
                    heapq.heappush(heap, (*way, next(order), after, (pair, each, names)))

    def _known_as(self, pair: _Pair) -> tuple[_Pair, int]:
        """The pair that stands for all that differ from ``pair`` in names only, and the renaming
        that leads there."""
        known = self.known_as.get(pair)
        if known is None:
            images = zip(self.a.images(pair[0]), self.b.images(pair[1]), count(), strict=False)
            a, b, names = min(images)
            known = self.known_as[pair] = (a, b), names
        return known

    def _worth_asking(self, pair: _Pair) -> tuple[int, ...]:
        """The inputs that need asking of a pair; the others mirror one of them."""
        a, b = self.a.rest(pair[0]), self.b.rest(pair[1])
        if bool(a.flags) != bool(b.flags) or (a.flags != b.flags and not self.across):
            return self.register
        both = enumerate(zip(a.threads, b.threads, strict=True))
        idle = next((at for at, waiting in both if waiting == (None, None)), -1)
        return self.a.asked(idle, self.a.used(pair[0]) | self.b.used(pair[1]))

    def _keep(self, pair: _Pair, each: int, seen_a: Observation, seen_b: Observation) -> None:
        asked = self.a.inputs[each]
        if asked.page is not None:
            # The kind of difference depends on this page and the answers only.
            pages = self.a.page(pair[0], asked.page), self.b.page(pair[1], asked.page)
            kind = (each, *pages, id(seen_a), id(seen_b))
            if kind in self.kinds:
                return
            self.kinds.add(kind)
        why = cause(self.a.state(pair[0]), self.b.state(pair[1]), asked, seen_a, seen_b)
        before = self.found.get(why.key)
        if before is not None:
            before.met.append(why.met)
            return
        way, names = self._way_to(pair)
        inputs = in_order((*way, renamed_input(asked, names)), self.a.world)
        self.found[why.key] = _Found(why, inputs, [why.met])

    def _way_to(self, pair: _Pair) -> tuple[tuple[Input, ...], Renaming]:
        """The inputs that lead to ``pair`` from the start, and from its names to theirs."""
        steps: list[tuple[int, int]] = []
        came = self.seen[pair]
        while came is not None:
            pair, each, names = came
            steps.append((each, names))
            came = self.seen[pair]
        world_names = self.a.renamings
        back = world_names[0]
        inputs = []
        for each, names in reversed(steps):
            inputs.append(renamed_input(self.a.inputs[each], back))
            back = back.after(world_names[names].backwards())
        return tuple(inputs), back
