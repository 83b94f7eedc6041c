# SPDX-License-Identifier: GPL-2.0-or-later
"""A state machine as SVG where graphviz is there, and always as a table."""

import re
import subprocess
from dataclasses import dataclass, replace

from refmodel.vocabulary import Input
from refmodel.world import State
from reviewtool.behaviour.described import describe
from reviewtool.behaviour.explore import Machine, Transition
from reviewtool.behaviour.graph import dot
from reviewtool.behaviour.minimal import minimise
from reviewtool.text import visible

_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Picture:
    """``svg`` is "" where there is none, and ``why`` says why; ``rows`` are (state, operation and
    answer, next state) of the minimal machine, without what changes nothing."""

    svg: str
    why: str
    states: int
    rows: tuple[tuple[str, str, str], ...]


UNDRAWN = frozenset({"unregister", "dontneed", "punch", "wake", "writeprotect", "poison", "pread"})
"""Operations that lead from nearly everywhere to nearly anywhere: in the table, not the picture."""


def without(machine: Machine, operations: frozenset[str]) -> Machine:
    """What of ``machine`` can be reached without ``operations``, and how."""
    numbers = {0: 0}
    order = [0]
    rows: list[dict[Input, Transition]] = []
    for source in order:
        row: dict[Input, Transition] = {}
        for each, step in machine.rows[source].items():
            if each.op in operations:
                continue
            if step.target not in numbers:
                numbers[step.target] = len(order)
                order.append(step.target)
            row[each] = Transition(numbers[step.target], step.observation)
        rows.append(row)
    inputs = tuple(each for each in machine.inputs if each.op not in operations)
    states = tuple(machine.states[number] for number in order)
    return replace(machine, inputs=inputs, states=states, rows=tuple(rows))


def picture(machine: Machine, prefix: str) -> Picture:
    """Draw ``machine``; ids inside the SVG begin with ``prefix``."""
    if machine.partial:
        return Picture("", "The exploration was not finished: a part would mislead.", 0, ())
    minimal = minimise(machine)
    names: dict[int, State] = {}
    for state, its in zip(machine.states, minimal.members, strict=True):
        if its not in names or len(describe(state)) < len(describe(names[its])):
            names[its] = state
    rows = [
        (
            describe(names[source]),
            f"{each} / {seen}" if str(seen) != "ok" else str(each),
            describe(names[target]),
        )
        for source, row in enumerate(minimal.rows)
        for each, (target, seen) in row.items()
        if target != source
    ]
    svg, why = _svg(visible(dot(without(machine, UNDRAWN))), prefix)
    return Picture(svg, why, len(minimal.rows), tuple(rows))


def _svg(text: str, prefix: str) -> tuple[str, str]:
    try:
        done = subprocess.run(
            [
                "dot",
                "-Tsvg",
                "-Gbgcolor=white",
                "-Grankdir=TB",
                "-Gnodesep=0.35",
                "-Granksep=0.45",
                "-Nfontname=sans-serif",
                "-Efontname=sans-serif",
            ],
            input=text.encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return "", "There is no picture, as graphviz (dot) is not installed; the table has it all."
    except subprocess.TimeoutExpired:
        return "", f"graphviz did not draw it in {_SECONDS} seconds; the table has it all."
    if done.returncode:
        return "", f"graphviz could not draw it: {done.stderr.decode('utf-8', 'replace')[:200]}"
    drawn = done.stdout.decode("utf-8", "replace")
    body = drawn[drawn.index("<svg") :]
    body = re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL)
    body = re.sub(r"<title>.*?</title>\s*", "", body, flags=re.DOTALL)
    body = re.sub(r' xmlns(:xlink)?="[^"]*"', "", body)
    return re.sub(r'\bid="', f'id="{prefix}-', body), ""
