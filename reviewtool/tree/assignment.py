# SPDX-License-Identifier: GPL-2.0-or-later
"""The assignment of least cost, where each side may also be left alone at a price.

Only pairs with a known cost are considered, and what no pair connects is decided apart: series are
long, but a patch has few that are like it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

_NEVER = float("inf")


def assign(
    costs: Mapping[tuple[int, int], int], alone_a: Mapping[int, int], alone_b: Mapping[int, int]
) -> list[tuple[int, int]]:
    """The pairs of the cheapest assignment; ``alone_a[i]`` is what leaving i of a alone costs."""
    pairs: list[tuple[int, int]] = []
    for rows, columns in _components(costs):
        pairs += _cheapest(costs, alone_a, alone_b, rows, columns)
    return sorted(pairs)


def _components(costs: Mapping[tuple[int, int], int]) -> Iterator[tuple[list[int], list[int]]]:
    near: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
    for i, j in costs:
        near["a", i].append(("b", j))
        near["b", j].append(("a", i))
    seen: set[tuple[str, int]] = set()
    for start in near:
        if start in seen:
            continue
        seen.add(start)
        group = [start]
        for each in group:
            for other in near[each]:
                if other not in seen:
                    seen.add(other)
                    group.append(other)
        yield (
            sorted(number for side, number in group if side == "a"),
            sorted(number for side, number in group if side == "b"),
        )


def _cheapest(
    costs: Mapping[tuple[int, int], int],
    alone_a: Mapping[int, int],
    alone_b: Mapping[int, int],
    rows: list[int],
    columns: list[int],
) -> list[tuple[int, int]]:
    """One component: a square of rows, each with a column of its own to be alone in, and so on."""
    n, m = len(rows), len(columns)
    size = n + m
    table = [[_NEVER] * size for _ in range(size)]
    for r, i in enumerate(rows):
        for c, j in enumerate(columns):
            table[r][c] = costs.get((i, j), _NEVER)
        table[r][m:] = [float(alone_a[i])] * n
    for r in range(n, size):
        table[r] = [float(alone_b[j]) for j in columns] + [0.0] * n
    chosen = _hungarian(table)
    return [(rows[r], columns[c]) for r, c in enumerate(chosen[:n]) if c < m]


def _hungarian(table: list[list[float]]) -> list[int]:
    """For each row its column, by shortest augmenting paths with potentials (Jonker, Volgenant)."""
    size = len(table)
    above, left = [0.0] * (size + 1), [0.0] * (size + 1)
    owner = [0] * (size + 1)
    for row in range(1, size + 1):
        owner[0] = row
        column = 0
        least = [_NEVER] * (size + 1)
        came = [0] * (size + 1)
        used = [False] * (size + 1)
        while owner[column]:
            used[column] = True
            here, delta, after = owner[column], _NEVER, 0
            for other in range(1, size + 1):
                if used[other]:
                    continue
                reach = table[here - 1][other - 1] - left[here] - above[other]
                if reach < least[other]:
                    least[other], came[other] = reach, column
                if least[other] < delta:
                    delta, after = least[other], other
            for other in range(size + 1):
                if used[other]:
                    left[owner[other]] += delta
                    above[other] -= delta
                else:
                    least[other] -= delta
            column = after
        while column:
            owner[column] = owner[came[column]]
            column = came[column]
    columns = [0] * size
    for column in range(1, size + 1):
        columns[owner[column] - 1] = column - 1
    return columns
