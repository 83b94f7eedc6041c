# SPDX-License-Identifier: GPL-2.0-or-later
"""Break a rule, and something notices: a suite of the intact model, or its race search.

A mutant is held against the suites of the intact models as a wrong kernel would be; what it does is
also compared state by state, since not everything a kernel gets wrong can be seen at once (a lost
reference, a folio left in the cache).  Locks and preemption points only matter to races.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

import refmodel
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

SHORT = World(pages=1, past_eof=True, short_writes=True)

HELD_BY: dict[str, tuple[str, ...]] = {
    "refmodel.userfaultfd": (
        "rfc_missing",
        "v3_minor_noalloc",
        "m2_do_userfault",
        "rfc_pagecache_folio",
        "anonymous",
        "shmem",
        "v2_minor_posted",
    ),
    "refmodel.filemap": (
        "rfc_missing",
        "v3_minor_noalloc",
        "write_v4",
        "write_v7",
        "direct_map_m2_write_v7",
        "v2_minor_posted",
        "shmem",
    ),
    "refmodel.memory": ("rfc_missing", "v3_minor_noalloc", "anonymous", "shmem"),
    "refmodel.inputs": (
        "rfc_missing",
        "kvm_userfault_v3",
        "write_v7",
        "base",
        "v3_can_userfault",
        "m2_do_userfault",
    ),
    "refmodel.kvm": (
        "kvm_userfault_v3",
        "rfc_missing",
        "write_v3",
        "userfault_m2_write_v7",
        "write_v4",
        "kvm_userfault_v3_acquire",
        "base",
        "v2_minor_posted",
    ),
    "refmodel.revisions.rfc_pagecache_folio": ("rfc_pagecache_folio", "v3_minor_noalloc"),
    "refmodel.revisions.p_draft_minor": ("p_draft_minor", "p3_missing_by_write"),
    "refmodel.revisions.v2_minor_posted": ("v2_minor_posted", "v2_minor_meant"),
    "refmodel.revisions.v3_can_userfault_posted": ("v3_can_userfault_posted", "v3_can_userfault"),
    "refmodel.revisions.huge_minor": ("huge_minor", "huge_supported_orders"),
    "refmodel.revisions.huge_missing": ("huge_missing", "huge_minor"),
    "refmodel.revisions.kvm_userfault_v2": ("kvm_userfault_v2", "kvm_userfault_v3"),
    "refmodel.revisions.mrfc_fault_codes": ("mrfc_fault_codes", "m2_do_userfault"),
    "refmodel.revisions.shmem": ("shmem", "hugetlb"),
    "refmodel.revisions.v1_shared_folio": ("v1_shared_folio", "v3_minor_noalloc"),
    **{
        f"refmodel.revisions.{name}": (name,)
        for name in (
            "anonymous",
            "direct_map_m2_write_v7",
            "feature_minor_all",
            "huge_supported_orders",
            "hugetlb",
            "kvm_userfault_v3",
            "m2_do_userfault",
            "p3_missing_by_write",
            "p_draft_copy",
            "rfc_missing",
            "v2_minor_meant",
            "v3_can_userfault",
            "v3_minor_noalloc",
            "write_rfc_v2",
            "write_v4",
            "write_v5",
            "write_v6",
            "write_v7",
        )
    },
}
"""Which models' suites a mutant of a module is held against: every module with a function in it."""

RACES = (
    "read u0 p0; read u0 p0",
    "pwrite p0 B",
    "copy p0 B",
    "continue p0",
    "punch p0",
    "vcpu-read p0",
)

SURVIVORS = Path(__file__).with_name("mutants_survived.txt")
"""Of all mutants those that nothing notices, each with the reason; the rest are killed."""


def explained() -> dict[str, str]:
    """Mutant -> why nothing can notice it, or that it is not known why."""
    pairs = (line.split("\t") for line in SURVIVORS.read_text("utf-8").splitlines() if "\t" in line)
    return dict(pairs)


SAMPLE = 17
"""Every seventeenth mutant is tried, to keep the run short; `python -m tests.behaviour.all_mutants`
tries them all."""


def every_mutant() -> list[Mutant]:
    return [each for module in HELD_BY for each in mutants(module)]


@cache
def cases(name: str) -> tuple[tuple[World, Case, tuple[State, ...]], ...]:
    model = intact(name)
    suites = [scenarios(model, BIG), random_walks(model, BIG, seed=3, walks=15)]
    suites.append(complete(model, World(values=("A",))))
    if "write" in name or name in ("rfc_missing", "shmem", "base"):
        suites.append(random_walks(model, SHORT, seed=5, walks=40))
    if "userfault" in name or name == "base":
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
    for name in names:
        cases(name)  # made once a process, which is not the mutant's time
    try:
        with processor_time(10):
            models = load(mutant, names)
            if any(differs(models[name], name) for name in names):
                return True
        intact_races = [race_findings(name) for name in names[:2]]
        with processor_time(10):
            return [_findings(models[name]) for name in names[:2]] != intact_races
    except (Hang, AssertionError, AttributeError, KeyError, TypeError, ValueError, IndexError):
        return True  # it does not even run


def test_every_module_with_a_function_is_broken() -> None:
    package = Path(refmodel.__file__).parent
    modules = {
        f"refmodel.{'.'.join(path.relative_to(package).with_suffix('').parts)}"
        for path in package.rglob("*.py")
        if "guest" not in path.parts
    }
    spoken_to = {"core", "model", "vocabulary", "world", "__init__", "revisions.__init__"}
    without = {name for name in modules - set(HELD_BY) if any(mutants(name))}
    assert without <= {f"refmodel.{name}" for name in spoken_to}


def test_a_sample_of_the_broken_rules_is_noticed_as_the_list_says() -> None:
    """The list of survivors comes from a run of all; every one not on it is killed."""
    every = every_mutant()
    survived = explained()
    assert len(every) >= 450
    assert len(survived) <= 0.05 * len(every), "at least 95 in a hundred are killed"
    assert set(survived) <= {each.key for each in every}, "the list is out of date: run all again"
    tried = [each for each in every[::SAMPLE] if each.key not in survived]
    for name in sorted({name for each in tried for name in HELD_BY[each.module]}):
        assert not differs(intact(name), name), "the intact model passes its own suites"
    assert [each.key for each in tried if not noticed(each)] == []


def test_every_survivor_has_a_reason() -> None:
    for mutant, reason in explained().items():
        assert len(reason.split()) >= 3, mutant


def test_a_model_loaded_after_a_broken_one_is_intact() -> None:
    """In a process of its own, where nobody has loaded it before."""
    script = (
        "from reviewtool.behaviour.models import load as intact\n"
        "from tests.behaviour.mutation import load, mutants\n"
        "mutant = next(mutants('refmodel.revisions.v3_can_userfault_posted'))\n"
        "broken = load(mutant, ('v3_can_userfault',))['v3_can_userfault'].kernel\n"
        "kernel = intact('v3_can_userfault').kernel\n"
        "assert not set(kernel.__mro__[:-1]) & set(broken.__mro__[:-1])\n"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", script], cwd=root, check=True)


ISSUE_BREAKAGES = [
    ("refmodel.revisions.rfc_missing", "kvm_gmem_fault", "condition turned round: folio is None"),
    ("refmodel.revisions.rfc_missing", "vma_can_userfault", "condition turned round"),
    ("refmodel.revisions.rfc_missing", "mfill_atomic_pte_continue", "condition turned round"),
    ("refmodel.revisions.rfc_pagecache_folio", "vma_can_userfault", "comparison"),
    ("refmodel.revisions.rfc_pagecache_folio", "vma_can_mfill_atomic", "condition turned round"),
    ("refmodel.revisions.rfc_pagecache_folio", "mfill_atomic_pte_continue", "comparison"),
    ("refmodel.revisions.v1_shared_folio", "_do_fault", "condition turned round"),
    ("refmodel.revisions.v3_minor_noalloc", "kvm_gmem_fault_user_mapping", "and/or"),
    ("refmodel.kvm", "kvm_gmem_prepare_folio", "dropped: self.clear_highpage"),
    ("refmodel.kvm", "kvm_gmem_prepare_folio", "dropped: self.kvm_gmem_mark_prepared"),
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
