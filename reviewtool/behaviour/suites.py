# SPDX-License-Identifier: GPL-2.0-or-later
"""Conformance suites: sequences to hold a kernel against a model with.

The complete suite is one by the H method, which is the W, Wp and HSI methods' with fewer words: a
kernel that passes it behaves as the model does in that world, provided it has at most ``extra``
states more than the model's minimal machine and is deterministic.
"""

import random
from dataclasses import dataclass

from refmodel.model import Model, conflicting
from refmodel.vocabulary import Input, Observation, parse
from refmodel.world import State, World
from reviewtool.behaviour.compare import BehaviourDiff
from reviewtool.behaviour.explore import Machine, explore
from reviewtool.behaviour.identify import alive, complete_words, fatal, ways
from reviewtool.behaviour.minimal import Word, minimise
from reviewtool.behaviour.scenarios import RACES, SCENARIOS
from reviewtool.behaviour.stopped import answers, settled
from reviewtool.progress import SILENT, Progress

OOPS = "oops"
STOPPABLE = "kvm_kmem_gmem_write"
"""The write() of March 2025, which copies into a page others can get at."""


@dataclass(frozen=True, slots=True)
class Case:
    """One sequence, what the model answers, and why it is asked.  ``lethal``: ends in an oops.

    ``leaks``: the model says that memory is lost. Of a suite of many thousands, ``part`` is what a
    case has in common with those it is told with.
    """

    inputs: Word
    expected: tuple[Observation, ...]
    reason: str
    lethal: bool = False
    leaks: bool = False
    part: Word | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """``name`` is one word, ``claim`` what passing means, ``left_out`` what was not included.

    ``states`` are those of the machine a complete suite was made from; 0 for other suites.
    ``last``: so many that they are only worth running where everything else agrees.
    """

    name: str
    claim: str
    world: World
    cases: tuple[Case, ...]
    left_out: str = ""
    states: int = 0
    last: bool = False

    @property
    def steps(self) -> int:
        return sum(len(case.inputs) for case in self.cases)


def complete(
    model: Model,
    world: World,
    extra: int = 0,
    progress: Progress = SILENT,
    limit: int | None = None,
) -> Suite:
    """The H suite of ``model`` in ``world``, complete for ``extra`` states more.

    Each way to crash costs a kernel. A suite for more states takes each step that crashes it once
    in each state, after one sequence that leads there; that for none only takes a shortest of those
    that crash it in the same way. What else would end so is left out, and said to be.
    Raises ValueError if ``limit`` states do not hold the machine.
    """
    machine = explore(model, world, limit, progress)
    minimal = minimise(machine)
    living = alive(minimal)
    access = set(ways(minimal).values())
    reason = "every transition, and where it leads"
    cases, crashes = [], 0
    lethal: dict[tuple[Word | str, Input], Case] = {}
    for word in complete_words(minimal, machine.inputs, extra):
        expected = minimal.run(0, word)
        assert expected is not None  # noqa: S101 - a suite's words may be given
        start = _start(word, access)
        last = _last(machine, word)
        if not fatal(expected[-1]):
            cases.append(Case(word, expected, reason, leaks=last.leaked, part=start))
            continue
        crashes += 1
        way = word[:-1] if extra else last.dead
        before = lethal.get((way, word[-1]))
        if word[:-1] in access if extra else before is None or len(word) < len(before.inputs):
            lethal[way, word[-1]] = Case(word, expected, reason, lethal=True, part=start)
    dropped = crashes - len(lethal)
    but = f", but for {dropped} sequences that crash it" if dropped else ""
    states = "one state" if extra == 1 else f"{extra} states"
    more = f"at most {states} more than" if extra else "no more states than"
    return Suite(
        f"complete{extra}",
        f"equivalent in the world of {world}{but}, if the kernel, reduced to what can be observed, "
        f"has {more} the model's {len(living)}",
        world,
        (*cases, *lethal.values()),
        f"{dropped} sequences that crash the kernel "
        + ("by a step taken in the same state before" if extra else "in a way another one does")
        if dropped
        else "",
        len(living),
        extra > 0,
    )


def _last(machine: Machine, word: Word) -> State:
    """The model's state after ``word``."""
    state = 0
    for each in word:
        state = machine.rows[state][each].target
    return machine.states[state]


def _start(word: Word, access: set[Word]) -> Word:
    """The longest beginning of ``word`` that is one of ``access``, which has all of theirs."""
    length = 0
    while length < len(word) and word[: length + 1] in access:
        length += 1
    return word[:length]


def _case(model: Model, world: World, word: Word, reason: str) -> Case:
    state = model.initial(world)
    expected: list[Observation] = []
    for each in word:
        target, seen = model.step(state, each)
        if conflicting(target):
            break
        state = target
        expected.append(seen)
        if seen.result == OOPS:
            return Case(word[: len(expected)], tuple(expected), reason, lethal=True)
    return Case(word[: len(expected)], tuple(expected), reason, leaks=state.leaked)


def scenarios(model: Model, world: World) -> Suite:
    """The named scenarios, each with its reason.  ``world`` needs 2 pages, 2 threads, past_eof."""
    cases = tuple(_case(model, world, parse(text), reason) for reason, text in SCENARIOS)
    return Suite("scenarios", "the situations reviewers argued about", world, cases)


def stopped_writes(model: Model, world: World) -> Suite:
    """write() stopped half way while others use the page; the same ``world`` as for scenarios.

    Without cases where write() is none of copy_from_user() into the page: where it reads its source
    first (fault_in_iov_iter_readable()), or is not offered, nothing can be stopped half way.
    """
    stoppable = getattr(getattr(model, "kernel", None), "gmem_write", "") == STOPPABLE
    cases = []
    for reason, text in RACES if stoppable else ():
        word = parse(text)
        if settled(model, world, word):
            expected = answers(model, world, word)
            lethal = expected[-1].result == OOPS
            cases.append(Case(word[: len(expected)], expected, reason, lethal))
    return Suite("races", "write() stopped half way while others go on", world, tuple(cases))


def distinguishing(model: Model, diff: BehaviourDiff) -> Suite:
    """Every witness of a semantic diff, as cases of one of its two models."""
    cases = [_case(model, diff.world, each.inputs, each.cause) for each in diff.differences]
    return Suite(
        "distinguishing",
        f"where {diff.a} and {diff.b} differ, this is {model.name}",
        diff.world,
        tuple(cases),
    )


def random_walks(
    model: Model, world: World, seed: int, walks: int = 100, length: int = 40
) -> Suite:
    """``walks`` random sequences of ``length`` inputs that crash nothing, from a printed seed."""
    source = random.Random(seed)  # noqa: S311 - repeatable walks, no secret
    inputs = model.alphabet(world)
    cases = []
    for number in range(walks):
        word: list[Input] = []
        state = model.initial(world)
        while len(word) < length:
            each = source.choice(inputs)
            target, seen = model.step(state, each)
            if seen.result == OOPS or conflicting(target):
                continue
            word.append(each)
            state = target
        cases.append(_case(model, world, tuple(word), f"random walk {number} of seed {seed}"))
    return Suite("random", f"random walks, seed {seed}", world, tuple(cases))
