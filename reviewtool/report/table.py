# SPDX-License-Identifier: GPL-2.0-or-later
"""Plain tables: aligned columns, one line a row, nothing folded: fit for a pipe and for mail."""

from collections.abc import Sequence

from reviewtool.text import visible_line


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lines of an aligned table; a column whose every cell is a number is set to the right."""
    shown = [[visible_line(cell) for cell in row] for row in rows]
    right = [bool(shown) and all(_number(row[at]) for row in shown) for at in range(len(head))]
    widths = [max(len(row[at]) for row in (head, *shown)) for at in range(len(head))]
    lines = [head, ["-" * width for width in widths], *shown]
    return "".join(_line(cells, widths, right) + "\n" for cells in lines)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        cell.rjust(width) if number else cell.ljust(width)
        for cell, width, number in zip(cells, widths, right, strict=True)
    )
    return "  ".join(padded).rstrip()


def _number(cell: str) -> bool:
    return cell.replace(".", "", 1).replace(",", "").isdigit() or cell == "-"
