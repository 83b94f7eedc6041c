# SPDX-License-Identifier: GPL-2.0-or-later
"""A model as a table of numbers, filled as it is asked: what makes comparing many pairs cheap."""

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Generic, NamedTuple, TypeVar

from refmodel.model import Model, conflicting
from refmodel.vocabulary import Input, Observation
from refmodel.world import MAPPED, ZERO, Page, State, Waiting, World
from reviewtool.behaviour.symmetry import renamed_page, renamed_state, renamings

_Thing = TypeVar("_Thing")
_Code = tuple[int, ...]
"""A state: the number of what is not of a page, then those of its pages."""
_Step = tuple[int, Observation] | None

UNASKED: tuple[int, Observation] = (-1, Observation("not asked yet"))
_ELSEWHERE = Page()
_FILLED = Page(ZERO, uptodate=True)
"""What stands for the pages an input does not concern, and in memory with fault-around."""
_READS = frozenset({"read", "kvm-read", "vcpu-read"})


class Numbered(Generic[_Thing]):
    """Equal things have one number."""

    def __init__(self) -> None:
        self.things: list[_Thing] = []
        self._numbers: dict[_Thing, int] = {}

    def __call__(self, thing: _Thing) -> int:
        number = self._numbers.setdefault(thing, len(self.things))
        if number == len(self.things):
            self.things.append(thing)
        return number


_PAGES: Numbered[Page] = Numbered()
_RESTS: Numbered[State] = Numbered()
"""States without their pages."""
_SEEN: Numbered[Observation] = Numbered()


class _Concern(NamedTuple):
    """What the answer to an input depends on: some pages, and of the rest what matters.

    That is all pages where they influence each other.  Of a thread that sleeps on another page it
    matters only that it does.  ``around``: something may be read, in memory with fault-around; of
    other pages it matters then only whether they are there to be mapped.
    """

    rest: int
    pages: _Code
    around: bool = False


class _Answer(NamedTuple):
    """What an input does: to the pages that concern it, and to what is not of a page."""

    rest: int
    pages: _Code
    seen: Observation
    given: bool
    """False where the input may not be given."""
    around: bool
    """Whether a fault maps the other pages that are filled and not mapped."""


class Table:
    """States and inputs of one model in one world, by number; state 0 is the initial one.

    ``shapes[s]`` is equal for states, of any model, that differ in nothing but the registration;
    observations that are equal are one object.  What no input can tell is left out of states:
    whether memory was leaked, and which event it was that put a thread to sleep.

    The model is asked once for all states that are alike in the pages an input concerns, and in
    what is not of a page.
    """

    def __init__(self, model: Model, world: World, inputs: tuple[Input, ...]) -> None:
        self.model = model
        self.world = world
        self.inputs = inputs
        self.rows: list[list[_Step]] = []
        self.shapes: list[_Code] = []
        self.dead: list[bool] = []
        self.renamings = renamings(world)
        self._codes: list[_Code] = []
        self._numbers: dict[_Code, int] = {}
        self._answers: dict[_Code, _Answer] = {}
        self._concerns: dict[tuple[int, int], _Concern] = {}
        self._restored: dict[tuple[int, int, int | None], int] = {}
        self._images: dict[int, tuple[int, ...]] = {}
        self._renamed: tuple[dict[int, int], ...] = tuple({} for _ in self.renamings)
        self._renamed_pages: tuple[dict[int, int], ...] = tuple({} for _ in self.renamings)
        self._asked: dict[tuple[int, frozenset[str]], tuple[int, ...]] = {}
        first = model.initial(world)
        self._number((_RESTS(_told(first)), *map(_PAGES, first.pages)))

    def _number(self, code: _Code) -> int:
        number = self._numbers.get(code)
        if number is None:
            number = self._numbers[code] = len(self._codes)
            rest = _RESTS.things[code[0]]
            self._codes.append(code)
            self.rows.append([UNASKED] * len(self.inputs))
            self.shapes.append((_RESTS(rest._replace(flags=min(rest.flags, 1))), *code[1:]))
            self.dead.append(rest.dead != "")
        return number

    def rest(self, state: int) -> State:
        """A state without its pages."""
        return _RESTS.things[self._codes[state][0]]

    def state(self, state: int) -> State:
        rest, *pages = self._codes[state]
        return _RESTS.things[rest]._replace(pages=tuple(_PAGES.things[page] for page in pages))

    def page(self, state: int, page: int) -> int:
        """The number of what a page of a state is, the same for all models."""
        return self._codes[state][page + 1]

    def used(self, state: int) -> frozenset[str]:
        """The values that occur in a state."""
        rest, *pages = self._codes[state]
        return _values_of(rest).union(*map(_values_in, pages))

    def step(self, state: int, each: int) -> _Step:
        """Where input number ``each`` leads and what it shows; None where it may not be given."""
        row = self.rows[state]
        if row[each] is UNASKED:
            code = self._codes[state]
            concern = self._concern(code[0], each)
            if len(concern.pages) == 1:  # nearly always
                key: _Code = (concern.rest, each, code[concern.pages[0] + 1])
            else:
                key = (concern.rest, each, *[code[page + 1] for page in concern.pages])
            answer = self._answers.get(key)
            if answer is None:
                answer = self._answers[key] = self._answer(code, each, concern)
            row[each] = None
            if answer.given:
                rest = answer.rest
                if concern.rest != code[0]:
                    rest = self._awake_elsewhere(rest, code[0], self.inputs[each].page)
                after = [rest, *code[1:]]
                if answer.around:
                    after[1:] = map(_mapped_around, code[1:])
                for page, its in zip(concern.pages, answer.pages, strict=True):
                    after[page + 1] = its
                row[each] = (self._number(tuple(after)), answer.seen)
        return row[each]

    def _concern(self, rest: int, each: int) -> _Concern:
        found = self._concerns.get((rest, each))
        if found is None:
            asked, whole, reach = self.inputs[each], _RESTS.things[rest], self.model.reach
            every = tuple(range(len(self._codes[0]) - 1))
            waiting = [waits for waits in whole.threads if waits]
            if asked.page is None:
                pages = tuple(sorted({waits.page for waits in waiting}))
                if asked.op == "userfault" or (reach and asked.op == "unregister"):
                    pages = every
                found = _Concern(rest, pages)
            else:
                here = [waits for waits in waiting if waits.page == asked.page]
                reads = asked.op in _READS or any(waits.value is None for waits in here)
                away = tuple(_away(waits, asked.page) for waits in whole.threads)
                found = _Concern(
                    _RESTS(whole._replace(threads=away)),
                    every if reach == "any" or (reach and asked.alias) else (asked.page,),
                    reach == "reads" and reads and not asked.alias,
                )
            self._concerns[rest, each] = found
        return found

    def _answer(self, code: _Code, each: int, concern: _Concern) -> _Answer:
        elsewhere = _FILLED if concern.around else _ELSEWHERE
        pages = [elsewhere] * (len(code) - 1)
        for page in concern.pages:
            pages[page] = _PAGES.things[code[page + 1]]
        before = _RESTS.things[concern.rest]._replace(pages=tuple(pages))
        after, seen = self.model.step(before, self.inputs[each])
        changes = zip(pages, after.pages, strict=True)
        return _Answer(
            _RESTS(_told(after)),
            tuple(_PAGES(after.pages[page]) for page in concern.pages),
            _SEEN.things[_SEEN(seen)],
            not conflicting(after),
            any(page is _FILLED and its != _FILLED for page, its in changes),
        )

    def _awake_elsewhere(self, rest: int, before: int, page: int | None) -> int:
        """``rest``, with threads that sleep on other pages as they were."""
        key = (rest, before, page)
        found = self._restored.get(key)
        if found is None:
            after = _RESTS.things[rest]
            threads = tuple(
                was if was and was.page != page else its
                for was, its in zip(_RESTS.things[before].threads, after.threads, strict=True)
            )
            found = self._restored[key] = _RESTS(after._replace(threads=threads))
        return found

    def images(self, state: int) -> tuple[int, ...]:
        """What ``state`` is under each renaming of the world, by number."""
        found = self._images.get(state)
        if found is None:
            others = range(1, len(self.renamings))
            found = (state, *(self._number(self._image(self._codes[state], at)) for at in others))
            self._images[state] = found
        return found

    def _image(self, code: _Code, at: int) -> _Code:
        names, rests, pages = self.renamings[at], self._renamed[at], self._renamed_pages[at]
        if code[0] not in rests:
            rests[code[0]] = _RESTS(renamed_state(_RESTS.things[code[0]], names))
        image = [rests[code[0]], *code[1:]]
        for place, page in zip(names.pages, code[1:], strict=True):
            if page not in pages:
                pages[page] = _PAGES(renamed_page(_PAGES.things[page], names))
            image[place + 1] = pages[page]
        return tuple(image)

    def inputs_of(self, op: str) -> tuple[int, ...]:
        return tuple(at for at, each in enumerate(self.inputs) if each.op == op)

    def asked(self, idle: int, used: frozenset[str]) -> tuple[int, ...]:
        """The inputs that need asking where thread ``idle`` is the first that is free.

        Idle threads are interchangeable, and so are values that occur nowhere yet.
        """
        key = (idle, used)
        found = self._asked.get(key)
        if found is None:
            fresh = next((value for value in self.world.values if value not in used), None)
            found = self._asked[key] = tuple(
                at for at, each in enumerate(self.inputs) if _needed(each, idle, used, fresh)
            )
        return found


def _away(waits: Waiting | None, page: int) -> Waiting | None:
    """A sleeper on another page, whatever it waits for there."""
    if waits is None or waits.page == page:
        return waits
    return Waiting(int(page == 0), "read", None, "")


def _told(state: State) -> State:
    """What inputs can tell of a state, without its pages."""
    asleep = tuple(each and each._replace(event="") for each in state.threads)
    return state._replace(pages=(), threads=asleep, leaked=False)


@cache
def _mapped_around(page: int) -> int:
    its = _PAGES.things[page]
    return _PAGES(its._replace(pte=MAPPED)) if its.uptodate and not its.pte else page


@cache
def _values_of(rest: int) -> frozenset[str]:
    return frozenset(each.value for each in _RESTS.things[rest].threads if each and each.value)


@cache
def _values_in(page: int) -> frozenset[str]:
    return frozenset(_PAGES.things[page].content.split("/"))


def _needed(each: Input, idle: int, used: frozenset[str], fresh: str | None) -> bool:
    if each.thread is not None and each.thread != idle:
        return False
    return each.value is None or each.value == fresh or each.value in used


def common_inputs(models: Iterable[Model], world: World) -> tuple[Input, ...]:
    """The inputs that can be given to every one of ``models``, in the order of the first."""
    first, *others = (model.alphabet(world) for model in models)
    common = set(first).intersection(*others)
    return tuple(each for each in first if each in common)


@lru_cache(maxsize=256)
def table(model: Model, world: World, inputs: tuple[Input, ...]) -> Table:
    """The table of ``model`` in ``world``; asked again, the one there is."""
    return Table(model, world, inputs)
