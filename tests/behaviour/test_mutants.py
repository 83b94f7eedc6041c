# SPDX-License-Identifier: GPL-2.0-or-later
"""Break a rule, and something notices: a suite of the intact model, or its race search.

A mutant is held against the suites of the intact models as a wrong kernel would be; what it does is
also compared state by state, since not everything a kernel gets wrong can be seen at once (a lost
reference, a folio left in the cache).  Locks and preemption points only matter to races.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest

from refmodel.model import Revision
from refmodel.vocabulary import Observation
from refmodel.world import State, World
from reviewtool.behaviour.explore import trace
from reviewtool.behaviour.models import load as intact
from reviewtool.behaviour.races import races
from reviewtool.behaviour.suites import Case, complete, random_walks, scenarios
from tests.behaviour.mutation import Mutant, load, mutants

BIG = World(pages=2, threads=2, past_eof=True)
USERFAULT = World(pages=2, past_eof=True, userfault=True)

HELD_BY: dict[str, tuple[str, ...]] = {
    "refmodel.userfaultfd": (
        "rfc_missing",
        "v3_minor_noalloc",
        "m2_do_userfault",
        "rfc_pagecache_folio",
        "write_v3",
        "shmem",
        "v2_minor_posted",
    ),
    "refmodel.filemap": ("rfc_missing", "v3_minor_noalloc", "shmem", "write_v3"),
    "refmodel.memory": ("rfc_missing", "v3_minor_noalloc", "shmem"),
    "refmodel.kvm": ("kvm_userfault_v3", "rfc_missing", "write_v3", "userfault_m2_write_v7"),
    "refmodel.uffd_ops": ("m2_do_userfault",),
    "refmodel.revisions.rfc_pagecache_folio": ("rfc_pagecache_folio", "v3_minor_noalloc"),
    **{
        f"refmodel.revisions.{name}": (name,)
        for name in (
            "rfc_missing",
            "v2_minor_posted",
            "v3_can_userfault",
            "v3_minor_noalloc",
            "mrfc_fault_codes",
            "m2_do_userfault",
            "p3_missing_by_write",
            "feature_minor_all",
            "write_v4",
            "write_v7",
            "kvm_userfault_v3",
        )
    },
}
"""Which models' suites a mutant of a module is held against."""

RACES = ("read u0 p0; read u0 p0", "pwrite p0 B", "continue p0", "punch p0", "vcpu-read p0")

EXPLAINED = {
    # Memory never runs out in this world, so what happens when it does is never reached.
    "condition turned round: isinstance(folio, int)": "unreachable",
    "returns 0 instead of -EFAULT": "memory never runs out",
    # Guards against mistakes of a revision; no revision makes them.
    "and/or: self.invalidate_lock and any((folio.locked for folio in self.folios))": "guard",
    "and/or: vmf.folio is None and (not vmf.folio.locked)": "guard",
    # `raised` is set by every path that asks for it.
    "dropped: self.raised = ''": "equivalent",
    "and/or: ret & VM_FAULT_RETRY or self.raised or vma.ptes[pgoff] != MAPPED": "equivalent",
    "dropped: k.filemap_remove_folio(pgoff, folio)": "COPY does not fail after filling",
    # Never false where it is asked, or followed by a return of the same.
    "and/or: 'can_userfault' in k.uffd_ops or getattr(k, k.uffd_ops['can_userfault'])"
    "(vma, vm_flags)": "equivalent",
    "condition turned round: not k.vma_is_shmem()": "equivalent",
    # The allocating hooks fail in no way at all.
    "condition turned round: folio == -ENOENT": "equivalent",
    # The same schedules are reached at the locks taken before and after.
    "dropped: self.preempt('the fault handler has the folio, not mapped yet')": "redundant",
    "dropped: self.preempt('PUNCH_HOLE has unmapped stage-2, the folio is still cached')": (
        "redundant"
    ),
    # Without swap no entry is mapped whose page left the cache.
    "dropped: self.filemap_remove_folio(pgoff, folio)": "COPY does not fail after filling",
    "dropped: self.folio_put(folio)": "COPY does not fail after filling",
}

SAMPLE = 3
"""Every third mutant of each module is tried, to keep the run short."""


def sample() -> list[Mutant]:
    return [each for module in HELD_BY for each in list(mutants(module))[::SAMPLE]]


@cache
def cases(name: str) -> tuple[tuple[World, Case, tuple[State, ...]], ...]:
    model = intact(name)
    suites = [scenarios(model, BIG), random_walks(model, BIG, seed=3, walks=15)]
    suites.append(complete(model, World(values=("A",))))
    if "userfault" in name:
        suites.append(random_walks(model, USERFAULT, seed=4, walks=20))
    return tuple(
        (suite.world, case, trace(model, suite.world, case.inputs).states)
        for suite in suites
        for case in suite.cases
    )


@cache
def race_findings(name: str) -> frozenset[str]:
    return _findings(intact(name))


def _findings(model: Revision) -> frozenset[str]:
    found = races(model, operations=RACES, setups=("", "fallocate p0")).races
    return frozenset(
        f"{race.finding.partition(':')[0]} {[each[0].op for each in race.operations]}"
        for race in found
    )


class Hang(Exception):  # noqa: N818 - what it is
    """A mutant that never answers."""


@contextmanager
def processor_time(seconds: float) -> Iterator[None]:
    def hang(signum: int, frame: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGVTALRM, hang)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def differs(model: Revision, name: str) -> bool:
    for world, case, states in cases(name):
        state = model.initial(world)
        for each, expected, after in zip(case.inputs, case.expected, states[1:], strict=True):
            state, seen = model.step(state, each)
            if seen != expected or state != after:
                return True
    return False


def noticed(mutant: Mutant) -> bool:
    names = HELD_BY[mutant.module]
    try:
        with processor_time(10):
            models = load(mutant, names)
            if any(differs(models[name], name) for name in names):
                return True
            return any(_findings(models[name]) != race_findings(name) for name in names[:2])
    except (Hang, AssertionError, AttributeError, KeyError, TypeError, ValueError, IndexError):
        return True  # it does not even run


def test_at_least_95_in_a_hundred_broken_rules_are_noticed() -> None:
    for names in HELD_BY.values():
        for name in names:
            assert not differs(intact(name), name), "the intact model passes its own suites"
    tried = sample()
    assert len(tried) >= 100
    survivors = [each for each in tried if not noticed(each)]
    explained = [each for each in survivors if each.change in EXPLAINED]
    unexplained = [str(each) for each in survivors if each.change not in EXPLAINED]
    assert len(unexplained) <= 0.05 * (len(tried) - len(explained)), unexplained
    assert len(explained) <= 0.1 * len(tried), [str(each) for each in explained]


ISSUE_BREAKAGES = [
    ("refmodel.revisions.rfc_missing", "kvm_gmem_fault", "condition turned round: folio is None"),
    ("refmodel.revisions.rfc_missing", "vma_can_userfault", "condition turned round"),
    ("refmodel.revisions.rfc_missing", "mfill_atomic_pte_continue", "condition turned round"),
    ("refmodel.revisions.rfc_pagecache_folio", "vma_can_userfault", "comparison"),
    ("refmodel.revisions.rfc_pagecache_folio", "vma_can_mfill_atomic", "condition turned round"),
    ("refmodel.revisions.rfc_pagecache_folio", "mfill_atomic_pte_continue", "comparison"),
    ("refmodel.revisions.v3_minor_noalloc", "_do_fault", "condition turned round"),
    ("refmodel.revisions.v3_minor_noalloc", "kvm_gmem_fault_user_mapping", "and/or"),
    ("refmodel.revisions.v3_minor_noalloc", "kvm_gmem_get_folio_noalloc", "dropped: k.clear"),
    ("refmodel.revisions.v3_minor_noalloc", "kvm_gmem_get_folio_noalloc", "dropped: k.kvm_gmem_m"),
    ("refmodel.kvm", "kvm_gmem_allocate", "returns 0 instead of -EINVAL"),
    ("refmodel.kvm", "kvm_kmem_gmem_write", "dropped: self.kvm_gmem_mark_prepared"),
    ("refmodel.userfaultfd", "userfaultfd_unregister", "dropped: self.wake_userfault"),
    ("refmodel.userfaultfd", "mfill_atomic_install_pte", "returns 0 instead of -EEXIST"),
]


@pytest.mark.parametrize(("module", "function", "change"), ISSUE_BREAKAGES)
def test_a_broken_rule_changes_an_answer(module: str, function: str, change: str) -> None:
    """Seen in answers alone, as a kernel would show it, and by a sequence that can be printed."""
    mutant = next(
        each
        for each in mutants(module)
        if each.function == function and each.change.startswith(change)
    )
    names = [name for name in HELD_BY[module] if name in ("rfc_missing", "v3_minor_noalloc")]
    models = load(mutant, tuple(names))
    witnesses = [
        (name, case.inputs)
        for name in names
        for world, case, _ in cases(name)
        if _answers(models[name], world, case) != case.expected
    ]
    assert witnesses
    assert min(len(inputs) for _, inputs in witnesses) <= 6


def _answers(model: Revision, world: World, case: Case) -> tuple[Observation, ...]:
    try:
        return trace(model, world, case.inputs).observations
    except (AssertionError, AttributeError, TypeError):
        return ()  # the broken model does not even answer
