# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines inferred from the embedded revisions' kernels; the whole alphabet takes minutes, so some
of it has to do here."""

import os
import threading
from pathlib import Path

import pytest

from refmodel.vocabulary import Input, parse
from reviewtool.behaviour.conversation import Conversation
from reviewtool.behaviour.equivalence import distinguish, restricted
from reviewtool.behaviour.explore import explore
from reviewtool.behaviour.guests import RunGuest, kernel_guest
from reviewtool.behaviour.identify import alive as living
from reviewtool.behaviour.learn import Learned, learn, settings
from reviewtool.behaviour.minimal import minimise
from reviewtool.behaviour.models import load
from reviewtool.behaviour.verdict import SMALL
from reviewtool.lineage.study import embedded
from reviewtool.paths import reference_impl
from reviewtool.report.learning import learned_shape
from reviewtool.review.learning import LearnedRevision, learn_revision
from reviewtool.review.session import Session
from tests.real.broken_kernels import alive, edits, numbered
from tests.real.conftest import BuildRevision
from tests.schemas import check_shape

RFC = load("rfc_missing")
V3 = load("v3_minor_noalloc")

pytestmark = pytest.mark.kernel

ASKED = {
    "rfc": "register missing; unregister; read u0 p0; pwrite p0 A; fallocate p0; continue p0; "
    "wake p0",
    "v3": "register minor; unregister; read u0 p0; pwrite p0 A; fallocate p0; continue p0; "
    "punch p0",
}
MODELS = {"rfc": RFC, "v3": V3}


def test_the_page_of_the_study_tells_of_every_port() -> None:
    page = (reference_impl() / "study" / "README.md").read_text()
    told = page.partition("## Learned from the kernels")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:4] for line in told.splitlines() if line.startswith("| ")]
    learned = {row[0].strip(): int(row[1]) for row in rows if row[2].strip() == "yes"}
    assert [*learned] == [one.id for one in embedded().revisions]
    for name, model in MODELS.items():
        assert learned[name] == len(living(minimise(explore(model, SMALL))))


def learn_some(kernel: Path, inputs: tuple[Input, ...]) -> Learned:
    """The machine of one of our own kernels, as far as ``inputs`` can tell."""

    def listening(asking: int, stop: threading.Event) -> RunGuest:
        return kernel_guest(kernel, trusted=True, silence=600, stop=stop, asking=asking)

    return learn(lambda: Conversation(listening, settings(SMALL)), SMALL, inputs=inputs, extra=1)


@pytest.mark.parametrize("name", MODELS)
def test_what_is_learned_from_a_kernel_is_its_model(
    build_revision: BuildRevision, name: str
) -> None:
    path = build_revision(name).path
    inputs = parse(ASKED[name])

    found = learn_some(path, inputs)
    expected = restricted(minimise(explore(MODELS[name], SMALL)).rows, inputs)
    assert distinguish(expected, found.rows) is None
    told = LearnedRevision(name, MODELS[name].name, "", found.states, found, None)
    check_shape("learn", learned_shape(told))
    assert found.states >= 6
    assert (found.deaths > 0) == (name == "rfc")


def test_a_kernel_with_a_line_broken_is_not_learned_as_its_model(
    build_revision: BuildRevision, tmp_path: Path
) -> None:
    broken, mutant = next(
        (number, each) for number, each in numbered("v3").items() if each.answer == "value stale"
    )
    kernel = alive(build_revision("v3", *edits("v3")).path, broken, tmp_path)
    inputs = parse(ASKED["v3"])
    found = learn_some(kernel, inputs)
    told = distinguish(restricted(minimise(explore(MODELS["v3"], SMALL)).rows, inputs), found.rows)
    assert told is not None
    assert sorted(map(str, told.inputs)) == sorted(mutant.inputs.split("; "))
    assert str(told.b[-1]).endswith("value stale")


@pytest.mark.skipif(
    not os.environ.get("REVIEWTOOL_TEST_LEARN"),
    reason="minutes for each revision: set REVIEWTOOL_TEST_LEARN=1",
)
@pytest.mark.parametrize("name", [one.id for one in embedded().revisions])
def test_the_whole_machine_of_a_port_is_its_models(name: str) -> None:
    found = learn_revision(Session(embedded()), name)
    assert found.difference is None
    assert found.learned.states == found.states
