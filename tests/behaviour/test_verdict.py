# SPDX-License-Identifier: GPL-2.0-or-later
"""What is held again after a change, and what is remembered; models play the kernels."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from refmodel.model import Model, Revision
from refmodel.vocabulary import parse
from reviewtool.behaviour.explore import trace
from reviewtool.behaviour.guests import GuestEnd, RunGuest
from reviewtool.behaviour.models import load
from reviewtool.behaviour.patched import patch
from reviewtool.behaviour.suites import Case, Suite, random_walks, scenarios
from reviewtool.behaviour.verdict import LARGE, Verdict, hold
from reviewtool.kernel.build import Kernel
from reviewtool.progress import Cancelled
from tests.behaviour.pretend import Pretender

RFC, V3 = load("rfc_missing"), load("v3_minor_noalloc")

Holding = Callable[..., Verdict]


def walk(model: Model, text: str) -> Suite:
    word = parse(text)
    case = Case(word, trace(model, LARGE, word).observations, "asked for")
    return Suite(text.split()[0], "nothing in particular", LARGE, (case,))


@pytest.fixture
def booted() -> list[str]:
    """The kernels that were booted, in order."""
    return []


@pytest.fixture
def holding(booted: list[str], cache: Path, monkeypatch: pytest.MonkeyPatch) -> Holding:
    """Holds the kernel a model plays against ``model``, in a cache of its own."""
    del cache
    playing: dict[str, Model] = {}

    def guest(path: Path, **_: object) -> Pretender:
        booted.append(path.name)
        return Pretender(playing[path.name])

    monkeypatch.setattr("reviewtool.behaviour.verdict.kernel_guest", guest)

    def held(played: Model, model: Model, suites: list[Suite], *, again: bool = False) -> Verdict:
        playing[played.name] = played
        path = Path(played.name)
        key = f"{played.name:0<64}"
        built = Kernel(path, key, "6.12", "fast", 1.0, 1, True, True, path, path)
        return hold(built, model, suites, revision="r", origin="port", base="b", again=again)

    return held


def test_the_same_is_held_once(holding: Holding, booted: list[str]) -> None:
    suites = [scenarios(V3, LARGE), random_walks(V3, LARGE, 1, walks=3)]
    first = holding(V3, V3, suites)
    second = holding(V3, V3, suites)
    assert (first.remembered, second.remembered) == (False, True)
    assert booted == ["v3_minor_noalloc"]
    assert second.suites == first.suites
    assert second.agrees


def test_it_is_held_again_if_somebody_insists(holding: Holding, booted: list[str]) -> None:
    suites = [walk(V3, "read u0 p0")]
    holding(V3, V3, suites)
    assert not holding(V3, V3, suites, again=True).remembered
    assert len(booted) == 2


def test_a_change_to_one_model_leaves_the_other_revisions_alone(
    holding: Holding, booted: list[str]
) -> None:
    holding(RFC, RFC, [scenarios(RFC, LARGE)])
    holding(V3, V3, [scenarios(V3, LARGE)])

    def kvm_gmem_get_folio_noalloc(k, pgoff):  # type: ignore[no-untyped-def] # a hook as models write them
        return k.filemap_lock_folio(pgoff)  # forgets to clear what nobody filled

    changed = replace(V3, kernel=patch(V3.kernel, kvm_gmem_get_folio_noalloc))
    assert isinstance(changed, Revision)
    booted.clear()
    assert holding(RFC, RFC, [scenarios(RFC, LARGE)]).remembered
    assert not booted
    held = holding(V3, changed, [scenarios(changed, LARGE)])
    assert not held.remembered
    assert set(booted) == {"v3_minor_noalloc"}


def test_only_the_suites_that_ask_for_what_changed_run_again(
    holding: Holding, booted: list[str]
) -> None:
    kept, before = walk(V3, "pwrite p0 A; vcpu-read p0"), walk(V3, "read u0 p0; pwrite p0 A")
    holding(V3, V3, [kept, before])
    (case,) = before.cases
    changed = replace(before, cases=(replace(case, expected=case.expected[::-1]),))
    booted.clear()
    held = holding(V3, V3, [kept, changed])
    assert not held.remembered
    assert [each.name for each in held.suites] == ["pwrite", "read"]
    assert [each.agrees for each in held.suites] == [True, False]
    assert len(booted) == 1
    # Each of them is remembered now, with whatever it stands.
    assert holding(V3, V3, [kept]).remembered
    assert holding(V3, V3, [before]).remembered
    assert holding(V3, V3, [changed, kept]).remembered


def test_another_kernel_is_another_question(holding: Holding, booted: list[str]) -> None:
    suites = [walk(V3, "register minor; unregister")]
    assert holding(V3, V3, suites).agrees
    assert not holding(RFC, V3, suites).agrees
    assert booted[0] == "v3_minor_noalloc"
    assert booted[-1] == "rfc_missing"


def test_a_damaged_file_counts_as_none(holding: Holding, cache: Path) -> None:
    suites = [walk(V3, "read u0 p0")]
    holding(V3, V3, suites)
    (filed,) = (cache / "verdicts").rglob("*.json")
    filed.write_text("{")
    assert not holding(V3, V3, suites).remembered
    assert holding(V3, V3, suites).remembered


def test_the_longest_suite_runs_only_where_all_others_agree(
    holding: Holding, booted: list[str]
) -> None:
    long = replace(walk(V3, "pwrite p0 A; read u0 p0"), last=True)
    short = walk(V3, "register missing")
    held = holding(V3, V3, [long, short])
    assert held.agrees
    assert len(booted) == 2

    booted.clear()
    differs = holding(RFC, V3, [long, short])
    assert not differs.agrees
    (all_of_it,) = differs.suites[0].left_out
    assert all_of_it == "all of it: the kernel was seen to differ before"
    assert [each.outcome for each in differs.suites[0].results] == ["not run"]
    assert (differs.suites[0].cases, differs.suites[0].passed) == (1, 0)
    # What did not run is not remembered as having run.
    booted.clear()
    assert not holding(RFC, V3, [long]).remembered
    assert booted


def test_who_interrupts_does_not_wait_for_what_the_guests_have_to_do(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed: list[bool] = []

    def guest(path: Path, *, stop: threading.Event | None, **_: object) -> RunGuest:
        def run(plan: bytes, on_line: Callable[[str], None]) -> GuestEnd:
            if not pressed:
                pressed.append(True)
                time.sleep(0.2)  # until the other thread is started, too
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            if (stop or threading.Event()).wait(16):
                raise Cancelled("stopped while a guest was running")
            return GuestEnd("halted", "")

        return run

    monkeypatch.setattr("reviewtool.behaviour.verdict.kernel_guest", guest)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        holding(V3, V3, [scenarios(V3, LARGE)])
    assert time.monotonic() - began < 15
