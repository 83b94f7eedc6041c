# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture: every state named so that a person can read it, every change drawn."""

import re
import shutil
import subprocess

import pytest

from refmodel.world import World
from reviewtool.behaviour.explore import explore
from reviewtool.behaviour.graph import dot
from reviewtool.behaviour.minimal import minimise
from reviewtool.behaviour.models import load

WORLD = World(values=("A",), alias=False, kvm=False)


def test_every_class_of_states_is_a_node_and_every_change_an_arrow() -> None:
    machine = explore(load("rfc_missing"), WORLD)
    minimal = minimise(machine)
    text = dot(machine)
    nodes = re.findall(r"^  s(\d+) \[label=", text, re.MULTILINE)
    assert len(nodes) == len(set(nodes)) == len(minimal.rows)
    arrows = set(re.findall(r"^  s(\d+) -> s(\d+) ", text, re.MULTILINE))
    assert arrows == {
        (str(source), str(step[0]))
        for source, row in enumerate(minimal.rows)
        for step in row.values()
        if step[0] != source
    }


def test_states_carry_words_not_numbers() -> None:
    text = dot(explore(load("rfc_missing"), WORLD))
    assert "not registered" in text
    assert "u0 blocked on p0" in text
    assert "folio_lock(NULL)" in text
    assert "octagon" in text


def test_graphviz_reads_it() -> None:
    if shutil.which("dot") is None:
        pytest.skip("graphviz is not installed: no program dot")
    text = dot(explore(load("v3_minor_noalloc"), WORLD))
    drawn = subprocess.run(["dot", "-Tsvg"], input=text.encode(), capture_output=True, check=False)
    assert drawn.returncode == 0, drawn.stderr
    assert b"<svg" in drawn.stdout


def test_names_that_would_end_a_label_are_quoted() -> None:
    machine = explore(load("base"), WORLD)
    text = dot(machine)
    assert text.count('"') % 2 == 0
    assert text.endswith("}\n")
