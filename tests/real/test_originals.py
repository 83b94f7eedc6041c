# SPDX-License-Identifier: GPL-2.0-or-later
"""The original patches, bridged onto 6.12: which build, and whether they do what their models say.

Each is a kernel of its own, so this runs where REVIEWTOOL_TEST_ORIGINALS is set, or a kernel is
built already.
"""

import os
from pathlib import Path

import pytest

from refmodel.vocabulary import parse
from reviewtool.behaviour.guests import Settings, kernel_guest, record
from reviewtool.behaviour.verdict import LARGE, Verdict
from reviewtool.errors import Unavailable
from reviewtool.kernel.build import built_already
from reviewtool.lineage.study import load
from reviewtool.paths import reference_impl
from reviewtool.review.kernels import kernel, ours
from reviewtool.review.session import Session, applied, base_of, open_session, with_base
from reviewtool.review.testing import Failure, Held, hold_revision, how_applied
from reviewtool.tree.base import Base
from reviewtool.tree.delta import base_folder, delta
from tests.real.originals import ORIGINALS, PORTS, UNSAID, WITNESSES, Original, shown
from tests.real.test_um_kvm import names, run

pytestmark = pytest.mark.kernel

FILE = reference_impl() / "study/guest_memfd/originals.toml"
BY_NAME = {each.name: each for each in ORIGINALS}
BUILD = [each for each in ORIGINALS if not each.breaks]
BREAK = [each for each in ORIGINALS if each.breaks]


@pytest.fixture(scope="module")
def originals(lore: Path, base: Base) -> Session:
    """The study of the originals, whose mail lies beside the checkout."""
    del lore  # its mail is there
    if not base.version.startswith("6.12."):
        pytest.skip(f"the resolutions are for 6.12, the base at hand is {base.version}")
    return with_base(open_session(str(FILE), None))


def require(session: Session, name: str) -> None:
    """Skip where the kernel would have to be built and nobody asked for that."""
    if os.environ.get("REVIEWTOOL_TEST_ORIGINALS"):
        return
    tree = applied(session, name)
    folder = base_folder(base_of(session), tree)
    if built_already(folder, delta(tree), "fast", trusted=ours(session)) is None:
        pytest.skip("builds a kernel of its own: set REVIEWTOOL_TEST_ORIGINALS=1")


def held(session: Session, name: str) -> Held:
    try:
        return hold_revision(session, name, against=())
    except Unavailable as error:
        pytest.skip(f"no kernel can be built here: {error}")


def test_strangers_code_is_not_ours(originals: Session) -> None:
    assert not ours(originals)


def test_the_table_has_every_original() -> None:
    assert [each.name for each in ORIGINALS] == [each.id for each in load(FILE).revisions]


def test_the_page_of_the_study_shows_the_table() -> None:
    page = (reference_impl() / "study" / "README.md").read_text().splitlines()
    assert [shown(each) for each in ORIGINALS if shown(each) not in page] == []


def test_every_original_applies_whole(originals: Session) -> None:
    for each in ORIGINALS:
        tree = applied(originals, each.name)
        assert tree.complete, each.name
        assert how_applied(tree) == each.patches, each.name


@pytest.mark.parametrize("original", BUILD, ids=lambda each: each.name)
def test_an_original_does_what_its_model_says(originals: Session, original: Original) -> None:
    require(originals, original.name)
    verdict = held(originals, original.name)
    assert isinstance(verdict, Verdict), verdict.reason
    assert verdict.origin == "bridged"
    assert {"; ".join(each.inputs) for each in verdict.disagreements} == original.differs
    assert verdict.agrees == verdict.clean == (not original.differs)
    assert verdict.states == original.states
    assert {"; ".join(each.inputs) for each in verdict.findings} == original.complaints


@pytest.mark.parametrize("original", BREAK, ids=lambda each: each.name)
def test_some_do_not_compile_and_the_compiler_says_why(
    originals: Session, original: Original
) -> None:
    if not os.environ.get("REVIEWTOOL_TEST_ORIGINALS"):
        pytest.skip("builds a kernel of its own: set REVIEWTOOL_TEST_ORIGINALS=1")
    failure = held(originals, original.name)
    assert isinstance(failure, Failure)
    assert failure.stage == "build"
    assert original.breaks in failure.reason


@pytest.mark.parametrize("port", PORTS)
def test_a_port_answers_as_its_original(originals: Session, session: Session, port: str) -> None:
    """Both give every answer of one model to the same suites, so both give the same."""
    require(originals, PORTS[port])
    theirs, mine = held(originals, PORTS[port]), held(session, port)
    assert isinstance(theirs, Verdict)
    assert isinstance(mine, Verdict)
    assert theirs.agrees
    assert mine.agrees
    assert theirs.model == mine.model
    ran = [[(one.name, one.results) for one in each.suites] for each in (theirs, mine)]
    assert ran[0] == ran[1]
    complaints = [
        {(one.event.kind, one.inputs) for one in each.findings} for each in (theirs, mine)
    ]
    assert complaints[0] == complaints[1]


@pytest.mark.parametrize(("name", "case"), UNSAID)
def test_what_no_reviewer_said(originals: Session, name: str, case: str) -> None:
    require(originals, name)
    ran = run(kernel(originals, name).path, "unsaid_cases", case, trusted=False)
    assert case in ran.passed, ran.console


@pytest.mark.parametrize(("name", "inputs", "answer"), WITNESSES)
def test_what_no_reviewer_said_in_the_driver_s_words(
    originals: Session, name: str, inputs: str, answer: str
) -> None:
    require(originals, name)
    guest = kernel_guest(kernel(originals, name).path)
    trace = record(guest, Settings.of(LARGE), [(0, parse(inputs))]).traces[0]
    assert trace.observations[-1] == answer


def test_every_case_is_some_original_s() -> None:
    assert set(names("unsaid_cases")) == {case for _, case in UNSAID}
