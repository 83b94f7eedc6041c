# SPDX-License-Identifier: GPL-2.0-or-later
"""What each command prints, as text and as the JSON others rely on."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from reviewtool.archive.types import Remark
from reviewtool.cli.main import main
from reviewtool.report.remarks import remarks_text

# The embedded study, in the order of their originals.
PORTS = [
    "rfc",
    "v3-april",
    "kvm-userfault",
    "kvm-userfault-acquire",
    "v3",
    "minor-all",
    "missing-nocopy",
    "v2-2026",
]

Says = Callable[..., str]
Tells = Callable[..., dict[str, Any]]


@pytest.fixture
def says(warm: object, capsys: pytest.CaptureFixture[str]) -> Says:
    """Run a command on the embedded study, from the mail alone; what it prints."""

    def run(*words: str, status: int = 0) -> str:
        assert main([*words, "--study", "embedded", "--quiet"]) == status
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out

    return run


@pytest.fixture
def tells(says: Says) -> Tells:
    """The same as JSON; every document names its schema."""

    def run(*words: str, status: int = 0) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(says(*words, "--json", status=status))
        assert document["schema"].startswith("reviewtool/")
        assert document["schema_version"] == 1
        return document

    return run


def test_log_has_the_facts_of_every_revision(tells: Tells) -> None:
    revisions = tells("log")["revisions"]
    assert [one["id"] for one in revisions] == PORTS
    keys = "id title rfc version date author cover base patches replies complete evidence"
    assert set(keys.split()) <= set(revisions[0])
    assert revisions[0]["rfc"]
    assert revisions[1]["version"] == 3  # that of April
    assert all(one["complete"] for one in revisions)
    assert {"subject", "message_id"} <= set(revisions[0]["patches"][0])


def test_log_as_text_is_one_line_a_revision(says: Says) -> None:
    lines = says("log").splitlines()
    assert [line.split()[0] for line in lines if line.startswith(tuple(PORTS))] == PORTS


def test_extract_says_that_mail_alone_is_partial(says: Says, tells: Tells) -> None:
    assert "partial" in says("extract", "v3").splitlines()[0]
    document = tells("extract", "v3")
    assert document["partial"] is True
    names = {(one["kind"], one["name"]) for one in document["elements"]}
    assert ("hook", "get_folio_noalloc") in names
    assert ("flag", "VM_FAULT_UFFD_MINOR") in names


def test_matrix_has_a_row_an_element_and_a_name_a_revision(tells: Tells) -> None:
    document = tells("matrix")
    assert document["revisions"] == PORTS
    rows = {(row["parent"], row["name"]): row for row in document["rows"]}
    hook = rows["vm_operations_struct", "get_folio_noalloc"]
    assert hook["names"] == {"v3": "get_folio_noalloc"}
    assert hook["guard"] == "CONFIG_USERFAULTFD"
    assert "evidence" in hook


def test_diff_has_its_three_parts_and_status_1(says: Says, tells: Tells) -> None:
    document = tells("diff", "rfc", "v3", status=1)
    assert (document["a"], document["b"]) == ("rfc", "v3")
    assert {pair["state"] for pair in document["patches"]} == {"added", "removed"}
    assert {"kind", "change", "a", "b", "patch"} <= set(document["interface"][0])
    behaviour = document["behaviour"]
    assert {"world", "states", "equivalent", "differences"} <= set(behaviour)
    first = behaviour["differences"][0]
    assert {"cause", "inputs", "a", "b"} <= set(first)
    assert len(first["inputs"]) == len(first["a"]) == len(first["b"])
    text = says("diff", "rfc", "v3", status=1)
    for part in ("PATCHES", "INTERFACE", "BEHAVIOUR"):
        assert part in text


def test_diff_of_one_part_only(says: Says) -> None:
    text = says("diff", "rfc", "v3", "--interface", status=1)
    assert "INTERFACE" in text
    assert "BEHAVIOUR" not in text


def test_diff_of_a_revision_with_itself_finds_nothing(tells: Tells) -> None:
    document = tells("diff", "v3", "v3")
    assert document["behaviour"]["equivalent"]
    assert document["interface"] == []


def test_diff_of_the_first_revision_is_with_its_base(tells: Tells) -> None:
    document = tells("diff", "rfc", status=1)
    assert document["a"] == "base"
    assert document["behaviour"] is None
    assert document["behaviour_unknown"]
    names = {one["b"]["name"] for one in document["interface"] if one["b"]}
    assert "kvm_gmem_vma_is_gmem" in names


def test_models_that_no_revision_names_can_be_compared_too(says: Says) -> None:
    assert "registration of MISSING" in says(
        "diff", "v3_minor_noalloc", "m2_do_userfault", "--behaviour", status=1
    )


def test_show_tells_what_each_patch_does_to_the_interface(says: Says) -> None:
    text = says("show", "v3")
    at = text.index("VM_FAULT_UFFD_MINOR: added")
    assert text.rindex("\n3/4 ", 0, at) > text.rindex("\n2/4 ", 0, at)


def test_model_gives_the_source_of_every_rule(tells: Tells) -> None:
    document = tells("model", "rfc")
    assert all(rule["source"] for rule in document["rules"])
    assert any("20250303133011.44095" in rule["source"] for rule in document["rules"])
    assert {one["verdict"] for one in document["properties"]} >= {"yes", "no"}


def test_ask_shows_every_step_with_the_state_after_it(says: Says, tells: Tells) -> None:
    sequence = "register missing; read u0 p0; pwrite p0 A; continue p0"
    steps = tells("ask", "rfc", sequence)["steps"]
    assert [step["observation"] for step in steps] == [
        "ok",
        "blocked; event missing p0 read",
        "ok",
        "ok; resumed u0 value A",
    ]
    assert "u0 blocked on p0" in says("ask", "rfc", sequence)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("ask", "rfc", "registre missing"), "registre"),
        (("ask", "rfc", "copy p0"), "copy"),
        (("model", "v9"), "v9"),
        (("diff", "rfc", "v9"), "v9"),
        (("diff", "rfc", "v3", "rfc"), "two at most"),
    ],
)
def test_a_wrong_name_or_sequence_is_told_in_one_line(
    words: tuple[str, ...], told: str, cache: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--study", "embedded", "--quiet"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


def test_races_are_status_1_with_their_schedules(tells: Tells) -> None:
    document = tells("races", "rfc", status=1)
    assert any("half a page is seen" in one["finding"] for one in document["races"])
    assert all(one["schedule"] for one in document["races"])


def test_races_are_looked_for_in_the_last_revision(says: Says) -> None:
    assert says("races", status=1).startswith(f"{PORTS[-1]}: ")


def test_remarks_of_a_port_are_none(says: Says) -> None:
    assert says("remarks", "rfc") == "no remarks\n"


@pytest.mark.parametrize("command", ["show", "extract", "model"])
def test_what_is_asked_of_no_revision_is_asked_of_the_last(command: str, says: Says) -> None:
    assert says(command) == says(command, PORTS[-1])


def test_remarks_on_the_last_revision_say_which_it_is(says: Says, tells: Tells) -> None:
    assert says("remarks") == f"{PORTS[-1]}\n\nno remarks\n"
    assert tells("remarks") == tells("remarks", PORTS[-1])


@pytest.mark.parametrize("words", [("learn",), ("test",), ("kernel", "build"), ("apply",)], ids=str)
def test_a_revision_there_is_not_costs_no_download(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("reviewtool.review.session.with_base", lambda _: pytest.fail("too soon"))
    assert main([*words, "nope", "--study", "embedded"]) == 2
    assert "no revision “nope”" in capsys.readouterr().err


def test_code_that_is_quoted_keeps_its_tabs() -> None:
    said = Remark(
        *("m@x", "", "A <a@x>", "2025-11-25", 1, "mm/x.c", "+\t\tgoto out;", "Why?"),
        *((), (), (), (), "standing", False),
    )
    assert "    > +\t\tgoto out;" in remarks_text([said])
