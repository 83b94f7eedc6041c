# SPDX-License-Identifier: GPL-2.0-or-later
"""What --json prints is what the published schemas say."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

import reviewtool
from reviewtool.cli.main import COMMANDS, main
from reviewtool.paths import reference_impl
from reviewtool.report.json import schema_names, schema_text
from tests.schemas import check, complaints

KEYWORDS = {
    *("$schema", "$id", "title", "type", "properties", "required", "items", "const"),
    "additionalProperties",
}
# What each command prints with --json. Of those that print none, b4-check's output is b4's.
PRINTED: dict[str, set[str]] = {
    **{name: {name} for name in COMMANDS},
    "ask": {"trace", "asked"},
    "b4-check": set(),
    "bundle": {"bundle", "tree"},
    "ci": {"report"},
    "extract": {"extract", "objects"},
    "log": {"log", "life"},
    "races": {"races", "litmus"},
    "schema": set(),
    "show": {"show", "hook"},
    "tui": set(),
}
# Documents of kernels and of trees are held to their schemas where a test has one.
ELSEWHERE = {
    "demo": "tests/real/test_spine.py",
    "test": "tests/real/test_spine.py",
    "kernel": "tests/real/test_spine.py",
    "learn": "tests/real/test_learning.py",
    "asked": "tests/real/test_asking.py",
    "selftest": "tests/real/test_selftests.py",
    "hook": "tests/real/test_show_tree.py",
    "life": "tests/real/test_show_tree.py",
    "objects": "tests/real/test_show_tree.py",
    "apply": "tests/real/test_show_tree.py",
    "tree": "tests/real/test_spine.py",
}


pytestmark = pytest.mark.usefixtures("warm_module")


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main([*words, "--json", "--quiet"]) in (0, 1)
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


WITHOUT_A_TREE = (
    ("log",),
    ("remarks", "rfc"),
    ("changelog", "v3", "--against", "rfc"),
    ("show", "rfc"),
    ("extract", "v3"),
    ("matrix",),
    ("diff", "rfc", "v3"),
    ("diff", "rfc"),
    ("diff", "rfc", "v3", "--interface"),
    ("range-diff",),
    ("model", "v3"),
    ("ask", "rfc", "register missing; read u0 p0"),
    ("races", "rfc"),
    ("report", "v3", "--against", "rfc"),
    ("report", "rfc"),
    ("findings",),
    ("races", "kvm-userfault", "--litmus"),
)


@pytest.mark.parametrize("words", WITHOUT_A_TREE, ids=" ".join)
def test_the_output_of_a_command_fits_its_schema(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    check(printed(capsys, *words, "--study", "embedded"))


def test_what_needs_no_study_fits_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(printed(capsys, "doctor"))
    check(printed(capsys, "cache"))
    path = str(tmp_path / "x.bundle")
    check(printed(capsys, "bundle", "v3", "--against", "rfc", "--study", "embedded", "-o", path))
    box = str(reference_impl() / "study" / "guest_memfd" / "v3.mbox")
    check(printed(capsys, "ci", "--mbox", box))


def test_what_comes_of_real_mail_fits(lore: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("kalyazin-uffd-rfc", "kalyazin-uffd-v2")
    boxes = [str(lore / f"{name}.mbox") for name in names]
    document = printed(capsys, "fetch", "--from", *boxes, "--name", names[0])
    check(document)
    for words in (("log",), ("matrix",), ("range-diff",), ("report",), ("changelog",), ("diff",)):
        check(printed(capsys, *words, "--study", names[0]))
    for one in document["revisions"]:
        check(printed(capsys, "show", one["id"], "--study", names[0]))
        check(printed(capsys, "remarks", one["id"], "--study", names[0]))


def test_every_command_has_a_schema_or_a_reason_to_have_none() -> None:
    assert {*PRINTED} == {*COMMANDS}
    assert set().union(*PRINTED.values()) == {*schema_names()}


def test_no_document_is_printed_that_has_no_schema() -> None:
    """Read from the source: whatever is given a name to be printed under."""
    named = set()
    for path in Path(reviewtool.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                at = {"emit": 1, "document": 0, "_document": 0}.get(node.func.id)
                given = node.args[at] if at is not None else None
                if isinstance(given, ast.Constant):
                    named.add(given.value)
    assert named == {*schema_names()}


def test_real_output_of_every_document_is_held_to_its_schema() -> None:
    here = {words[0] for words in WITHOUT_A_TREE} | {"doctor", "cache", "bundle", "fetch", "ci"}
    checked = {name for command in here for name in PRINTED[command]} | {*ELSEWHERE}
    assert {*schema_names()} <= checked
    for name, file in ELSEWHERE.items():
        text = (Path(__file__).resolve().parents[2] / file).read_text()
        assert "check(" in text or f'check_shape("{name}"' in text, (name, file)


@pytest.mark.parametrize("name", schema_names())
def test_a_schema_names_itself_and_uses_no_more_than_is_checked_here(name: str) -> None:
    schema = json.loads(schema_text(name))
    assert schema["$id"] == f"reviewtool/{name}"
    assert schema["properties"]["schema"] == {"const": f"reviewtool/{name}"}

    def keywords(part: dict[str, Any]) -> set[str]:
        inner = [*part.get("properties", {}).values()]
        inner += [part[key] for key in ("items", "additionalProperties") if key in part]
        return set(part).union(*(keywords(each) for each in inner))

    assert keywords(schema) <= KEYWORDS


def test_the_checker_itself_sees_what_is_wrong() -> None:
    schema = json.loads(schema_text("matrix"))
    document = {"schema": "reviewtool/matrix", "schema_version": 1, "revisions": "rfc"}
    told = list(complaints(document, schema))
    assert any("revisions" in line for line in told)
    assert any("lacks rows" in line for line in told)


def test_the_command_prints_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out.split() == list(schema_names())
    assert main(["schema", "reviewtool/matrix"]) == 0
    assert json.loads(capsys.readouterr().out)["$id"] == "reviewtool/matrix"
    assert main(["schema", "nonsense"]) == 2
