# SPDX-License-Identifier: GPL-2.0-or-later
"""A model: a kernel of one revision as an explicit transition system."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from refmodel.core import Rule
from refmodel.inputs import WRITES, perform
from refmodel.kvm import GuestMemfd
from refmodel.vocabulary import MODES, Input, Observation, VocabularyError, observation
from refmodel.world import Oops, State, World


class Model(Protocol):
    """What explorations, comparisons and suites need of a model."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def hooks(self) -> frozenset[str]: ...
    @property
    def rules(self) -> tuple[Rule, ...]: ...
    @property
    def page_local(self) -> bool: ...
    def initial(self, world: World) -> State: ...
    def step(self, state: State, each: Input) -> tuple[State, Observation]: ...
    def alphabet(self, world: World) -> tuple[Input, ...]: ...
    def __hash__(self) -> int: ...


def patch(
    base: type[GuestMemfd], *functions: Callable[..., Any], **tables: object
) -> type[GuestMemfd]:
    """A kernel with ``functions`` in place of the base's of the same name, as a patch leaves it.

    ``tables`` replace class attributes: ops tables (``vm_ops``, ``uffd_ops``) and names.
    """
    members: dict[str, object] = {each.__name__: each for each in functions}
    return cast("type[GuestMemfd]", type("PatchedKernel", (base,), members | tables))


@dataclass(frozen=True, slots=True)
class Revision:
    """The model of one revision.

    ``hooks`` are the ops-struct slots and functions of the revision, by the names its patches give
    them; they are paired with what the interface extractor finds in the patches.
    """

    name: str
    title: str
    kernel: type[GuestMemfd]
    hooks: frozenset[str] = frozenset()
    covers: tuple[str, ...] = ()
    """Message-ids of the postings it models: of the cover letter, or of the only patch."""
    variant: str = ""
    """'' for the posting as posted, else what is changed of it (``repaired``, ``as meant``)."""
    page_local: bool = True
    """No page's content or mapping influences another's (false for huge folios)."""
    rules: tuple[Rule, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", tuple(_rules(self.kernel)))

    def initial(self, world: World) -> State:
        return world.initial()

    def step(self, state: State, each: Input) -> tuple[State, Observation]:
        """One input.  Raises VocabularyError for a page or thread the world does not have."""
        if state.dead:
            return state, DEAD
        if each.page is not None and each.page >= len(state.pages):
            raise VocabularyError(
                f"there is no page p{each.page}",
                str(each),
                f"use p0 to p{len(state.pages) - 1}, or a world with more pages",
            )
        if each.thread is not None and each.thread >= len(state.threads) - 1:
            raise VocabularyError(
                f"there is no thread u{each.thread}",
                str(each),
                f"use u0 to u{len(state.threads) - 2}, or a world with more threads",
            )
        kernel = self.kernel(state)
        try:
            result = perform(kernel, each)
            after = kernel.freeze()
        except Oops as oops:
            return state._replace(dead=str(oops)), OOPS
        if kernel.effects:
            return after, observation(result, *kernel.effects)
        return after, Observation(result)

    def alphabet(self, world: World) -> tuple[Input, ...]:
        """Every input of ``world`` that there is a way to give, in a fixed order."""
        if self.kernel.memory == "anonymous":
            return tuple(each for each in alphabet(world) if _without_file(each, world))
        return alphabet(world)


DEAD = Observation("dead")
OOPS = Observation("oops")


def _rules(kernel: type[GuestMemfd]) -> Iterator[Rule]:
    """The rules in force, from the revision's own functions down to the base's."""
    seen: set[str] = set()
    for layer in kernel.__mro__:
        for name, function in vars(layer).items():
            if name not in seen:
                seen.add(name)
                found = getattr(function, "rule", None)
                if isinstance(found, Rule):
                    yield found


def alphabet(world: World) -> tuple[Input, ...]:
    """All inputs ``world`` allows: registration, then file, userfaultfd, accesses, KVM."""
    inputs = [Input("register", word=mode) for mode in MODES] + [Input("unregister")]
    pages = range(world.pages + world.past_eof) if world.focus is None else (world.focus,)
    for page in pages:
        inputs += _page_inputs(world, page)
    if world.userfault:
        inputs += [Input("userfault", word=switch) for switch in ("on", "off")]
    return tuple(inputs)


_OF_FILES = frozenset({"pread", *WRITES, "fallocate", "punch"})


def _without_file(each: Input, world: World) -> bool:
    inside = each.page is None or each.page < world.pages
    return inside and not each.alias and each.op not in _OF_FILES


def _page_inputs(world: World, page: int) -> Iterator[Input]:
    inside = page < world.pages
    for thread in range(world.threads):
        for alias in (False, True) if world.alias else (False,):
            yield Input("read", page, thread=thread, alias=alias)
            for value in world.values:
                yield Input("write", page, value, thread=thread, alias=alias)
    yield Input("pread", page)
    for value in world.values:
        yield Input("pwrite", page, value)
        yield Input("copy", page, value)
        if world.short_writes:
            yield Input("pwrite-short", page, value)
            yield Input("pwrite-half", page, value)
    if world.short_writes:
        yield Input("pwrite-fault", page)
    for op in ("zeropage", "continue", "poison", "wake", "dontneed", "fallocate", "punch"):
        yield Input(op, page)
    yield Input("writeprotect", page, word="on")
    if not inside:
        return  # no memslot reaches there
    if world.kvm:
        yield Input("kvm-read", page)
    if world.vcpus:
        yield Input("vcpu-read", page)
        for value in world.values:
            yield Input("vcpu-write", page, value)
    if world.userfault:
        yield Input("bitmap", page, word="set")
        yield Input("bitmap", page, word="clear")


def conflicting(state: State) -> bool:
    """Whether threads wait whose order of running, once woken, would decide what is read.

    No input may lead to such a state: the machine would not be deterministic.
    """
    waiting = [each for each in state.threads if each is not None]
    return any(
        a.page == b.page and a.value != b.value and (a.value is not None or b.value is not None)
        for index, a in enumerate(waiting)
        for b in waiting[index + 1 :]
    )
