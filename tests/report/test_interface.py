# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said of changes of the interface."""

from dataclasses import replace

from reviewtool.interface.types import Change, Element
from reviewtool.report.interface import changes_text


def test_a_type_no_hunk_shows_is_not_called_none() -> None:
    was = Element("function", "f", type="static void f(int a)", path="mm/x.c")
    now = replace(was, type="", state="changed", patch=5)
    told = changes_text([Change("function", "reimplemented", was, now, 5)])
    assert "f: reimplemented" in told
    assert "none" not in told
