# SPDX-License-Identifier: GPL-2.0-or-later
"""Races as text and as the races document."""

from typing import Any

from reviewtool.behaviour.races import RaceSearch


def races_shape(found: RaceSearch) -> dict[str, Any]:
    """The races document."""
    return {
        "pairs": found.pairs,
        "schedules": found.schedules,
        "partial": found.partial,
        "seconds": round(found.seconds, 2),
        "races": [
            {
                "finding": one.finding,
                "setup": [str(each) for each in one.setup],
                "operations": [[str(each) for each in own] for own in one.operations],
                "schedule": [list(step) for step in one.schedule],
                "results": [list(own) for own in one.results],
                "left": one.left,
            }
            for one in found.races
        ],
    }


def races_text(found: RaceSearch) -> str:
    """Each kind of finding with one schedule that shows it."""
    bound = " (the search was not finished)" if found.partial else ""
    searched = f"{found.pairs} pairs of operations, {found.schedules} schedules"
    lines = [f"{len(found.races)} races; {searched} in {found.seconds:.1f} s{bound}"]
    for number, one in enumerate(found.races, 1):
        lines += ["", f"{number:3}. {one.finding}"]
        before = "; ".join(map(str, one.setup))
        lines.append(f"       first {before or 'nothing'}; then together:")
        lines += [f"       [{who}] {what}" for who, what in one.schedule]
        for own, results in zip(one.operations, one.results, strict=True):
            lines.append(f"       {'; '.join(map(str, own))}: {', '.join(results)}")
        lines.append(f"       the page holds: {one.left or 'nothing'}")
    return "\n".join(lines) + "\n"
