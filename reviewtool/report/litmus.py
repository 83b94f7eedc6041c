# SPDX-License-Identifier: GPL-2.0-or-later
"""The two answers about the userfault bitmap, side by side."""

from typing import Any

from reviewtool.behaviour.litmus import Ordering


def ordering_shape(found: Ordering) -> dict[str, Any]:
    """The litmus document."""
    return {
        "model": found.name,
        "load": found.load,
        "litmus": found.litmus,
        "stale_page": {"model": found.model, "lkmm": found.lkmm},
        "agree": found.agree,
        "lacking": found.lacking or None,
    }


def ordering_text(found: Ordering) -> str:
    """The question, each one's answer, and the test, which herd7 takes as it stands."""
    ours = "yes: a schedule shows it (reviewtool races)" if found.model else "no schedule does"
    theirs = found.lkmm or f"not asked: {found.lacking}"
    verdict = {True: "they agree", False: "THEY DISAGREE", None: "one answer only"}[found.agree]
    return (
        f"{found.name}: can a vCPU read a stale page through a cleared bit of the bitmap?\n"
        f"  bit loaded by          {found.load}\n"
        f"  model, interleavings   {ours}\n"
        f"  herd7, kernel's LKMM   {theirs}\n"
        f"  {verdict}\n\n{found.litmus}"
    )
