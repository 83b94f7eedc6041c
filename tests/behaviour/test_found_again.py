# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of findings in the README: every row is found anew, with the witness it names."""

from pathlib import Path

import pytest

from refmodel.vocabulary import parse
from reviewtool.behaviour.found_again import CLAIMS, Found, find_again
from reviewtool.behaviour.models import known
from reviewtool.report.found_again import found_markdown, found_shape, found_text

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN = "<!-- reviewtool findings --markdown -->\n"
END = "<!-- end of findings -->"


@pytest.fixture(scope="module")
def every() -> tuple[Found, ...]:
    return tuple(find_again())


def test_every_finding_comes_out_unaided(every: tuple[Found, ...]) -> None:
    lost = [(one.claim.finding, one.witness, one.free) for one in every if not one.holds]
    assert not lost
    assert len(every) == len(CLAIMS) >= 15


def test_a_witness_can_be_typed(every: tuple[Found, ...]) -> None:
    for one in every:
        assert one.witness is not None
        for part in one.witness[0].split(" ‖ "):
            assert parse(part)


def test_models_named_are_known() -> None:
    for claim in CLAIMS:
        assert {claim.model, *claim.free} <= set(known()), claim.finding
        assert claim.model not in claim.free


def test_the_readme_shows_what_the_command_prints(every: tuple[Found, ...]) -> None:
    text = README.read_text("utf-8")
    shown = text[text.index(BEGIN) + len(BEGIN) : text.index(END)]
    assert shown.strip() == found_markdown(every).strip(), (
        "the README is out of date: put what `reviewtool findings --markdown` prints in its place"
    )


def test_what_did_not_come_out_is_said(every: tuple[Found, ...]) -> None:
    gone = Found(every[0].claim, None, ())
    assert not gone.holds
    assert "not found again" in found_text([gone])
    assert "not found again" in found_markdown([gone])
    assert found_shape([gone])["findings"][0]["witness"] is None
