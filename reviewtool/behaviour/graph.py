# SPDX-License-Identifier: GPL-2.0-or-later
"""The state machine as a picture: Graphviz's dot text of the minimal machine, with readable names.

Every state is one class of states no sequence tells apart; it is named by its simplest member.
Inputs that lead from one state to the same other one are one arrow.
"""

from collections.abc import Iterator

from refmodel.vocabulary import Input, Observation
from refmodel.world import State
from reviewtool.behaviour.described import describe
from reviewtool.behaviour.explore import Machine
from reviewtool.behaviour.minimal import Minimal, minimise

_WRAP = 28


def dot(machine: Machine) -> str:
    """Dot text of ``machine``, which must be complete.  Inputs that change nothing are left out."""
    minimal = minimise(machine)
    lines = [f"digraph {_quoted(machine.model)} {{"]
    lines.append(
        "  graph [rankdir=LR, label=" + _quoted(f"{machine.model}: {machine.world}") + "];"
    )
    lines.append("  node [shape=box, style=rounded, fontsize=10];")
    lines.append("  edge [fontsize=9];")
    for number, state in enumerate(representatives(machine, minimal)):
        shape = ", shape=octagon, color=red" if state.dead else ""
        bold = ", penwidth=2" if number == 0 else ""
        lines.append(f"  s{number} [label={_quoted(_wrapped(describe(state)))}{shape}{bold}];")
    for (source, target), told in sorted(arrows(minimal).items()):
        label = "\n".join(told[:4] + ([f"and {len(told) - 4} more"] if len(told) > 4 else []))
        lines.append(f"  s{source} -> s{target} [label={_quoted(label)}];")
    return "\n".join([*lines, "}", ""])


def representatives(machine: Machine, minimal: Minimal) -> Iterator[State]:
    """For each class of ``minimal`` its simplest state, in order."""
    simplest: dict[int, State] = {}
    for state, its in zip(machine.states, minimal.members, strict=True):
        before = simplest.get(its)
        if before is None or len(describe(state)) < len(describe(before)):
            simplest[its] = state
    for its in sorted(simplest):
        yield simplest[its]


def arrows(minimal: Minimal) -> dict[tuple[int, int], list[str]]:
    """The inputs, with what they answer, that lead from one class to another."""
    found: dict[tuple[int, int], list[str]] = {}
    for source, row in enumerate(minimal.rows):
        for each, (target, seen) in row.items():
            if target != source:
                found.setdefault((source, target), []).append(_label(each, seen))
    return found


def _label(each: Input, seen: Observation) -> str:
    return f"{each} / {seen}" if str(seen) != "ok" else str(each)


def _wrapped(text: str) -> str:
    lines, line = [], ""
    for part in text.split("; "):
        if line and len(line) + len(part) > _WRAP:
            lines.append(line)
            line = part
        else:
            line = f"{line}; {part}" if line else part
    return "\n".join([*lines, line])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
