# SPDX-License-Identifier: GPL-2.0-or-later
"""What a model fails is filed once it is known, not when somebody pressed Ctrl-C."""

from pathlib import Path

import pytest

from refmodel.world import World
from reviewtool.behaviour import explore as exploring
from reviewtool.behaviour import found_again
from reviewtool.behaviour.models import load
from reviewtool.review.failures import failures

SMALL = World(pages=1, threads=1, past_eof=False, kvm=False, alias=False)


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Somebody presses Ctrl-C while the tenth state of a model is explored."""
    explored = exploring._row

    def row(*words: object) -> object:
        if words[-1] == 10:
            raise KeyboardInterrupt
        return explored(*words)  # type: ignore[arg-type] # handed on as they came

    monkeypatch.setattr(exploring, "_row", row)
    return monkeypatch


def test_a_part_of_the_answer_is_not_filed_as_the_answer(
    cache: Path, pressed: pytest.MonkeyPatch
) -> None:
    model = load("rfc_missing")
    with pytest.raises(KeyboardInterrupt):
        failures(model, world=SMALL)
    pressed.undo()
    pressed.setenv("REVIEWTOOL_CACHE", str(cache))
    assert {"the kernel survives"} <= {one.question for one in failures(model, world=SMALL)}


def test_the_list_of_findings_ends_when_it_is_asked_to(pressed: pytest.MonkeyPatch) -> None:
    found_again._answers.cache_clear()
    with pytest.raises(KeyboardInterrupt):
        found_again.asked("the kernel survives")("rfc_missing")
