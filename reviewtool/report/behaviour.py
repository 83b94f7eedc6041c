# SPDX-License-Identifier: GPL-2.0-or-later
"""Behaviour as text: differences with their shortest sequences, traces, rules."""

from collections.abc import Sequence
from typing import Any

from refmodel.vocabulary import Input, Observation
from reviewtool.behaviour.compare import BehaviourDiff, Difference


def behaviour_shape(diff: BehaviourDiff) -> dict[str, Any]:
    """The ``behaviour`` part of the diff document."""
    return {
        "world": str(diff.world),
        "states": diff.states,
        "seconds": round(diff.seconds, 3),
        "equivalent": diff.equivalent,
        "partial": diff.partial,
        "left_out": list(diff.left_out),
        "not_common": list(diff.not_common),
        "differences": [
            {
                "cause": one.cause,
                "inputs": [str(each) for each in one.inputs],
                "a": [str(each) for each in one.a],
                "b": [str(each) for each in one.b],
            }
            for one in diff.differences
        ],
    }


def behaviour_text(diff: BehaviourDiff, a: str, b: str) -> str:
    """Every difference with its shortest sequence and what each revision answers to it."""
    rate = diff.states / diff.seconds if diff.seconds else diff.states
    lines = [
        f"{diff.verdict}; world: {diff.world}",
        f"{diff.states} pairs of states explored in {diff.seconds:.2f} s ({rate:.0f} a second)",
    ]
    if diff.left_out:
        lines.append(f"left out, as pages influence each other here: {', '.join(diff.left_out)}")
    if diff.not_common:
        lines.append(f"not asked, as only one of them has it: {', '.join(diff.not_common)}")
    if diff.partial:
        lines.append(
            "PARTIAL: nothing follows from what is not listed; give a greater --limit or more "
            "time, or take fewer --pages and --threads"
        )
    for number, one in enumerate(diff.differences, 1):
        lines += ["", f"{number:3}. {one.cause}", *_witness(one, a, b)]
    return "\n".join(lines) + "\n"


def _witness(one: Difference, a: str, b: str) -> list[str]:
    return side_by_side(one.inputs, (a, one.a), (b, one.b))


def side_by_side(
    inputs: Sequence[Input],
    left: tuple[str, Sequence[Observation]],
    right: tuple[str, Sequence[Observation]],
) -> list[str]:
    """Two traces of the same inputs, a line a step; ``*`` marks the steps that differ."""
    steps = [str(each) for each in inputs]
    names = (left[0], right[0])
    ours = [str(each) for each in left[1]]
    theirs = [str(each) for each in right[1]]
    first = max(len(text) for text in ("", *steps))
    second = max(len(text) for text in (names[0], *ours))
    lines = [f"     {'':{first}}   {names[0]:{second}}   {names[1]}"]
    for step, one, other in zip(steps, ours, theirs, strict=False):
        mark = " " if one == other else "*"
        lines.append(f"   {mark} {step:{first}}   {one:{second}}   {other}")
    return [line.rstrip() for line in lines]
