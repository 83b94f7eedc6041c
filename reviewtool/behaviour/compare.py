# SPDX-License-Identifier: GPL-2.0-or-later
"""The semantic diff: two models explored side by side, each kind of difference shown once.

The pair of models is explored breadth first, fewest differences first.  Where both answer alike the
pair is followed; where they differ the difference is kept under its cause and the pair is followed
only if it agrees again.  A registration only one of them accepts does not end a pair: revisions
that watch in different modes are compared with each registered as it can be.  Inputs other than
registration are compared only where both watch the mapping or neither does.
"""

import heapq
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from refmodel.model import Model, conflicting
from refmodel.vocabulary import Input, Observation
from refmodel.world import State, World
from reviewtool.behaviour.causes import Cause, cause
from reviewtool.behaviour.explore import trace
from reviewtool.progress import SILENT, Progress

_REPORT_EVERY = 500
_REGISTRATION = frozenset({"register", "unregister"})


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
    one of each kind is explored: what is found is exact for the whole world.
    """
    started = time.perf_counter()
    found: dict[tuple[str, str, str], _Found] = {}
    pairs = 0
    partial = False
    with progress.task(f"comparing {a.name} and {b.name}") as task:
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
    )


def _told(a: Model, b: Model, world: World, found: "_Found") -> Difference:
    inputs = found.inputs
    return Difference(
        str(found.cause),
        inputs,
        trace(a, world, inputs).observations,
        trace(b, world, inputs).observations,
        tuple(each for each in dict.fromkeys(found.met) if each != found.cause.met),
    )


def components(a: Model, b: Model, world: World) -> tuple[World, ...]:
    """The worlds whose comparison decides ``world``: one page of each kind acted on, or all."""
    if not (a.page_local and b.page_local) or world.focus is not None:
        return (world,)
    kinds = (0, world.pages) if world.past_eof else (0,)
    return tuple(replace(world, focus=page) for page in kinds)


@dataclass(slots=True)
class _Found:
    cause: Cause
    inputs: tuple[Input, ...]
    met: list[str]


_Pair = tuple[State, State]
_Came = tuple[_Pair, Input] | None


class _Search:
    """Breadth-first product search of one component."""

    def __init__(
        self, a: Model, b: Model, world: World, found: dict[tuple[str, str, str], _Found]
    ) -> None:
        self.a = a
        self.b = b
        self.world = world
        self.found = found
        self.seen: dict[_Pair, _Came] = {}

    def run(self) -> Iterator[int]:
        """Search to the end, yielding the number of pairs explored so far."""
        first = (self.a.initial(self.world), self.b.initial(self.world))
        inputs = self.a.alphabet(self.world)
        order = count()
        # Fewest differences on the way first, then fewest inputs.
        heap: list[tuple[int, int, int, _Pair, _Came]] = [(0, 0, next(order), first, None)]
        explored = 0
        while heap:
            differed, length, _, pair, came = heapq.heappop(heap)
            if pair in self.seen:
                continue
            self.seen[pair] = came
            explored += 1
            yield explored
            for each in _worth_asking(pair, inputs, self.world):
                (to_a, seen_a), (to_b, seen_b) = (
                    self.a.step(pair[0], each),
                    self.b.step(pair[1], each),
                )
                if conflicting(to_a) or conflicting(to_b):
                    continue
                differs = seen_a != seen_b
                if differs:
                    self._keep(cause(pair[0], pair[1], each, seen_a, seen_b), pair, each)
                    if each.op not in _REGISTRATION and not _agree(to_a, to_b):
                        continue
                if (to_a, to_b) not in self.seen and not to_a.dead:
                    step = (differed + differs, length + 1, next(order), (to_a, to_b), (pair, each))
                    heapq.heappush(heap, step)

    def _keep(self, why: Cause, pair: _Pair, each: Input) -> None:
        before = self.found.get(why.key)
        if before is not None:
            before.met.append(why.met)
            return
        inputs = [each]
        came = self.seen[pair]
        while came is not None:
            pair, earlier = came
            inputs.append(earlier)
            came = self.seen[pair]
        self.found[why.key] = _Found(why, tuple(reversed(inputs)), [why.met])


def _agree(a: State, b: State) -> bool:
    """Whether two states differ in the registration at most."""
    return a._replace(flags=0) == b._replace(flags=0) and bool(a.flags) == bool(b.flags)


def _worth_asking(
    pair: tuple[State, State], inputs: tuple[Input, ...], world: World
) -> Iterator[Input]:
    """The inputs that need asking of a pair; the others mirror one of them.

    Idle threads are interchangeable, and so are values that occur nowhere yet.  Where only one
    model watches the mapping, only registration is asked.
    """
    a, b = pair
    one_sided = bool(a.flags) != bool(b.flags)
    idle = next(
        (
            index
            for index in range(world.threads)
            if a.threads[index] is None and b.threads[index] is None
        ),
        -1,
    )
    used: set[str | None] = {page.content for state in pair for page in state.pages}
    used |= {each.value for state in pair for each in state.threads if each is not None}
    fresh = next((value for value in world.values if value not in used), None)
    for each in inputs:
        if one_sided and each.op != "register":
            continue
        if each.thread is not None and each.thread != idle:
            continue
        if each.value is not None and each.value != fresh and each.value not in used:
            continue
        yield each
