# SPDX-License-Identifier: GPL-2.0-or-later
"""Sequences that tell which state a machine was in: few of them, and one start for every pair.

Harmonised state identifiers (the HSI method): for any two classes, one begins a sequence of its set
as the other begins one of its own, and what they answer to that beginning differs.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from refmodel.vocabulary import Input, Observation
from reviewtool.behaviour.minimal import Minimal, Word

FATAL = frozenset({"oops", "hang"})
GONE = "dead"

_Group = list[tuple[int, int]]
"""Where each class of a group has come to: (class, class now)."""
_Parts = dict[tuple[Observation, ...] | None, _Group]


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
    """For each class, sequences whose answers tell it from every other.

    A step that kills the kernel is only used where nothing else separates two classes. What only
    differs in what it may be given is not told apart.
    """
    chosen: list[list[Word]] = [[] for _ in minimal.rows]
    together = [list(alive(minimal))]
    while together:
        group = together.pop()
        words, unresolved = _experiment(minimal, group)
        for its, word in words.items():
            if word:
                chosen[its].append(word)
        together += [part for part in unresolved if 1 < len(part) < len(group)]
    return tuple(tuple(words) for words in chosen)


def _experiment(minimal: Minimal, group: list[int]) -> tuple[dict[int, Word], list[list[int]]]:
    """One adaptive experiment on all of ``group``: the word each member is given, and the members
    that still look alike after it."""
    words: dict[int, Word] = dict.fromkeys(group, ())
    unresolved: list[list[int]] = []
    pending: list[_Group] = [[(its, its) for its in group]]
    while pending:
        here = pending.pop()
        if len(here) < 2:
            continue
        word = _best(minimal, here)
        if not word:
            unresolved.append([its for its, _ in here])
            continue
        parts = _split(minimal, here, word)
        for its, _ in here:
            words[its] += word
        for answers, part in parts.items():
            if answers is None:  # it may not be given there
                for its, _ in part:
                    words[its] = words[its][: -len(word)]
                unresolved.append([its for its, _ in part])
            else:
                pending.append(part)
    return words, unresolved


def _best(minimal: Minimal, group: _Group) -> Word:
    """What to give next: an input after which as few as possible look alike, else the word that
    separates some two of them."""
    here = sorted({now for _, now in group})
    inputs = dict.fromkeys(each for now in here for each in minimal.rows[now])
    harmless = ((each,) for each in inputs)
    found = _first(minimal, group, harmless, lambda parts: None not in parts and not _kills(parts))
    if found:
        return found
    pairs = (minimal.separating(a, b) for at, a in enumerate(here) for b in here[at + 1 :])
    words = sorted({word for word in pairs if word}, key=lambda word: (len(word), word))
    return (
        _first(minimal, group, words, lambda parts: None not in parts and not _kills(parts))
        or _first(minimal, group, words, lambda parts: None not in parts)
        or _first(minimal, group, words, lambda _: True)
    )


def _first(
    minimal: Minimal, group: _Group, words: Iterable[Word], fit: Callable[[_Parts], bool]
) -> Word:
    best: tuple[int, Word] | None = None
    for word in words:
        parts = _split(minimal, group, word)
        if len(parts) > 1 and fit(parts):
            cost = sum(len(part) ** 2 + 3 * _merged(part) for part in parts.values())
            if best is None or cost < best[0]:
                best = (cost, word)
    return best[1] if best else ()


def _merged(part: _Group) -> int:
    """How many come to one class with another, to be told from it no more."""
    return len(part) - len({now for _, now in part})


def _kills(parts: _Parts) -> bool:
    return any(answers is None or any(map(fatal, answers)) for answers in parts)


def _split(minimal: Minimal, group: _Group, word: Word) -> _Parts:
    """``group`` by what its members answer to ``word``, None for those that may not be given it."""
    parts: _Parts = defaultdict(list)
    for its, now in group:
        answers = minimal.run(now, word)
        parts[answers].append((its, now if answers is None else _after(minimal, now, word)))
    return parts


def _after(minimal: Minimal, its: int, word: Word) -> int:
    for each in word:
        its = minimal.rows[its][each][0]
    return its


def complete_words(minimal: Minimal, inputs: tuple[Input, ...], extra: int) -> Iterator[Word]:
    """The HSI suite: after every shortest way to a class, every sequence of up to ``extra`` + 1
    inputs, and then what identifies the class reached. Words may end where the kernel does."""
    identifying = identifiers(minimal)

    def extend(its: int, word: Word, left: int) -> Iterator[Word]:
        yield from (word + each for each in identifying[its] or ((),))
        if left:
            for each in inputs:
                step = minimal.rows[its].get(each)
                if step is None:
                    continue
                if fatal(step[1]):
                    yield (*word, each)
                else:
                    yield from extend(step[0], (*word, each), left - 1)

    for its in alive(minimal):
        yield from extend(its, minimal.access[its], extra + 1)


def maximal(words: Iterable[Word]) -> list[Word]:
    """The words that are no prefix of another, in order."""
    wanted = dict.fromkeys(words)
    prefixes = {word[:length] for word in wanted for length in range(len(word))}
    return [word for word in wanted if word and word not in prefixes]
