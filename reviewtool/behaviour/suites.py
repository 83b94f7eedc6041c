# SPDX-License-Identifier: GPL-2.0-or-later
"""Conformance suites: sequences to hold a kernel against a model with.

The complete suite is one by the HSI method, which is the W and Wp methods' with fewer words: a
kernel that passes it behaves as the model does in that world, provided it has at most ``extra``
states more than the model's minimal machine and is deterministic.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass

from refmodel.model import Model, conflicting
from refmodel.vocabulary import Input, Observation, parse
from refmodel.world import World
from reviewtool.behaviour.compare import BehaviourDiff
from reviewtool.behaviour.explore import explore, trace
from reviewtool.behaviour.identify import alive, complete_words, maximal
from reviewtool.behaviour.minimal import Word, minimise
from reviewtool.behaviour.scenarios import RACES, SCENARIOS
from reviewtool.behaviour.stopped import answers, settled
from reviewtool.progress import SILENT, Progress

OOPS = "oops"
STOPPABLE = "kvm_kmem_gmem_write"
"""The write() of March 2025, which copies into a page others can get at."""


@dataclass(frozen=True, slots=True)
class Case:
    """One sequence, what the model answers, and why it is asked.  ``lethal``: ends in an oops."""

    inputs: Word
    expected: tuple[Observation, ...]
    reason: str
    lethal: bool = False


@dataclass(frozen=True, slots=True)
class Suite:
    """``name`` is one word, ``claim`` what passing means, ``left_out`` what was not included.

    ``states`` are those of the machine a complete suite was made from; 0 for other suites.
    """

    name: str
    claim: str
    world: World
    cases: tuple[Case, ...]
    left_out: str = ""
    states: int = 0

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
    """The HSI suite of ``model`` in ``world``, complete for ``extra`` states more.

    Of the sequences that end in the same way to crash, only a shortest runs: each costs a kernel.
    Raises ValueError if ``limit`` states do not hold the machine.
    """
    machine = explore(model, world, limit, progress)
    minimal = minimise(machine)
    words = maximal(complete_words(minimal, machine.inputs, extra))
    cases, dropped = _cases(model, world, words, "every transition, and where it leads")
    more = f"at most {extra} states more than" if extra else "no more states than"
    return Suite(
        f"complete{extra}",
        f"equivalent in the world of {world}, if the kernel, reduced to what can be observed, has "
        f"{more} the model's {len(alive(minimal))}",
        world,
        cases,
        f"{dropped} sequences that crash the kernel in a way another one does" if dropped else "",
        len(alive(minimal)),
    )


def _cases(
    model: Model, world: World, words: Iterable[Word], reason: str
) -> tuple[tuple[Case, ...], int]:
    """Cases of ``words``, cut where the kernel dies or an input may not be given.

    Also returns how many were left out because another shows the same crash.
    """
    cases: dict[Word, Case] = {}
    lethal: dict[tuple[str, str], Case] = {}
    crashes = 0
    for word in words:
        case, death = _case(model, world, word, reason)
        if death is None:
            cases.setdefault(case.inputs, case)
            continue
        crashes += 1
        before = lethal.get(death)
        if before is None or len(case.inputs) < len(before.inputs):
            lethal[death] = case
    kept = tuple(maximal(cases))
    return (*(cases[word] for word in kept), *lethal.values()), crashes - len(lethal)


def _case(
    model: Model, world: World, word: Word, reason: str
) -> tuple[Case, tuple[str, str] | None]:
    state = model.initial(world)
    expected: list[Observation] = []
    for each in word:
        target, seen = model.step(state, each)
        if conflicting(target):
            break
        state = target
        expected.append(seen)
        if seen.result == OOPS:
            inputs = word[: len(expected)]
            return Case(inputs, tuple(expected), reason, lethal=True), (each.op, state.dead)
    return Case(word[: len(expected)], tuple(expected), reason), None


def scenarios(model: Model, world: World) -> Suite:
    """The named scenarios, each with its reason.  ``world`` needs 2 pages, 2 threads, past_eof."""
    cases = []
    for reason, text in SCENARIOS:
        case, _ = _case(model, world, parse(text), reason)
        cases.append(case)
    return Suite("scenarios", "the situations reviewers argued about", world, tuple(cases))


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
    cases = []
    for each in diff.differences:
        case, _ = _case(model, diff.world, each.inputs, each.cause)
        cases.append(case)
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
        expected = trace(model, world, tuple(word)).observations
        cases.append(Case(tuple(word), expected, f"random walk {number} of seed {seed}"))
    return Suite("random", f"random walks, seed {seed}", world, tuple(cases))
