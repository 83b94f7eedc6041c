# SPDX-License-Identifier: GPL-2.0-or-later
"""Plain tables: aligned columns that fold where the screen ends, without boxes or colour."""

import io
from collections.abc import Sequence

from reviewtool.text import visible

WIDTH = 100


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int = WIDTH) -> str:
    """Lines of an aligned table; a column whose every cell is a number is set to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    for at, name in enumerate(head):
        numbers = bool(rows) and all(_number(row[at]) for row in rows)
        grid.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(visible(cell)) for cell in row))
    out = io.StringIO()
    Console(file=out, width=width, color_system=None, force_terminal=False).print(grid)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _number(cell: str) -> bool:
    return cell.replace(".", "", 1).replace(",", "").removesuffix(" s").isdigit() or cell == "-"
