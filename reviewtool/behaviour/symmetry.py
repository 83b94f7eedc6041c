# SPDX-License-Identifier: GPL-2.0-or-later
"""Renaming threads, values and pages: states that differ in nothing but names behave alike.

User threads are interchangeable, and so are the values written.  Pages are, too, where all of them
are acted upon; KVM's own thread and the page past the end of the file stay what they are.
"""

from dataclasses import dataclass, replace
from itertools import permutations

from refmodel.vocabulary import Input, Observation, observation
from refmodel.world import Page, State, Waiting, World


@dataclass(frozen=True, slots=True)
class Renaming:
    """``threads[t]`` is the new name of thread t, ``pages[p]`` of page p, ``values`` of a value."""

    threads: tuple[int, ...]
    pages: tuple[int, ...]
    values: tuple[tuple[str, str], ...]

    def value(self, value: str) -> str:
        return next((new for old, new in self.values if old == value), value)

    def content(self, content: str) -> str:
        return "/".join(map(self.value, content.split("/"))) if content else content

    def after(self, first: "Renaming") -> "Renaming":
        """This renaming of what ``first`` has renamed."""
        return Renaming(
            tuple(self.threads[each] for each in first.threads),
            tuple(self.pages[each] for each in first.pages),
            tuple((old, self.value(new)) for old, new in first.values),
        )

    def backwards(self) -> "Renaming":
        return Renaming(
            _inverse(self.threads),
            _inverse(self.pages),
            tuple(sorted((new, old) for old, new in self.values)),
        )


def _inverse(permutation: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(len(permutation)), key=permutation.__getitem__))


def renamings(world: World) -> tuple[Renaming, ...]:
    """Every renaming ``world`` allows; the first changes nothing."""
    last = (world.pages,) if world.past_eof else ()
    pages = tuple(range(world.pages))
    all_pages = [pages] if world.focus is not None else list(permutations(pages))
    return tuple(
        Renaming(
            (*threads, world.threads),
            (*order, *last),
            tuple(zip(world.values, values, strict=True)),
        )
        for threads in permutations(range(world.threads))
        for order in all_pages
        for values in permutations(world.values)
    )


def renamed_page(page: Page, names: Renaming) -> Page:
    """What ``page`` holds under other names."""
    return page._replace(content=names.content(page.content))


def renamed_state(state: State, names: Renaming) -> State:
    """``state`` under other names."""
    pages: list[Page] = list(state.pages)
    for index, page in enumerate(state.pages):
        pages[names.pages[index]] = renamed_page(page, names)
    threads: list[Waiting | None] = list(state.threads)
    for index, waiting in enumerate(state.threads):
        threads[names.threads[index]] = waiting and waiting._replace(
            page=names.pages[waiting.page],
            value=waiting.value and names.value(waiting.value),
        )
    return state._replace(pages=tuple(pages), threads=tuple(threads))


def renamed_input(each: Input, names: Renaming) -> Input:
    """``each`` under other names."""
    return replace(
        each,
        page=None if each.page is None else names.pages[each.page],
        thread=None if each.thread is None else names.threads[each.thread],
        value=each.value and names.value(each.value),
    )


def renamed_observation(seen: Observation, names: Renaming) -> Observation:
    """``seen`` under other names."""
    result, *effects = (_renamed_text(text, names) for text in (seen.result, *seen.effects))
    return observation(result, *effects)


def _renamed_text(text: str, names: Renaming) -> str:
    words = []
    for word in text.split():
        if word[0] in "pu" and word[1:].isdecimal():
            of = names.pages if word[0] == "p" else names.threads
            words.append(f"{word[0]}{of[int(word[1:])]}")
        else:
            words.append(names.value(word))
    return " ".join(words)


def in_order(inputs: tuple[Input, ...], world: World) -> tuple[Input, ...]:
    """The same sequence with names given as they come: u0 before u1, p0 before p1, A before B."""
    used = [each for each in inputs if each.page is None or each.page < world.pages]
    names = Renaming(
        (*_first_come([each.thread for each in inputs], world.threads), world.threads),
        (
            *(
                range(world.pages)
                if world.focus is not None
                else _first_come([each.page for each in used], world.pages)
            ),
            *((world.pages,) if world.past_eof else ()),
        ),
        tuple(
            (world.values[old], world.values[new])
            for old, new in enumerate(
                _first_come(
                    [world.values.index(each.value) for each in inputs if each.value],
                    len(world.values),
                )
            )
        ),
    )
    return tuple(renamed_input(each, names) for each in inputs)


def _first_come(used: "list[int | None] | list[int]", number: int) -> tuple[int, ...]:
    """New numbers: those used in the order of their first use, then the others."""
    order = list(dict.fromkeys([*(each for each in used if each is not None), *range(number)]))
    return tuple(order.index(each) for each in range(number))
