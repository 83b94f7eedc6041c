# SPDX-License-Identifier: GPL-2.0-or-later
"""What the README shows as output is output: of the embedded study, and of November's mail.

The table of findings is held by tests/behaviour/test_found_again.py, the kernels of the demo by
test_spine.py, the recipes for jobs by tests/cli/test_ci.py. Figures of one machine on one day,
and line numbers of one kernel, are read over.
"""

import re
from pathlib import Path

import pytest

from refmodel.vocabulary import parse
from reviewtool.behaviour.models import load
from reviewtool.behaviour.stopped import answers
from reviewtool.behaviour.verdict import LARGE
from reviewtool.cli.main import COMMANDS, main
from reviewtool.interface.matrix import matrix
from reviewtool.lineage.fetch import fetch_files
from reviewtool.report.behaviour import behaviour_text
from reviewtool.report.interface import matrix_text
from reviewtool.report.mail import mail_text
from reviewtool.review.difference import difference
from reviewtool.review.session import Session, open_session, snapshots
from reviewtool.review.told import told
from reviewtool.tree.base import Base

RFC = load("rfc_missing")

README = Path(__file__).resolve().parents[2] / "README.md"
NOVEMBER = ("rppt-rfc", "rppt-v1", "rppt-v2", "rppt-v3")


pytestmark = pytest.mark.usefixtures("warm_module")


@pytest.fixture(scope="module")
def november(lore: Path) -> Session:
    study = fetch_files([str(lore / f"{name}.mbox") for name in NOVEMBER], "november")
    return open_session(str(study.path), None)


def shown(start: str, end: str) -> list[str]:
    """The lines of the README from the one that begins with ``start`` to before ``end``."""
    lines = [line.removeprefix("    ") for line in README.read_text().split("\n")]
    first = next(at for at, line in enumerate(lines) if line.startswith(start))
    last = next(at for at, line in enumerate(lines) if at > first and line.startswith(end))
    return [line for line in lines[first:last] if line.strip()]


def test_the_reply_is_what_report_prints(november: Session) -> None:
    printed = mail_text(told(november, "v2", "v3"))
    block = shown("> @@ -390,8", "`--format markdown`")
    assert len(block) > 8
    assert "\n".join(block) in "\n".join(line for line in printed.split("\n") if line)


def test_the_rows_of_the_matrix_are_what_matrix_prints(november: Session) -> None:
    names = [one.id for one in november.study.revisions]
    printed = {line.rstrip() for line in _columns(matrix_text(matrix(snapshots(november, names))))}
    block = _columns("\n".join(shown("kind    element", "(four of the rows")))
    assert len([line for line in block if not line.startswith("-")]) >= 5
    assert {line for line in block if "---" not in line} <= printed


def _columns(text: str) -> list[str]:
    """Lines with each run of blanks as one: columns are as wide as what else is printed."""
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]


def test_the_differences_of_the_demo_are_what_diff_prints() -> None:
    found = difference(open_session("embedded", None), "rfc", "v3", ("behaviour",))
    assert found.behaviour is not None
    printed = _columns(behaviour_text(found.behaviour, "rfc", "v3"))
    block = _columns("\n".join(shown("  4. a page absent", "KERNELS")))
    assert len(block) > 12
    assert [line for line in block if line not in printed] == []


def test_a_hook_with_who_sets_and_calls_it_is_what_show_prints(
    base: Base, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["show", "v3", "--study", "embedded", "--hook", "get_folio_noalloc", "--quiet"]
    assert main([*words, "--tree", str(base.path)]) == 0
    printed = [_placeless(line) for line in _columns(capsys.readouterr().out)]
    block = _columns("\n".join(shown("v3: hook vm_operations_struct", "**Behaviour.**")))
    assert len([line for line in block if "---" not in line]) >= 12
    assert [line for line in map(_placeless, block) if line not in (*printed, "…")] == []


def _placeless(line: str) -> str:
    """A line without the line numbers of one kernel and the width of its columns."""
    return re.sub(r"-{3,}", "---", re.sub(r"\.([ch]):\d+", r".\1:N", line))


def test_a_write_that_is_stopped_is_what_its_model_says_and_its_kernel_does() -> None:
    """test_stopped_write.py holds the model's answers against the kernel."""
    block = shown("register missing   ok", "**Kernels.**")
    steps = [line.partition("  ") for line in block]
    asked = parse("; ".join(step for step, _, _ in steps))
    told = [str(one) for one in answers(RFC, LARGE, tuple(asked))]
    assert told == [seen.strip() for _, _, seen in steps]


def test_every_block_of_output_is_held_by_a_test() -> None:
    """A new block has to be added here, with the test that holds it."""
    text = README.read_text()
    unfenced = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", unfenced, re.MULTILINE)
    fenced = re.findall(r"^```(\w*)\n", text, re.MULTILINE)
    printed = [block for block in blocks if not all(_typed(line) for line in block.split("\n"))]
    begins = [block.strip().split("\n")[0].strip() for block in printed]
    held = (
        *("BEHAVIOUR of rfc against v3", "$ reviewtool matrix", "$ reviewtool show v3 --tree"),
        *("register missing   ok", "> @@ -390,8"),
    )
    assert len(begins) == len(held), begins
    assert all(one.startswith(start) for one, start in zip(begins, held, strict=True)), begins
    assert fenced == ["yaml", "", "yaml", ""], fenced


def _typed(line: str) -> bool:
    return not line.strip() or line.strip().startswith("$ ")


def test_every_command_the_readme_names_is_one() -> None:
    named = set(
        re.findall(r"(?:\$ |`|- run: |^ *- |\"| )reviewtool ([a-z][a-z0-9-]+)", README.read_text())
    )
    prose = {"reads", "applies", "extracts", "pairs", "builds", "holds"}
    assert {"report", "changelog", "b4-check", "range-diff", "bundle", "ci", "schema"} <= named
    assert named - prose <= {*COMMANDS}
