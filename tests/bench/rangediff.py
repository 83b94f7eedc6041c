# SPDX-License-Identifier: GPL-2.0-or-later
"""Range-diff from mail: two revisions of a series of 1,000 patches."""

import random
import time
from collections.abc import Sequence

from reviewtool.archive.types import Patch
from reviewtool.tree.mailrange import mail_range

PATCHES = 1000
LINES = 30


def series(count: int = PATCHES, seed: int = 1) -> tuple[list[Patch], list[Patch]]:
    """A series and its next revision: a fifth changed, some dropped, some new, some moved."""
    chance = random.Random(seed)
    old = [
        _patch(n, [f"call_{n}_{line}(thing, {line});" for line in range(LINES)])
        for n in range(count)
    ]
    new: list[Patch] = []
    for n in range(count):
        body = [f"call_{n}_{line}(thing, {line});" for line in range(LINES)]
        if chance.random() < 0.02:
            continue
        if chance.random() < 0.2:
            for line in chance.sample(range(LINES), 4):
                body[line] = f"other_{n}_{line}(thing);"
        new.append(_patch(n, body))
        if chance.random() < 0.02:
            new.append(_patch(n + 10 * count, [f"fresh_{n}_{line}();" for line in range(LINES)]))
    at = chance.randrange(len(new) - 20)
    moved = new[at : at + 5]
    del new[at : at + 5]
    new[at + 10 : at + 10] = moved
    return _numbered(old), _numbered(new)


def _patch(number: int, body: Sequence[str]) -> Patch:
    path = f"mm/file{number % 40}.c"
    lines = "".join(f"+\t{line}\n" for line in body)
    diff = (
        f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n"
        f"@@ -{number + 1},2 +{number + 1},{2 + len(body)} @@ int function_{number}(void)\n"
        f" {{\n{lines} }}\n"
    )
    return Patch(number, 0, f"mm: step {number}", f"{number}@x", "", "", "Why.\n", diff, (), b"")


def _numbered(patches: Sequence[Patch]) -> list[Patch]:
    from dataclasses import replace

    return [replace(one, index=n, total=len(patches)) for n, one in enumerate(patches, 1)]


def main() -> None:
    old, new = series()
    started = time.perf_counter()
    pairs = mail_range(old, new)
    seconds = time.perf_counter() - started
    states = [one.state for one in pairs]
    told = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
    print(f"   {len(old)} patches against {len(new)}: {seconds:.2f} s (wanted: 5); {told}")


if __name__ == "__main__":
    main()
