# SPDX-License-Identifier: GPL-2.0-or-later
"""Sequences that tell which state a machine was in, and suites of them that leave no doubt.

The H method: whatever two sequences lead to different states by the model, and matter, are followed
by one and the same continuation which the two answer differently.  It asks less than the W, Wp and
HSI methods, since it only tells apart what has to be.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from refmodel.vocabulary import Input, Observation
from reviewtool.behaviour.minimal import Minimal, Word

FATAL = frozenset({"oops", "hang"})
GONE = "dead"

_DEAREST = 20
"""Up to what cost one word is looked for that tells a class from all others."""
_THREADED = frozenset({"read", "write", "vcpu-read", "vcpu-write", "kvm-read"})


def cost(each: Input) -> int:
    """What a step takes, in system calls of the guest's: one of its threads, or one call."""
    return 4 if each.op in _THREADED else 1


def fatal(seen: Observation) -> bool:
    """Whether the guest did not outlive the step."""
    return seen.result in FATAL or seen.result == GONE


def alive(minimal: Minimal) -> tuple[int, ...]:
    """The classes in which there still is a kernel."""
    return tuple(
        its
        for its, row in enumerate(minimal.rows)
        if not row or any(seen.result != GONE for _, seen in row.values())
    )


def identifiers(minimal: Minimal) -> tuple[tuple[Word, ...], ...]:
    """For each class, sequences whose answers tell it from every other: one, where one does.

    A step that kills the kernel is only used where nothing else separates two classes. What only
    differs in what it may be given is not told apart.
    """
    living = alive(minimal)
    chosen: list[tuple[Word, ...]] = [() for _ in minimal.rows]
    for its in living:
        others = [other for other in living if other != its]
        word = _alone(minimal, its, others)
        chosen[its] = (word,) if word else tuple(_several(minimal, its, others))
    return tuple(chosen)


def _costs(word: Word) -> int:
    return sum(map(cost, word))


def ways(minimal: Minimal) -> dict[int, Word]:
    """A cheapest way to each class in which there still is a kernel."""
    found: dict[int, Word] = {}
    pending: list[tuple[int, int, Word, int]] = [(0, 0, (), 0)]
    count = 0
    while pending:
        spent, _, word, its = heappop(pending)
        if its in found:
            continue
        found[its] = word
        for each, (to, seen) in minimal.rows[its].items():
            if to not in found and not fatal(seen):
                count += 1
                heappush(pending, (spent + cost(each), count, (*word, each), to))
    return found


def _alone(minimal: Minimal, its: int, others: Iterable[int]) -> Word:
    """A cheapest word that ``its`` answers as none of ``others`` does, and that kills none of those
    it has not been told from yet. Empty where there is none of moderate cost."""
    start = frozenset(others)
    pending: list[tuple[int, int, Word, int, frozenset[int]]] = [(0, 0, (), its, start)]
    seen = set()
    count = 0
    while pending:
        spent, _, word, now, rest = heappop(pending)
        if not rest:
            return word
        if (now, rest) in seen or spent > _DEAREST:
            continue
        seen.add((now, rest))
        for each, (to, answer) in minimal.rows[now].items():
            alike = _alike(minimal, each, to, answer, rest)
            if alike is not None and (to, alike) not in seen:
                count += 1
                heappush(pending, (spent + cost(each), count, (*word, each), to, alike))
    return ()


def _alike(
    minimal: Minimal, each: Input, to: int, answer: Observation, rest: Iterable[int]
) -> frozenset[int] | None:
    """Where those of ``rest`` come to that answer ``each`` alike; None if one could not be told
    apart any more, or not without killing it."""
    if fatal(answer):
        return None
    alike = set()
    for other in rest:
        step = minimal.rows[other].get(each)
        if step is None or fatal(step[1]) or (step[1] == answer and step[0] == to):
            return None
        if step[1] == answer:
            alike.add(step[0])
    return frozenset(alike)


def _several(minimal: Minimal, its: int, others: list[int]) -> Iterator[Word]:
    """Words that together tell ``its`` from each of ``others``."""
    words = {
        word: None
        for other in others
        if (word := _gentle(minimal, its, other) or minimal.separating(its, other))
    }
    while words:
        told = {word: [o for o in others if apart(minimal, its, o, word)] for word in words}
        best = max(told, key=lambda word: (len(told[word]), -len(word)))
        if not told[best]:
            return
        yield best
        others = [each for each in others if each not in told[best]]
        del words[best]


def _gentle(minimal: Minimal, a: int, b: int) -> Word:
    """A short word two classes answer differently and both outlive; empty if there is none."""
    queue: list[tuple[Word, int, int]] = [((), a, b)]
    seen = {(a, b)}
    for word, one, two in queue:
        for each, (to, answer) in minimal.rows[one].items():
            step = minimal.rows[two].get(each)
            if step is None or fatal(answer) or fatal(step[1]):
                continue
            if step[1] != answer:
                return (*word, each)
            if to != step[0] and (to, step[0]) not in seen:
                seen.add((to, step[0]))
                queue.append(((*word, each), to, step[0]))
    return ()


def apart(minimal: Minimal, a: int, b: int, word: Word) -> int:
    """After how many inputs of ``word`` the classes ``a`` and ``b`` have answered differently; 0 if
    they never do, or one may not be given so much of it."""
    for length, each in enumerate(word, 1):
        one, two = minimal.rows[a].get(each), minimal.rows[b].get(each)
        if one is None or two is None:
            return 0
        if one[1] != two[1]:
            return length
        a, b = one[0], two[0]
    return 0


class _Tree:
    """Words that share their beginnings."""

    def __init__(self) -> None:
        self.root: _Node = {}

    def at(self, word: Word) -> "_Node":
        """The node of ``word``, which is in the tree from now on."""
        here = self.root
        for each in word:
            here = here.setdefault(each, {})
        return here

    def words(self) -> Iterator[Word]:
        """Those that are no prefix of another, by their beginnings."""
        pending: list[tuple[Word, _Node]] = [((), self.root)]
        while pending:
            word, here = pending.pop()
            if here:
                pending += [((*word, each), onward) for each, onward in reversed(here.items())]
            elif word:
                yield word


_Node = dict[Input, "_Node"]


def complete_words(minimal: Minimal, inputs: tuple[Input, ...], extra: int) -> Iterator[Word]:
    """The H suite: after a cheapest way to each class, every sequence of up to ``extra`` + 1
    inputs, then what tells the class reached from those it must not be, and that asked there, too.
    None is a prefix of another. Words may end where the kernel does.
    """
    identifying = identifiers(minimal)
    access = ways(minimal)
    living = sorted(access)
    tree = _Tree()

    def extend(its: int, word: Word, left: int) -> None:
        for ending in identifying[its]:
            tree.at(word + ending)
        for each in inputs if left else ():
            step = minimal.rows[its].get(each)
            if step is not None:
                tree.at((*word, each))
                if not fatal(step[1]):
                    extend(step[0], (*word, each), left - 1)

    for its in living:
        extend(its, access[its], extra + 1)
    for its in living:
        for other in living:
            told = (word[: apart(minimal, its, other, word)] for word in identifying[its])
            shortest = min(filter(None, told), key=_costs, default=())
            tree.at(access[other] + shortest)
    for its in living:
        _tell_on_the_way(minimal, tree.at(access[its]), identifying, its, inputs, extra + 1)
    return tree.words()


def _tell_on_the_way(
    minimal: Minimal,
    origin: "_Node",
    identifying: tuple[tuple[Word, ...], ...],
    start: int,
    inputs: tuple[Input, ...],
    left: int,
) -> None:
    """Tell each class on a way of up to ``left`` inputs from those passed before, but for the first
    (which is told from everything)."""

    def extend(passed: tuple[tuple[int, _Node], ...], its: int, here: _Node, left: int) -> None:
        for before, there in passed:
            if before == its or _told(minimal, before, there, its, here):
                continue
            for word in identifying[its]:
                if length := apart(minimal, its, before, word):
                    _put(there, word[:length])
                    break
        if left:
            further = (*passed, (its, here))
            for each in inputs:
                step = minimal.rows[its].get(each)
                if step is not None and not fatal(step[1]):
                    extend(further, step[0], here[each], left - 1)

    for each in inputs:
        step = minimal.rows[start].get(each)
        if step is not None and not fatal(step[1]):
            extend((), step[0], origin[each], left - 1)


def _told(minimal: Minimal, a: int, one: _Node, b: int, two: _Node) -> bool:
    """Whether some word in both subtrees is answered differently by the classes they are of."""
    fewer, more = (one, two) if len(one) < len(two) else (two, one)
    for each in fewer:
        if each not in more:
            continue
        to_a, seen_a = minimal.rows[a][each]
        to_b, seen_b = minimal.rows[b][each]
        if seen_a != seen_b:
            return True
        if to_a != to_b and _told(minimal, to_a, one[each], to_b, two[each]):
            return True
    return False


def _put(here: _Node, word: Word) -> None:
    for each in word:
        here = here.setdefault(each, {})


def maximal(words: Iterable[Word]) -> list[Word]:
    """The words that are no prefix of another, in order."""
    wanted = dict.fromkeys(words)
    prefixes = {word[:length] for word in wanted for length in range(len(word))}
    return [word for word in wanted if word and word not in prefixes]
