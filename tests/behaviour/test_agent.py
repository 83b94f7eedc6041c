# SPDX-License-Identifier: GPL-2.0-or-later
"""What on a console is the agent's, and what is not."""

import pytest

from reviewtool.behaviour.agent import agent_line


def test_a_line_of_the_protocol_is_read() -> None:
    assert agent_line('RT {"case":1,"begin":true}') == {"case": 1, "begin": True}


@pytest.mark.parametrize(
    "line", ["RT {", "RT 7", 'RT {"case":1', "rt {}", '  RT {"ready":{}}', "RT", ""]
)
def test_a_damaged_line_is_not_the_agents(line: str) -> None:
    assert agent_line(line) is None
