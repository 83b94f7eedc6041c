# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel's answers as a file."""

from pathlib import Path

import pytest

from refmodel.vocabulary import observation, parse
from reviewtool.behaviour.answers import Answers, Node, read_answers, write_answers

READ, WRITE, PUNCH = parse("read u0 p0; pwrite p0 A; punch p0")


def test_what_was_filed_is_read_back(tmp_path: Path) -> None:
    zero, blocked = observation("value zero"), observation("blocked", "event minor p0 read")
    known = {
        READ: Node(zero, {WRITE: Node(observation("oops"), None), PUNCH: Node(blocked)}),
        PUNCH: Node(zero, {READ: Node(zero, {READ: Node(zero)})}),
    }
    answers = Answers(known, 3, 7, 2, 1, 0.5)
    write_answers(tmp_path / "filed", answers)
    assert read_answers(tmp_path / "filed") == answers


def test_there_may_be_none(tmp_path: Path) -> None:
    write_answers(tmp_path / "filed", Answers())
    assert read_answers(tmp_path / "filed") == Answers()
    assert read_answers(tmp_path / "nowhere") == Answers()


@pytest.mark.parametrize("left", [0, 1, 20])
def test_a_file_that_was_cut_short_counts_as_none(tmp_path: Path, left: int) -> None:
    path = tmp_path / "filed"
    write_answers(path, Answers({READ: Node(observation("ok"))}))
    path.write_bytes(path.read_bytes()[:left])
    assert read_answers(path) == Answers()
