# SPDX-License-Identifier: GPL-2.0-or-later
"""The original patches, bridged onto 6.12: which build, and whether they do what their models say.

Each is a kernel of its own, so this runs where REVIEWTOOL_TEST_ORIGINALS is set, or a kernel is
built already.
"""

import os
from pathlib import Path

import pytest

from reviewtool.behaviour.verdict import Verdict
from reviewtool.errors import Unavailable
from reviewtool.kernel.build import built_already
from reviewtool.lineage.study import StudyRevision, load
from reviewtool.paths import reference_impl
from reviewtool.review.kernels import ours
from reviewtool.review.session import Session, applied, base_of, open_session, with_base
from reviewtool.review.testing import Failure, hold_revision
from reviewtool.tree.base import Base
from reviewtool.tree.delta import base_folder, delta

pytestmark = pytest.mark.kernel

FILE = reference_impl() / "study/guest_memfd/originals.toml"
BROKEN = {
    "v2": "redefinition of ‘kvm_gmem_get_folio’",
    "v3-april": "‘shmem_can_userfault’ undeclared",
}
"""Those that do not compile: v2 never, as its reviewers found, v3-april not without CONFIG_NUMA."""
BUILDABLE = [each.id for each in load(FILE).revisions if each.id not in BROKEN]
# Sequences with which a revision's kernel complains; the model predicts each of them.
COMPLAINTS = {
    "rfc": {"register missing; continue p0", "register missing; copy p0 A"},
    "v2-april": {"register missing+minor; read u0 p0"},  # a leak
}


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


def test_strangers_code_is_not_ours(originals: Session) -> None:
    assert not ours(originals)


def test_every_original_applies_whole(originals: Session) -> None:
    trees = {each.id: applied(originals, each.id) for each in originals.study.revisions}
    assert [name for name, tree in trees.items() if not tree.complete] == []


@pytest.mark.parametrize("name", BUILDABLE)
def test_an_original_does_what_its_model_says(originals: Session, name: str) -> None:
    require(originals, name)
    try:
        held = hold_revision(originals, name, against=())
    except Unavailable as error:
        pytest.skip(f"no kernel can be built here: {error}")
    assert isinstance(held, Verdict), held.reason
    assert held.origin == "bridged"
    assert held.agrees, [each.inputs for each in held.disagreements]
    assert held.clean
    assert {"; ".join(each.inputs) for each in held.findings} == COMPLAINTS.get(name, set())


@pytest.mark.parametrize("name", BROKEN)
def test_some_do_not_compile_and_the_compiler_says_why(originals: Session, name: str) -> None:
    if not os.environ.get("REVIEWTOOL_TEST_ORIGINALS"):
        pytest.skip("builds a kernel of its own: set REVIEWTOOL_TEST_ORIGINALS=1")
    held = hold_revision(originals, name, against=())
    assert isinstance(held, Failure)
    assert held.stage == "build"
    assert BROKEN[name] in held.reason


def test_where_port_and_original_share_a_model_they_agree(session: Session) -> None:
    """Both conform to it, on a suite that is complete for it; the rest is told apart by name."""
    models = {each.id: each.model for each in load(FILE).revisions}
    ports: dict[str, StudyRevision] = {each.id: each for each in session.study.revisions}
    assert models["rfc"] == ports["rfc"].model
    assert models["v3"] == ports["v3"].model
    assert models["v3-april"] == f"{ports['v3-april'].model}_posted"
    assert any("repaired" in each for each in ports["v3-april"].evidence)
