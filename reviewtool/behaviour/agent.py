# SPDX-License-Identifier: GPL-2.0-or-later
"""The lines of a guest's console that are the agent's; all others are the kernel's."""

import json
from typing import Any

_PREFIX = "RT "


def agent_line(line: str) -> dict[str, Any] | None:
    """The agent's message in a console line, None if the line is the kernel's or damaged."""
    if not line.startswith(_PREFIX):
        return None
    try:
        message = json.loads(line[len(_PREFIX) :])
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
