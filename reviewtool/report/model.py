# SPDX-License-Identifier: GPL-2.0-or-later
"""A reference model as text: its rules with their sources, and traces through it."""

import textwrap
from collections.abc import Sequence
from typing import Any

from refmodel.model import Model
from refmodel.world import World
from reviewtool.behaviour.described import describe
from reviewtool.behaviour.explore import Trace
from reviewtool.behaviour.properties import Answer


def model_shape(model: Model, answers: Sequence[Answer]) -> dict[str, Any]:
    """The model document."""
    return {
        "name": model.name,
        "title": model.title,
        "hooks": sorted(model.hooks),
        "rules": [
            {"function": rule.function, "source": rule.source, "text": rule.text}
            for rule in model.rules
        ],
        "properties": [
            {
                "question": one.question,
                "verdict": one.verdict,
                "detail": one.detail,
                "inputs": [str(each) for each in one.inputs],
                "observations": [str(each) for each in one.observations],
            }
            for one in answers
        ],
    }


def model_text(model: Model, answers: Sequence[Answer]) -> str:
    """What the model was asked, then every rule in force, the revision's own before the base's."""
    lines = [f"{model.name}: {model.title}", f"hooks: {', '.join(sorted(model.hooks)) or 'none'}"]
    lines += ["", "properties"]
    for one in answers:
        lines.append(f"    {one.verdict:15} {one.question}")
        if one.inputs:
            lines.append(f"{'':20}{one.detail}: {'; '.join(map(str, one.inputs))}")
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
