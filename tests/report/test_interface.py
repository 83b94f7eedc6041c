# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said of changes of the interface."""

from dataclasses import replace

import pytest

from reviewtool.interface.matrix import matrix
from reviewtool.interface.types import Change, Element, Snapshot
from reviewtool.report.interface import changes_text, outward


def test_a_type_no_hunk_shows_is_not_called_none() -> None:
    was = Element("function", "f", type="static void f(int a)", path="mm/x.c")
    now = replace(was, type="", state="changed", patch=5)
    told = changes_text([Change("function", "reimplemented", was, now, 5)])
    assert "f: reimplemented" in told
    assert "none" not in told


CALL = Element("function", "sys_mseal", type="SYSCALL_DEFINE2(mseal, size_t, len)", path="mm/x.c")


@pytest.mark.parametrize(
    ("snapshots", "shown"),
    [
        ((Snapshot("v1", True, (replace(CALL, state="added"),)),), True),
        ((Snapshot("v1", True, (replace(CALL, state="changed"),)),), False),
        ((Snapshot("v1", True, (), (replace(CALL, state="removed"),)),), True),
        (
            (
                Snapshot("v1", True, (replace(CALL, state="added"),)),
                Snapshot(
                    "v2", True, (replace(CALL, state="added", type="SYSCALL_DEFINE0(mseal)"),)
                ),
            ),
            True,
        ),
        ((Snapshot("v1", True, (replace(CALL, name="f", type="int f()", state="added"),)),), False),
    ],
    ids=["comes", "body changes", "goes", "takes other arguments", "no system call"],
)
def test_a_system_call_is_a_row_of_the_matrix(snapshots: tuple[Snapshot, ...], shown: bool) -> None:
    (row,) = matrix(snapshots).rows
    assert outward(row) is shown
