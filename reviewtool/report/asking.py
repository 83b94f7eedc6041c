# SPDX-License-Identifier: GPL-2.0-or-later
"""A sequence run on a kernel, as text and as the asked document."""

from typing import Any

from refmodel.vocabulary import allows, parse_observation
from refmodel.world import World
from reviewtool.behaviour.difference import CLOSE
from reviewtool.review.asking import AskedKernel
from reviewtool.text import visible_line

_FRAMES = 6  # innermost functions of a backtrace that are shown
_NOT_RUN = "-"


def asked_shape(world: World, asked: AskedKernel) -> dict[str, Any]:
    """The asked document. ``model`` is null where the revision has none."""
    return {
        "revision": asked.revision,
        "world": str(world),
        "model": asked.model or None,
        "kernel": asked.kernel,
        "agrees": asked.agrees,
        "steps": [
            {"input": each, "model": model, "kernel": kernel}
            for each, model, kernel, _ in _rows(asked)
        ],
        "complaints": [
            {"step": at, "kind": event.kind, "title": event.title, "frames": list(event.frames)}
            for at, event in asked.trace.events
        ],
    }


def asked_text(world: World, asked: AskedKernel) -> str:
    """A step a line: what the kernel answered, and the model where that says otherwise."""
    rows = _rows(asked)
    wide = max((len(each) for each, *_ in rows), default=0)
    lines = [f"{asked.revision}: {_verdict(asked)}", f"  world: {world}", ""]
    for at, (each, model, kernel, alike) in enumerate(rows):
        if alike:
            other = "" if model in (None, kernel) else f"   (model: {model}, be it what it may)"
            lines.append(f"    {each:{wide}}   {kernel}{other}")
        else:
            lines.append(f"  * {each:{wide}}   model: {model}   kernel: {kernel}")
        for step, event in asked.trace.events:
            if step == at or (step > at and at == len(rows) - 1):
                lines.append(f"      {event.kind}: {event.title}")
                lines += [f"        {frame}" for frame in event.frames[:_FRAMES]]
    return "\n".join(visible_line(line) for line in lines) + "\n"


def _verdict(asked: AskedKernel) -> str:
    if asked.agrees is None:
        return f"kernel {asked.kernel}; the revision has no model"
    does = "as the model" if asked.agrees else "NOT as the model"
    one = "; it has other answers, too: threads race, or a write() stays stopped"
    one = one if asked.open else ""
    return f"kernel {asked.kernel} does {does} {asked.model} says{one}"


def _rows(asked: AskedKernel) -> list[tuple[str, str | None, str, bool]]:
    """Input, model's answer, kernel's answer and whether that is what the model says. Closing is
    told only where something became of it."""
    inputs = [str(each) for each in asked.trace.inputs]
    seen = list(asked.trace.observations)
    expected = None if asked.expected is None else list(map(str, asked.expected))
    if len(seen) > len(inputs):
        inputs.append(CLOSE)
    rows: list[tuple[str, str | None, str, bool]] = []
    for at, each in enumerate(inputs):
        kernel = seen[at] if at < len(seen) else _NOT_RUN
        if expected is None:
            rows.append((each, None, kernel, True))
            continue
        model = expected[at] if at < len(expected) else "ok" if each == CLOSE else _NOT_RUN
        alike = kernel == model or allows(parse_observation(model), parse_observation(kernel))
        rows.append((each, model, kernel, alike))
    return rows
