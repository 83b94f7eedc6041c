# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions to models that cannot be answered, or not to the end: said, with what to change."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from refmodel.model import Revision
from refmodel.vocabulary import Input, Observation
from refmodel.world import State, World
from reviewtool.behaviour.compare import compare
from reviewtool.behaviour.models import load
from reviewtool.behaviour.races import races
from reviewtool.cli.main import main
from reviewtool.report.races import races_text


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a wrong request prints: one line on standard error, nothing else."""
    assert main([*words, "--study", "embedded", "--quiet"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


@pytest.mark.parametrize(
    ("words", "complaint", "remedy"),
    [
        (("ask", "v9", "read u0 p0"), "no revision “v9”", "models are anonymous, base,"),
        (("model", "v9"), "no revision “v9”", "it has rfc,"),
        (("ask", "v3", "reed u0 p0"), "unknown operation 'reed'", "use one of bitmap,"),
        (("ask", "v3", "read p0"), "takes 2 operands, not 1", "write read <thread> <page>"),
        (("ask", "v3", "read u0 p0;;"), "an empty input", "remove the extra ';'"),
        (("ask", "v3", "read u0 p99999999999"), "too large to search", "use at most 16 pages"),
        (("diff", "rfc", "v3", "--pages", "400"), "too large to search", "use at most 16 pages"),
        (("diff", "rfc", "v3", "--threads", "0"), "0 is too few", "give 1 or more"),
        (("diff", "rfc", "v3", "--limit", "-1"), "-1 is too few", "give 1 or more"),
        (("test", "v3", "--extra", "-1"), "-1 is too few", "give 0 or more"),
        (("learn", "v3", "--extra", "-1"), "-1 is too few", "give 0 or more"),
        (("races", "base", "--litmus"), "reads no userfault bitmap", "kvm_userfault_v3"),
    ],
)
def test_a_request_that_cannot_be_answered_is_one_line(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], complaint: str, remedy: str
) -> None:
    told = said(capsys, *words)
    assert complaint in told
    assert remedy in told


def test_a_bounded_diff_is_marked_and_says_what_to_change(
    capsys: pytest.CaptureFixture[str], cache: Path
) -> None:
    del cache  # where the whole answer is filed, it is given
    words = ["diff", "rfc", "v3", "--behaviour", "--study", "embedded", "--quiet"]
    assert main([*words, "--limit", "10"]) == 1
    told = capsys.readouterr().out
    assert "the search was not finished" in told
    assert "PARTIAL: nothing follows from what is not listed; give a greater --limit" in told
    assert main([*words, "--limit", "10", "--json"]) == 1
    behaviour = json.loads(capsys.readouterr().out)["behaviour"]
    assert behaviour["partial"]
    assert not behaviour["equivalent"]


def test_a_finished_diff_states_its_world_and_its_speed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["diff", "shmem", "hugetlb", "--behaviour", "--pages", "1", "--study", "embedded"]
    assert main([*words, "--quiet"]) == 1
    told = capsys.readouterr().out
    assert "world: 1 page, 2 user threads, 1 vCPU, 1 value, a page past the end" in told
    assert "pairs of states explored in" in told
    assert "a second)" in told
    assert "left out, as pages influence each other here: a second mapping" in told
    assert "PARTIAL" not in told


def test_what_only_one_of_two_can_be_asked_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["diff", "anonymous", "base", "--behaviour", "--study", "embedded", "--quiet"]
    assert main(words) == 1
    told = capsys.readouterr().out
    assert "not asked, as only one of them has it: fallocate, pread, punch, pwrite" in told


class Interrupted(Revision):
    """A model whose user presses Ctrl-C after some steps."""

    steps = 0

    def step(self, state: State, each: Input) -> tuple[State, Observation]:
        Interrupted.steps += 1
        if Interrupted.steps == 300:
            raise KeyboardInterrupt
        return super().step(state, each)


@pytest.fixture
def interrupted() -> Revision:
    Interrupted.steps = 0
    whole = load("m2_do_userfault")
    return Interrupted(whole.kernel, "interrupted")


def test_an_interrupted_comparison_keeps_what_it_has_and_says_partial(
    interrupted: Revision,
) -> None:
    found = compare(load("v3_minor_noalloc"), interrupted, World(pages=2, threads=2))
    assert found.partial
    assert not found.equivalent
    assert found.differences
    assert found.states
    assert "not finished" in found.verdict


def test_an_interrupted_race_search_is_partial(interrupted: Revision) -> None:
    found = races(interrupted)
    assert found.partial
    assert found.pairs
    assert "the search was not finished" in races_text(found, "rfc")


@dataclass
class Told:
    """A progress that remembers."""

    lines: list[str] = field(default_factory=list)

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator["Told"]:
        self.lines.append(f"{title} {total or ''}".strip())
        yield self

    def update(self, done: int | None = None, note: str = "", total: int | None = None) -> None:
        self.lines.append(f"{done} of {total}: {note}")


def test_a_long_comparison_shows_how_far_it_is() -> None:
    told = Told()
    compare(load("shmem"), load("v3_minor_noalloc"), World(pages=2, threads=1), progress=told)
    assert told.lines[0] == "comparing shmem and v3_minor_noalloc"
    assert len(told.lines) > 1
    assert "differences" in told.lines[1]
