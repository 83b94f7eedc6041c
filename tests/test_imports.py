# SPDX-License-Identifier: GPL-2.0-or-later
"""The direction of the data is that of the imports: no room knows one that comes after it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import reviewtool

ROOT = Path(reviewtool.__file__).parent

# Room -> the rooms it may import from, beside the modules that lie in no room. What reads mail
# knows no kernel; what works something out knows no screen.
_CORE = {
    "archive": set[str](),
    "lineage": {"archive"},
    "tree": {"archive"},
    "interface": {"archive", "tree"},
    "kernel": {"tree"},
    "behaviour": {"archive", "lineage", "interface", "kernel"},
}
MAY_IMPORT = _CORE | {
    "review": {*_CORE},
    "report": {*_CORE, "review"},
    "tui": {*_CORE, "review", "report"},
    "cli": {*_CORE, "review", "report", "tui"},
}


def imports() -> Iterator[tuple[str, str, str]]:
    """Every import of one room by another: where it stands, the room, the one imported."""
    for path in sorted(ROOT.rglob("*.py")):
        room = path.relative_to(ROOT).parts[0]
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [each.name for each in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{each.name}" for each in node.names]
            for name in names:
                parts = name.split(".")
                if parts[0] == "reviewtool" and len(parts) > 1 and parts[1] in MAY_IMPORT:
                    where = f"{path.relative_to(ROOT.parent)}:{getattr(node, 'lineno', 0)}"
                    yield where, room, parts[1]


def test_every_room_has_its_place() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert rooms == {*MAY_IMPORT}


def test_no_room_imports_one_that_comes_after_it() -> None:
    found = list(imports())
    assert len(found) > 500
    assert [
        f"{where}: {room} imports {other}"
        for where, room, other in found
        if room in MAY_IMPORT and other != room and other not in MAY_IMPORT[room]
    ] == []


def test_what_lies_in_no_room_knows_none() -> None:
    assert [
        f"{where} imports {other}"
        for where, room, other in imports()
        if room not in MAY_IMPORT and room != "__main__.py"
    ] == []
