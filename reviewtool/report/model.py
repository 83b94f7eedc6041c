# SPDX-License-Identifier: GPL-2.0-or-later
"""A reference model as text: its rules with their sources, and traces through it."""

import textwrap
from typing import Any

from refmodel.model import Model
from refmodel.world import World, describe
from reviewtool.behaviour.explore import Trace


def model_shape(model: Model) -> dict[str, Any]:
    """The model document."""
    return {
        "name": model.name,
        "title": model.title,
        "hooks": sorted(model.hooks),
        "rules": [
            {"function": rule.function, "source": rule.source, "text": rule.text}
            for rule in model.rules
        ],
    }


def model_text(model: Model) -> str:
    """Every rule in force, the revision's own before the base's, each with its source."""
    lines = [f"{model.name}: {model.title}", f"hooks: {', '.join(sorted(model.hooks)) or 'none'}"]
    for rule in model.rules:
        lines += ["", rule.function]
        lines += textwrap.wrap(rule.text, 76, initial_indent="    ", subsequent_indent="    ")
        lines += textwrap.wrap(rule.source, 76, initial_indent="    [", subsequent_indent="     ")
        lines[-1] += "]"
    return "\n".join(lines) + "\n"


def trace_shape(world: World, trace: Trace) -> dict[str, Any]:
    """The trace document: each step's input, observation and the state after it."""
    return {
        "world": str(world),
        "steps": [
            {"input": str(each), "observation": str(seen), "state": describe(state)}
            for each, seen, state in zip(
                trace.inputs, trace.observations, trace.states[1:], strict=True
            )
        ],
    }


def trace_text(world: World, trace: Trace) -> str:
    """A step a paragraph: what was done, what was seen, what the world is then."""
    lines = [f"world: {world}", f"          {describe(trace.states[0])}"]
    for each, seen, state in zip(trace.inputs, trace.observations, trace.states[1:], strict=True):
        lines += ["", f"{each}", f"    saw   {seen}", f"    state {describe(state)}"]
    return "\n".join(lines) + "\n"
