# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest that compares for itself takes for the answer it was told to expect."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from refmodel.guest.driver import Driver
from refmodel.guest.quick import run_quick
from refmodel.vocabulary import Input, Observation


@dataclass
class Answering:
    """A driver that sees one and the same, whatever it is asked."""

    seen: str
    steps: list[Input] = field(default_factory=list)

    def fresh(self) -> None: ...

    def close(self) -> None: ...

    def step(self, each: Input) -> Observation:
        self.steps.append(each)
        return Observation(self.seen)


@pytest.mark.parametrize(
    ("exact", "expected", "told"),
    [
        (False, "value A", []),
        (False, "value stale", []),
        (False, "value zero", [{"differs": 0}]),
        (True, "value A", []),
        (True, "value stale", [{"differs": 0}]),
    ],
)
def test_stale_memory_may_hold_anything_unless_answers_are_exact(
    exact: bool, expected: str, told: list[object]
) -> None:
    said: list[object] = []
    plan: dict[str, Any] = {
        "words": ["read u0 p0"],
        "answers": [expected],
        "quick": ["0|0"],
        "exact": exact,
    }
    driver = Answering("value A")
    assert run_quick(cast(Driver, driver), plan, None, said.append) == 1
    assert said == told
