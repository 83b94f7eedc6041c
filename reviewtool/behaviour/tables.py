# SPDX-License-Identifier: GPL-2.0-or-later
"""A model as a table of numbers, filled as it is asked: what makes comparing many pairs cheap."""

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Generic, NamedTuple, TypeVar

from refmodel.model import Model, conflicting
from refmodel.vocabulary import Input, Observation
from refmodel.world import MAPPED, ZERO, Page, State, Waiting, World
from reviewtool.behaviour.symmetry import (
    renamed_input,
    renamed_observation,
    renamed_page,
    renamed_state,
    renamings,
)

_Thing = TypeVar("_Thing")
Numbers = tuple[int, ...]

_ELSEWHERE = Page(ZERO, uptodate=True)
"""What stands for the pages an input does not concern: one that a fault nearby may map."""
_OF_KVM = frozenset({"kvm-read", "vcpu-read", "vcpu-write"})
"""Accesses that may be those of KVM's own thread."""


class Numbered(Generic[_Thing]):
    """Equal things have one number."""

    def __init__(self) -> None:
        self.things: list[_Thing] = []
        self._numbers: dict[_Thing, int] = {}

    def __call__(self, thing: _Thing) -> int:
        number = self._numbers.get(thing)
        if number is None:
            self.things.append(thing)  # first, for Ctrl-C may come between the two
            number = self._numbers[thing] = len(self.things) - 1
        return number


PAGES: Numbered[Page] = Numbered()
RESTS: Numbered[State] = Numbered()
"""States without their pages, and without what no input can tell."""
_SEEN: Numbered[Observation] = Numbered()


class Names:
    """The renamings of one world, and what rests and pages are called under each."""

    def __init__(self, world: World) -> None:
        self.renamings = renamings(world)
        self.backwards = [self.renamings.index(each.backwards()) for each in self.renamings]
        # Renamings of threads and pages only, which leave what is in a page as it is.
        first = self.renamings[0].values
        self.plain = [at for at, each in enumerate(self.renamings) if each.values == first]
        self._rests: list[dict[int, int]] = [{} for _ in self.renamings]
        self._pages: list[dict[int, int]] = [{} for _ in self.renamings]

    def rest(self, rest: int, at: int) -> int:
        """What a rest is under renaming number ``at``."""
        known = self._rests[at]
        if rest not in known:
            known[rest] = RESTS(renamed_state(RESTS.things[rest], self.renamings[at]))
        return known[rest]

    def page(self, page: int, at: int) -> int:
        """What is in a page, under renaming number ``at``."""
        known = self._pages[at]
        if page not in known:
            known[page] = PAGES(renamed_page(PAGES.things[page], self.renamings[at]))
        return known[page]


class Effect(NamedTuple):
    """What an input does to what is not of a page and to pages, by position, and what it shows.

    ``around`` are the positions of other pages that a fault maps where they are filled and not
    mapped; ``still`` says that nothing changes.  Observations that are equal are one object.
    """

    rest: int
    pages: tuple[tuple[int, int], ...]
    around: Numbers
    seen: Observation
    still: bool


class _Concern(NamedTuple):
    """What the answer to an input depends on: some pages, and of the rest what matters.

    That is all pages where they influence each other.  ``others`` do not matter: a fault may map
    them, whatever they are.  Nor do threads that sleep there, but for that of the access itself.

    ``rest`` and ``each``, the input, are under the renaming ``names``, one for all that differ in
    the names of threads and pages only; ``pages`` are called what the state asked of calls them,
    in the order of what they are called then.
    """

    rest: int
    each: int
    pages: Numbers
    others: Numbers
    names: int


class _Answer(NamedTuple):
    """What the model does, under the names of the concern; ``around``: maps other pages, too."""

    rest: int
    pages: Numbers
    seen: int
    around: bool


class Question:
    """Some inputs, asked of states that have one rest in common."""

    def __init__(self, table: "Table", rest: int, inputs: Numbers) -> None:
        self._concerns = [table.concern(rest, each) for each in inputs]
        self._table = table
        self._rest = rest
        self._inputs = inputs
        self.pages = tuple(sorted({page for each in self._concerns for page in each.pages}))
        """The pages the answers depend on, in their order."""
        self._known: dict[Numbers, tuple[Effect | None, ...]] = {}

    def effects(self, pages: Numbers) -> tuple[Effect | None, ...]:
        """What each input does where ``pages`` are the numbers of the pages that matter; None where
        it may not be given."""
        found = self._known.get(pages)
        if found is None:
            whole = dict(zip(self.pages, pages, strict=True))
            found = self._known[pages] = tuple(
                self._table.effect(self._rest, whole, each, concern)
                for each, concern in zip(self._inputs, self._concerns, strict=True)
            )
        return found


class Table:
    """What one model does in one world, by number.

    Left out is what no input can tell: whether memory was leaked, and which event it was that put
    a thread to sleep.  The model is asked once for all states that are alike in the pages an input
    concerns and in what matters of the rest, whatever threads and pages are called.
    """

    def __init__(self, model: Model, world: World, inputs: tuple[Input, ...]) -> None:
        self.model = model
        self.inputs = inputs
        self.names = names_in(world)
        first = model.initial(world)
        self.initial = (RESTS(rest_of(first)), *map(PAGES, first.pages))
        self._questions: dict[tuple[int, Numbers], Question] = {}
        self._answers: dict[Numbers, _Answer | None] = {}
        self._seen: dict[tuple[int, int], Observation] = {}
        self._rests: dict[tuple[int, int, int], int] = {}
        numbers = {each: at for at, each in enumerate(inputs)}
        self._inputs_as = {
            at: [numbers[renamed_input(each, self.names.renamings[at])] for each in inputs]
            for at in self.names.plain
        }

    def question(self, rest: int, inputs: Numbers) -> Question:
        """``inputs``, by number, to be asked of states with this rest."""
        found = self._questions.get((rest, inputs))
        if found is None:
            found = self._questions[rest, inputs] = Question(self, rest, inputs)
        return found

    def concern(self, rest: int, each: int) -> _Concern:
        """What of a state with this rest the answer to ``each`` depends on."""
        asked, whole, reach = self.inputs[each], RESTS.things[rest], self.model.reach
        every = tuple(range(len(self.initial) - 1))
        woken = [waits for waits in whole.threads if waits and _concerns(asked, waits)]
        if asked.op == "userfault" or (reach == "any" and asked.op != "register"):
            pages = every
        elif asked.page is None:
            pages = tuple(sorted({waits.page for waits in woken}))
        else:
            pages = every if reach and asked.alias else (asked.page,)
        concerned = RESTS(whole._replace(threads=_concerned(whole.threads, asked)))
        rest_as, each_as, names = min(
            (self.names.rest(concerned, at), self._inputs_as[at][each], at)
            for at in self.names.plain
        )
        called = self.names.renamings[names].pages
        return _Concern(
            rest_as,
            each_as,
            tuple(sorted(pages, key=called.__getitem__)),
            tuple(page for page in every if page not in pages),
            names,
        )

    def effect(
        self, rest: int, pages: dict[int, int], each: int, concern: _Concern
    ) -> Effect | None:
        """What input number ``each`` does to states with this rest and these pages."""
        asked = [pages[page] for page in concern.pages]
        key = (concern.rest, concern.each, *asked)
        if key not in self._answers:
            self._answers[key] = self._answer(concern, asked)
        answer = self._answers[key]
        if answer is None:
            return None
        rest_after = self._rest_after(answer.rest, rest, each, concern.names)
        its = zip(concern.pages, asked, answer.pages, strict=True)
        changes = tuple([(page, after) for page, before, after in its if before != after])
        others = concern.others if answer.around else ()
        still = rest_after == rest and not changes and not others
        seen = self._seen_before(answer.seen, concern.names)
        return Effect(rest_after, changes, others, seen, still)

    def _answer(self, concern: _Concern, asked: list[int]) -> _Answer | None:
        """What the model does, None where it may not be asked."""
        pages = [_ELSEWHERE] * (len(self.initial) - 1)
        called = [self.names.renamings[concern.names].pages[page] for page in concern.pages]
        for page, its in zip(called, asked, strict=True):
            pages[page] = PAGES.things[its]
        before = RESTS.things[concern.rest]._replace(pages=tuple(pages))
        after, seen = self.model.step(before, self.inputs[concern.each])
        if after is before:
            return _Answer(concern.rest, tuple(asked), _SEEN(seen), around=False)
        if conflicting(after):
            return None
        return _Answer(
            RESTS(rest_of(after)),
            tuple([PAGES(after.pages[page]) for page in called]),
            _SEEN(seen),
            any(its != _ELSEWHERE for page, its in enumerate(after.pages) if page not in called),
        )

    def _rest_after(self, rest: int, before: int, each: int, names: int) -> int:
        """A rest an answer has, under the names it had ``before``, with threads that the input does
        not concern asleep as they were."""
        found = self._rests.get((rest, before, each))
        if found is None:
            after = RESTS.things[self.names.rest(rest, self.names.backwards[names])]
            threads = tuple(
                was if was and not _concerns(self.inputs[each], was) else its
                for was, its in zip(RESTS.things[before].threads, after.threads, strict=True)
            )
            found = self._rests[rest, before, each] = RESTS(after._replace(threads=threads))
        return found

    def _seen_before(self, seen: int, names: int) -> Observation:
        """An observation under the names that renaming ``names`` has replaced."""
        found = self._seen.get((seen, names))
        if found is None:
            back = self.names.renamings[self.names.backwards[names]]
            number = _SEEN(renamed_observation(_SEEN.things[seen], back))
            found = self._seen[seen, names] = _SEEN.things[number]
        return found


def _concerns(asked: Input, asleep: Waiting) -> bool:
    """Whether an input can wake this sleeper, or put others to sleep beside it."""
    return asked.op != "register" and asked.page in (None, asleep.page)


def _concerned(threads: tuple[Waiting | None, ...], asked: Input) -> tuple[Waiting | None, ...]:
    """The threads an input can tell: those it concerns, and the one asked to access memory that
    cannot, whatever it waits for."""
    asked_of = len(threads) - 1 if asked.op in _OF_KVM else asked.thread
    asleep = Waiting(int(asked.page == 0), "read", None, "")
    return tuple(
        waits if waits is None or _concerns(asked, waits) else (asleep if at == asked_of else None)
        for at, waits in enumerate(threads)
    )


def rest_of(state: State) -> State:
    """What inputs can tell of a state, without its pages."""
    asleep = tuple(each and each._replace(event="") for each in state.threads)
    return state._replace(pages=(), threads=asleep, leaked=False)


@cache
def mapped_around(page: int) -> int:
    """What a fault nearby makes of a page, in memory with fault-around."""
    its = PAGES.things[page]
    return PAGES(its._replace(pte=MAPPED)) if its.uptodate and not its.pte else page


def common_inputs(models: Iterable[Model], world: World) -> tuple[Input, ...]:
    """The inputs that can be given to every one of ``models``, in the order of the first."""
    first, *others = (model.alphabet(world) for model in models)
    common = set(first).intersection(*others)
    return tuple(each for each in first if each in common)


@lru_cache(maxsize=64)
def names_in(world: World) -> Names:
    """The names of ``world``; asked again, the ones there are."""
    return Names(world)


@lru_cache(maxsize=256)
def table(model: Model, world: World, inputs: tuple[Input, ...]) -> Table:
    """The table of ``model`` in ``world``; asked again, the one there is."""
    return Table(model, world, inputs)
