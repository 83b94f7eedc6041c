# SPDX-License-Identifier: GPL-2.0-or-later
"""Initialisers read from the lines around them, against the same read from the whole file."""

import random
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewtool.interface.initialisers import initialisers, places
from reviewtool.interface.objects import objects
from reviewtool.interface.source import read_windows
from reviewtool.interface.spots import read_initialisers
from reviewtool.interface.types import Element

STRUCT = "vm_ops"
NAMES = (STRUCT.encode(),)

_INITIALISERS = [
    "static struct vm_ops a = {\n\t.open = f,\n#ifdef B\n\t.close = g,\n#endif\n};\n",
    "struct\nvm_ops b __init = { .open = f }\n;\n",
    "struct vm_ops *p;\n",
    "struct vm_ops c[] = { { .open = f }, /* } */ { .close = \"}\" } };\n",
    "#define M struct vm_ops m = { .open = f }\n",
    "#define N \\\nstruct vm_ops n = { .open = f };\n",
    "/* struct vm_ops not = { .open = f }; */ struct vm_ops d = { .open = h };\n",
]  # fmt: skip
_PIECES = [
    *_INITIALISERS,
    "/*", "*/", "//", '"', "'", "\\", "\n", "\\\n", "\\\r\n", "\r\n", "/*/", "{", "}", "(", ")",
    "=", ";", " ", "/* c */", "struct", "struct ", "vm_ops", " vm_ops x = {", ".open = f", "};\n",
    '"/*"', "// x\\\n", "\n#if 0\n", "\n#if A /* a\n */\n", "#ifdef C\n", "\n#ifndef D\n",
    "#define D\n", "\n#else\n", "\n#endif\n", "\n#endif /* CONFIG_X */\n", "/* */ #if E\n",
    "\n#elif F || \\\n G\n", "\n# include <x>\n", "\n#endif // CONFIG_Y\n", "__init", " " * 90,
]  # fmt: skip


def _here(raw: bytes) -> list[Element]:
    return list(objects(read_initialisers("a.c", raw, NAMES, places(NAMES, raw)), STRUCT.__eq__))


def _whole(raw: bytes) -> list[Element]:
    return list(objects(read_windows("a.c", raw, partial(initialisers, NAMES)), STRUCT.__eq__))


@settings(max_examples=300)
@given(st.lists(st.sampled_from(_PIECES), max_size=25).map(lambda parts: "".join(parts).encode()))
def test_nothing_differs_from_reading_the_whole_file(raw: bytes) -> None:
    assert _here(raw) == _whole(raw)


@pytest.mark.parametrize("seed", range(3))
def test_nor_where_most_is_well_formed(seed: int) -> None:
    """Files of initialisers with a little else between: what real files have."""
    draw = random.Random(seed)
    told = 0
    for _ in range(1000):
        parts = draw.choices(_INITIALISERS, k=3) + draw.choices(_PIECES, k=draw.randint(1, 8))
        draw.shuffle(parts)
        raw = "".join(parts).encode()
        assert _here(raw) == _whole(raw), raw
        told += bool(_here(raw))
    assert told > 500


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        pytest.param("/* struct vm_ops a = {\n.open = f };", [], id="a comment without end"),
        pytest.param("/*/ struct vm_ops a = { .open = f }; /*/", [], id="no comment is that short"),
        pytest.param(
            'char *glob = "/*";\nstruct vm_ops a = { .open = f };',
            [("a.open", "", 2)],
            id="an opener in a string",
        ),
        pytest.param(
            "#define M \\\r\nstruct vm_ops a = { .open = f };\r\n", [], id="a macro's second line"
        ),
        pytest.param(
            "#if 0\nstruct vm_ops a = { .open = f };\n#endif\nstruct vm_ops b = { .open = f };",
            [("b.open", "", 4)],
            id="never compiled",
        ),
        pytest.param(
            "#ifndef X_H\n/* # */\n#define X_H\n#ifdef A\nstruct vm_ops a = { .open = f };\n"
            "#endif\n#endif",
            [("a.open", "A", 5)],
            id="a guard of an include",
        ),
        pytest.param(
            "/*\n#ifdef A\n*/ #ifdef B\nstruct vm_ops a = { .open = f };\n#endif",
            [("a.open", "B", 4)],
            id="a condition after a comment, and one in it",
        ),
        pytest.param(
            "struct vm_ops a = { .open = f };\n#else\n#endif /* CONFIG_A */\n",
            [("a.open", "CONFIG_A", 1)],
            id="a condition opened above what is seen",
        ),
    ],
)
def test_what_is_found_and_under_which_condition(
    text: str, slots: list[tuple[str, str, int]]
) -> None:
    assert [(one.name, one.guard, one.line) for one in _here(text.encode())] == slots
