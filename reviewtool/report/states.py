# SPDX-License-Identifier: GPL-2.0-or-later
"""A state machine as text: each state with where its operations lead."""

from reviewtool.behaviour.described import describe
from reviewtool.behaviour.explore import Machine
from reviewtool.behaviour.graph import arrows, representatives
from reviewtool.behaviour.minimal import minimise


def states_text(machine: Machine) -> str:
    """The minimal machine, a state a paragraph; operations that change nothing are left out."""
    minimal = minimise(machine)
    states = list(representatives(machine, minimal))
    lines = [
        f"{len(states)} states that some sequence tells apart, of {len(machine.states)} reachable",
        f"world: {machine.world}",
        "An operation stands with its answer unless that is ok.",
    ]
    leads = arrows(minimal)
    for number, state in enumerate(states):
        first = "  (initial)" if number == 0 else ""
        lines += ["", f"s{number}{first}  {describe(state)}"]
        for (source, target), told in sorted(leads.items()):
            if source == number:
                lines += [f"    -> s{target:<4} {each}" for each in told]
    return "\n".join(lines) + "\n"
