# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture: every state named so that a person can read it, every change drawn."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from refmodel.world import World
from reviewtool.behaviour.explore import explore
from reviewtool.behaviour.graph import dot
from reviewtool.behaviour.minimal import minimise
from reviewtool.behaviour.models import load
from reviewtool.cli.main import main

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


def test_the_picture_is_a_file_people_can_open(tmp_path: Path) -> None:
    if shutil.which("dot") is None:
        pytest.skip("graphviz is not installed: no program dot")
    drawn = tmp_path / "v3.svg"
    assert main(["model", "v3", "--svg", str(drawn), "--quiet", "--study", "embedded"]) == 0
    text = drawn.read_text("utf-8")
    assert text.startswith("<?xml")
    assert "u0 blocked on p0" in text


def test_without_graphviz_no_file_is_left_and_the_lack_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = tmp_path / "v3.svg"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["model", "v3", "--svg", str(drawn), "--quiet", "--study", "embedded"]) == 2
    assert "graphviz (dot) is not installed" in capsys.readouterr().err
    assert not drawn.exists()
