# SPDX-License-Identifier: GPL-2.0-or-later
"""Sequences of somebody's own on the embedded revisions' kernels."""

import pytest

from refmodel.world import World
from reviewtool.behaviour.models import read_sequence
from reviewtool.report.asking import asked_shape, asked_text
from reviewtool.review.asking import AskedKernel, ask_kernel
from reviewtool.review.session import Session
from tests.real.conftest import BuildRevision
from tests.schemas import check_shape

pytestmark = pytest.mark.kernel

WORLD = World(past_eof=True)


@pytest.fixture
def ask(session: Session, build_revision: BuildRevision):  # type: ignore[no-untyped-def] # a fixture
    """Run a text on a revision's kernel."""

    def run(name: str, text: str) -> AskedKernel:
        build_revision(name)  # or skip where no kernel can be built
        asked = ask_kernel(session, name, WORLD, read_sequence(text))
        check_shape("asked", asked_shape(WORLD, asked))
        return asked

    return run


def test_the_kernel_answers_beside_the_model(ask) -> None:  # type: ignore[no-untyped-def] # as above
    asked = ask("v3", "register minor; pwrite p0 A; read u0 p0; continue p0")
    assert asked.agrees
    assert asked_text(WORLD, asked).splitlines()[-1].split("   ")[-1] == "ok; resumed u0 value A"


def test_an_oops_is_shown_with_where_it_happened(ask) -> None:  # type: ignore[no-untyped-def] # as above
    told = asked_text(WORLD, ask("rfc", "register missing; continue p0"))
    assert "does as the model rfc_missing says" in told
    assert "oops: Kernel mode fault at addr 0x0 in folio_lock" in told
    assert "mfill_atomic_continue" in told


def test_a_write_that_stops_can_be_asked_for(ask) -> None:  # type: ignore[no-untyped-def] # as above
    asked = ask("rfc", "register missing; read u0 p0; pwrite-stop p0 A; continue p0; go-on")
    assert asked.agrees
    assert asked.trace.observations[3] == "ok; resumed u0 value mixed"
    assert not asked.open
