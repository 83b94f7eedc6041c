# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole path on the embedded study: mail, commits, interfaces, models, booted kernels."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reviewtool.behaviour.verdict import Verdict
from reviewtool.cli.main import main
from reviewtool.kernel.build import Kernel
from reviewtool.report.demo import demo_shape, demo_text
from reviewtool.review.demo import Demo, demo
from reviewtool.review.session import Session
from tests.schemas import check, check_shape

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def ran(session: Session, built_kernel: Callable[[str], Kernel]) -> Demo:
    for name in ("rfc", "v3"):
        built_kernel(name)
    return demo(session, ("rfc", "v3"))


def verdict(ran: Demo, name: str) -> Verdict:
    held = next(one for one in ran.held if one.revision == name)
    assert isinstance(held, Verdict), held
    return held


def test_every_patch_of_the_ports_applies_clean(ran: Demo) -> None:
    outcomes = [one for tree in ran.trees for one in (*tree.others, *tree.outcomes)]
    assert {one.state for one in outcomes} == {"clean"}


def test_the_matrix_has_the_hook_the_flag_and_the_layering_violation(ran: Demo) -> None:
    rows = {(row.kind, row.name): row for row in ran.matrix.rows}
    assert set(rows["hook", "get_folio_noalloc"].names) == {"v3"}
    assert rows["hook", "get_folio_noalloc"].guard == "CONFIG_USERFAULTFD"
    assert set(rows["flag", "VM_FAULT_UFFD_MINOR"].names) == {"v3"}
    assert set(rows["reference", "kvm_gmem_vma_is_gmem"].names) == {"rfc"}


@pytest.mark.parametrize(
    ("inputs", "rfc", "v3"),
    [
        ("register missing", ["ok"], ["EINVAL"]),
        ("register minor", ["EINVAL"], ["ok"]),
        (
            "register missing; register minor; read u0 p0",
            ["ok", "EINVAL", "blocked; event missing p0 read"],
            ["EINVAL", "ok", "value zero"],
        ),
        (
            "register missing; register minor; continue p0",
            ["ok", "EINVAL", "oops"],
            ["EINVAL", "ok", "EFAULT"],
        ),
        (
            "register missing; register minor; copy p0 A",
            ["ok", "EINVAL", "oops"],
            ["EINVAL", "ok", "EINVAL"],
        ),
    ],
)
def test_the_differences_reviewers_argued_over_come_with_their_shortest_sequence(
    ran: Demo, inputs: str, rfc: list[str], v3: list[str]
) -> None:
    assert ran.diff.behaviour is not None
    found = {"; ".join(map(str, one.inputs)): one for one in ran.diff.behaviour.differences}
    assert [str(seen) for seen in found[inputs].a] == rfc
    assert [str(seen) for seen in found[inputs].b] == v3


@pytest.mark.parametrize("name", ["rfc", "v3"])
def test_the_model_agrees_with_its_booted_kernel_on_every_sequence(ran: Demo, name: str) -> None:
    held = verdict(ran, name)
    assert held.disagreements == ()
    assert held.agrees
    assert held.cases > 1000
    assert {suite.name for suite in held.suites} >= {
        "scenarios",
        "complete0",
        "distinguishing",
        "random",
    }


def test_the_rfcs_crash_is_found_reproduced_and_no_failure_of_the_tool(ran: Demo) -> None:
    crash = next(one for one in verdict(ran, "rfc").findings if one.inputs[-1] == "continue p0")
    assert crash.predicted
    assert crash.event.fatal
    assert "userfaultfd_ioctl" in crash.event.frames


def test_the_documents_of_the_demo_and_of_a_kernel_fit_their_schemas(
    ran: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check_shape("demo", demo_shape(ran))
    for action in ("build", "boot"):
        words = ["kernel", action, "v3", "--study", "embedded"]
        assert main([*words, "--json", "--quiet"]) == 0
        check(json.loads(capsys.readouterr().out))
    words = ["bundle", "v3", "--against", "rfc", "--test", "--study", "embedded", "--quiet"]
    assert main([*words, "-o", str(tmp_path / "v3.bundle"), "--json"]) == 0
    recorded = json.loads(capsys.readouterr().out)["recorded"]
    assert {*recorded} == {"tree rfc", "test rfc", "tree v3", "test v3"}
    for document in recorded.values():
        check(document)


def test_the_readme_shows_the_kernels_of_the_demo(ran: Demo) -> None:
    """But for figures: how many cases, how long."""
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    block = readme[readme.index("    KERNELS\n") : readme.index("`*` marks the steps that differ")]
    printed = set(map(_figureless, demo_text(ran).split("\n")))
    lines = [_figureless(line) for line in block.split("\n") if line.strip()]
    assert len(lines) == 7
    assert [line for line in lines if line not in printed] == []


def _figureless(line: str) -> str:
    return re.sub(r"\b[\d./]+\b", "N", re.sub(r"-{2,}", "--", " ".join(line.split())))


def test_v3_draws_no_complaint_from_its_kernel(ran: Demo) -> None:
    assert verdict(ran, "v3").findings == ()


def test_every_port_agrees_with_its_model(
    session: Session, built_kernel: Callable[[str], Kernel], capsys: pytest.CaptureFixture[str]
) -> None:
    ports = [one.id for one in session.study.revisions]
    for name in ports:
        built_kernel(name)
    # For one state more, as it is by default, minutes: by hand.
    extra = "1" if os.environ.get("REVIEWTOOL_TEST_COMPLETE") else "0"
    assert main(["test", "--all", "--study", "embedded", "--json", "--extra", extra]) == 0
    document = json.loads(capsys.readouterr().out)
    check(document)
    assert [one["revision"] for one in document["revisions"]] == ports
    for one in document["revisions"]:
        assert one["agrees"], one["revision"]
        assert one["clean"], one["revision"]  # what the kernel complained of, the model predicts
        names = {suite["name"] for suite in one["suites"]}
        assert names >= {"scenarios", "random", "complete0", f"complete{extra}"}
