# SPDX-License-Identifier: GPL-2.0-or-later
"""The report as a reply, as Markdown and as JSON, of the embedded study."""

import json
from pathlib import Path

import pytest

from reviewtool.archive.types import Cover
from reviewtool.cli.main import main
from reviewtool.report.mail import WIDTH, mail_text
from reviewtool.report.markdown import escaped, fenced, markdown
from reviewtool.review.session import open_session
from reviewtool.review.told import Told, told

pytestmark = pytest.mark.usefixtures("warm_module")


@pytest.fixture(scope="module")
def found() -> Told:
    return told(open_session("embedded", None), "rfc", "v3")


def test_what_is_not_quoted_fits_72_columns_and_has_no_colour(found: Told) -> None:
    lines = mail_text(found).splitlines()
    assert max(len(line) for line in lines if not line.startswith(">")) <= WIDTH
    assert "\x1b" not in mail_text(found)


def test_every_difference_in_behaviour_has_a_witness_and_its_patch(found: Told) -> None:
    behaviour = [one for one in found.findings if one.kind == "behaviour"]
    assert behaviour
    for one in behaviour:
        assert one.witness is not None
        assert one.witness.a[-1] != one.witness.b[-1]
        assert one.patch in {2, 4}
    text = mail_text(found)
    assert "[4/4] CONTINUE on an absent page: kernel crash in rfc, EFAULT in v3." in text
    assert "* continue p0        oops     EFAULT" in text


def test_the_lines_of_the_patch_stand_over_the_finding(found: Told) -> None:
    lines = mail_text(found).splitlines()
    at = lines.index("[4/4] CONTINUE on an absent page: kernel crash in rfc, EFAULT in v3.")
    above = lines[lines.index("", at - 8) + 1 : at]
    assert above[0].startswith("> @@ ")
    assert any("kvm_gmem_get_folio_noalloc" in line for line in above)


def test_ids_of_findings_say_what_they_are_and_never_repeat(found: Told) -> None:
    every = [each.id for one in found.findings for each in (one, *one.also)]
    assert len(every) == len(set(every))
    assert all(each.partition("-")[0] in each for each in every)


def test_a_finding_the_study_acknowledges_is_not_told_again(found: Told, tmp_path: Path) -> None:
    first = next(one for one in found.findings if one.kind == "behaviour")
    study = open_session("embedded", None).study
    text = study.path.read_text()
    for name in ("mail", "resolutions"):
        text = text.replace(f'{name} = "', f'{name} = "{study.path.parent}/')
    text += f'\n[[acknowledged]]\nid = "{first.id}"\nreason = "meant so"\n'
    file = tmp_path / "study.toml"
    file.write_text(text)
    again = told(open_session(str(file), None), "rfc", "v3")
    assert first.id not in {one.id for one in again.findings}
    assert [(one.id, one.reason) for one in again.known] == [(first.id, "meant so")]
    # What came of the same rule is not silenced with it.
    also = {one.id for one in first.also}
    assert also <= {each.id for one in again.findings for each in (one, *one.also)}
    assert "acknowledged in the study: 1" in mail_text(again)


def test_what_a_stranger_wrote_is_text_in_markdown(found: Told) -> None:
    subject = "<script>alert(1)</script> [x](javascript:y) `code` | cell\n# head \u202e"
    from dataclasses import replace

    hostile = replace(found.mail, title=subject, cover=Cover("<i>@x", subject, subject))
    text = markdown(replace(found, mail=hostile))
    assert "<script>" not in text
    assert "[x](" not in text
    assert "\n# head" not in text
    assert "\u202e" not in text
    assert escaped("a|b") == "a\\|b"
    assert fenced(["```", "x"])[0] == "````"


def test_the_command_writes_text_markdown_and_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("report", "v3", "--against", "rfc", "--study", "embedded", "--quiet")
    out = tmp_path / "report.md"
    assert main([*words, "--format", "markdown", "-o", str(out)]) == 0
    assert out.read_text().startswith("# ")
    assert capsys.readouterr().out == ""
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "reviewtool/report"
    assert {one["kind"] for one in document["findings"]} >= {"interface", "behaviour"}
    assert main([*words, "-o", str(tmp_path / "no" / "such" / "\0")]) == 2
