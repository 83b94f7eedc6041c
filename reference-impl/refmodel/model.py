# SPDX-License-Identifier: GPL-2.0-or-later
"""A model: a kernel of one revision as an explicit transition system."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from types import ModuleType

from refmodel.core import Rule
from refmodel.inputs import WRITES, perform
from refmodel.kvm import GuestMemfd
from refmodel.vocabulary import MODES, Input, Observation, VocabularyError, observation
from refmodel.world import Oops, State, World


@dataclass(frozen=True, slots=True)
class Revision:
    """The model of one revision."""

    kernel: type[GuestMemfd]
    name: str
    title: str = ""
    covers: tuple[str, ...] = ()
    variant: str = ""
    reach: str = ""

    @property
    def hooks(self) -> frozenset[str]:
        """Slots of ops structs and names its layers add, to pair with what an extractor finds."""
        kernel = self.kernel
        added = " ".join(str(vars(layer).get("names", "")) for layer in kernel.__mro__)
        return frozenset((*kernel.vm_ops, *kernel.uffd_ops, *kernel.a_ops, *added.split()))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in force, from the revision's own functions down to the base's."""
        functions: dict[str, object] = {}
        for layer in self.kernel.__mro__:
            for name, function in vars(layer).items():
                functions.setdefault(name, function)
        found = (getattr(function, "rule", None) for function in functions.values())
        return tuple(each for each in found if isinstance(each, Rule))

    @property
    def page_local(self) -> bool:
        """No page's content or mapping influences another's."""
        return not self.reach

    def initial(self, world: World) -> State:
        return world.initial()

    def step(self, state: State, each: Input) -> tuple[State, Observation]:
        """One input.  Raises VocabularyError for a page or thread the world does not have."""
        if state.dead:
            return state, DEAD
        if each.page is not None and each.page >= len(state.pages):
            raise _lacking("page", f"p{each.page}", f"p{len(state.pages) - 1}", each)
        if each.thread is not None and each.thread >= len(state.threads) - 1:
            raise _lacking("thread", f"u{each.thread}", f"u{len(state.threads) - 2}", each)
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


def revision(module: ModuleType) -> Revision:
    """The model a module is: its class Kernel, titled as the module's docstring begins."""
    kernel: type[GuestMemfd] = module.Kernel
    name = module.__name__.rpartition(".")[2]
    title = (module.__doc__ or "").partition("\n")[0]
    own = vars(kernel)  # what the predecessor is a model of is its own
    covers, variant = own.get("covers", ()), own.get("variant", "")
    return Revision(kernel, name, title, covers, variant, kernel.reach)


DEAD = Observation("dead")
OOPS = Observation("oops")


def _lacking(what: str, wanted: str, last: str, each: Input) -> VocabularyError:
    remedy = f"use {last[0]}0 to {last}, or a world with more {what}s"
    return VocabularyError(f"there is no {what} {wanted}", str(each), remedy)


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
    if page >= world.pages:
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
    return any(a.page == b.page and a.value != b.value for a, b in combinations(waiting, 2))


Model = Revision
"""What explorations, comparisons and suites need of a model: its step, alphabet and hooks."""
