# SPDX-License-Identifier: GPL-2.0-or-later
"""What --json prints is what the published schemas say."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reviewtool.cli.main import COMMANDS, main
from reviewtool.report.json import schema_names, schema_text

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
KEYWORDS = {
    *("$schema", "$id", "title", "type", "properties", "required", "items", "const"),
    "additionalProperties",
}
# Their documents are told of in README and design only: they need a kernel, or another machine.
UNPUBLISHED = {"demo", "kernel", "learn", "selftest", "findings"}
NO_JSON = {"b4-check", "tui", "schema", "ci", "ask"}  # ci prints a report, ask a trace


def complaints(value: Any, schema: dict[str, Any], where: str = "$") -> Iterator[str]:
    """Where ``value`` is not what ``schema`` says, for the keywords the schemas use."""
    if "const" in schema and value != schema["const"]:
        yield f"{where}: {value!r} is not {schema['const']!r}"
    wanted = schema.get("type", list(_TYPES))
    names = [wanted] if isinstance(wanted, str) else wanted
    fits = any(
        isinstance(value, _TYPES[name]) and not (isinstance(value, bool) and name != "boolean")
        for name in names
    )
    if not fits:
        yield f"{where}: {type(value).__name__} is none of {names}"
    if isinstance(value, dict):
        for key in schema.get("required", ()):
            if key not in value:
                yield f"{where}: lacks {key}"
        known = schema.get("properties", {})
        for key, each in value.items():
            rule = known.get(key, schema.get("additionalProperties", {}))
            yield from complaints(each, rule, f"{where}.{key}")
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from complaints(each, schema.get("items", {}), f"{where}[{number}]")


pytestmark = pytest.mark.usefixtures("warm_module")


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main([*words, "--json", "--quiet"]) in (0, 1)
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def check(document: dict[str, Any]) -> None:
    name = document["schema"].removeprefix("reviewtool/")
    assert list(complaints(document, json.loads(schema_text(name)))) == []


@pytest.mark.parametrize(
    "words",
    [
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
    ],
    ids=" ".join,
)
def test_the_output_of_a_command_fits_its_schema(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    check(printed(capsys, *words, "--study", "embedded"))


def test_what_needs_no_study_fits_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(printed(capsys, "doctor"))
    check(printed(capsys, "cache"))
    path = str(tmp_path / "x.bundle")
    check(printed(capsys, "bundle", "v3", "--against", "rfc", "--study", "embedded", "-o", path))


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
    published = {*schema_names()}
    assert {*COMMANDS} - published == UNPUBLISHED | NO_JSON
    assert published - {*COMMANDS} == {"trace"}


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
