# SPDX-License-Identifier: GPL-2.0-or-later
"""What was learned from a kernel, as text and as the learn document."""

from typing import Any

from reviewtool.review.learning import LearnedRevision

_UNSETTLED = (
    "  NOT SETTLED: the kernel itself does not answer so; it has states not found: more --extra"
)


def learned_shape(found: LearnedRevision) -> dict[str, Any]:
    """The learn document. ``machine`` lists, for each state, input -> [state, answer]."""
    learned = found.learned
    told = found.difference
    return {
        "revision": found.revision,
        "model": found.model,
        "kernel": found.kernel,
        "world": str(learned.world),
        "bisimilar": told is None,
        "confirmed": found.confirmed,
        "states": learned.states,
        "model_states": found.states,
        "extra": learned.extra,
        "hypotheses": learned.hypotheses,
        "sequences": learned.sequences,
        "steps": learned.steps,
        "guests": learned.guests,
        "deaths": learned.deaths,
        "left_out": learned.left_out,
        "seconds": round(learned.seconds, 1),
        "remembered": learned.remembered,
        "difference": None
        if told is None
        else {
            "inputs": [str(each) for each in told.inputs],
            "model": [str(each) for each in told.a],
            "kernel": [str(each) for each in told.b],
        },
        "machine": [
            {str(each): [target, str(seen)] for each, (target, seen) in row.items()}
            for row in learned.rows
        ],
    }


def learned_text(found: LearnedRevision) -> str:
    """The verdict first, then what it rests on."""
    learned = found.learned
    if found.difference is None:
        told = "the machine learned from the kernel is bisimilar to the model"
        lines = [f"{found.revision}: {told} {found.model}: {learned.states} states"]
    else:
        told = f"the machine learned from the kernel ({learned.states} states) DIFFERS from"
        lines = [
            f"{found.revision}: {told} the model {found.model} ({found.states} states)",
            "",
            *_side_by_side(found),
            "",
            *([] if found.confirmed else [_UNSETTLED]),
        ]
    more = "one state" if learned.extra == 1 else f"{learned.extra} states"
    beyond = f"at most {more} more" if learned.extra else "no more states"
    asked = f"{learned.sequences} sequences, {learned.steps} steps, {learned.seconds:.0f} s"
    lines += [
        f"  world: {learned.world}; {len(learned.inputs)} inputs",
        f"  asked of kernel {found.kernel}, of no model: {asked}",
        f"  guests: {learned.guests}, of which {learned.deaths} died over an answer",
        f"  certain if the kernel has {beyond} than were learned",
    ]
    if learned.remembered:
        lines.append(
            "  learned before, of the same kernel by the same driver: --again does it anew"
        )
    if learned.left_out:
        ends = "a step that kills in the same state after another sequence"
        lines.append(f"  not run: the end of {learned.left_out} sequences, {ends}")
    return "\n".join(lines) + "\n"


def _side_by_side(found: LearnedRevision) -> list[str]:
    told = found.difference
    if told is None:
        return []
    rows = [
        (str(each), str(model), str(kernel))
        for each, model, kernel in zip(told.inputs, told.a, told.b, strict=True)
    ]
    wide = max(len(each) for each, _, _ in rows)
    middle = max(len(model) for _, model, _ in [*rows, ("", "model", "")])
    return [
        f"    {'':{wide}}   {'model':{middle}}   kernel",
        *(
            f"  {' ' if model == kernel else '*'} {each:{wide}}   {model:{middle}}   {kernel}"
            for each, model, kernel in rows
        ),
    ]
