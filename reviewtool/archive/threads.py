# SPDX-License-Identifier: GPL-2.0-or-later
"""Which cover letter or patch a reply is about, by going up its thread."""

from collections.abc import Collection, Mapping, Sequence


def answered(
    parents: Mapping[str, Sequence[str]], members: Collection[str]
) -> dict[str, str | None]:
    """For each reply the first of ``members`` on its way up, None if there is none.

    ``parents`` gives, for each reply, what it answers, nearest first. Each step is taken once,
    so that a thread of any depth is quick, and a loop of references ends.
    """
    found: dict[str, str | None] = {}
    for reply in parents:
        path: dict[str, None] = {}
        here = reply
        target: str | None = None
        while here not in found and here not in path:
            path[here] = None
            near = next((p for p in parents[here] if p in members or p in parents), None)
            if near is None or near in members:
                target = near
                break
            here = near
        else:
            target = found.get(here)
        found.update(dict.fromkeys(path, target))
    return found
