# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures in text, without a screen: diffs in colour, the world of a model."""

from rich.text import Text

from refmodel.world import State, thread_name
from reviewtool.text import visible

_STYLES = (
    ("diff --git", "bold"),
    ("@@", "cyan"),
    ("+++", "bold"),
    ("---", "bold"),
    ("+", "green"),
    ("-", "red"),
)


def diff(text: str) -> Text:
    """A diff with git's colours; the first character of a line tells as much without them."""
    shown = Text(no_wrap=True)
    for line in text.splitlines():
        style = next((style for mark, style in _STYLES if line.startswith(mark)), "")
        shown.append(visible(line) + "\n", style)
    return shown


def world(state: State) -> list[str]:
    """The world as a reader sees it, within 38 columns: a line a page, then threads and KVM."""
    if state.dead:
        return ["the kernel is dead:", state.dead]
    lines = ["     cache    user     alias stage2 bit"]
    for index, page in enumerate(state.pages):
        content = page.content if page.present else "-"
        content = content if page.uptodate or not page.present else f"~{content}"
        cells = (
            f"p{index}",
            content if index < state.size else "(no page)",
            page.pte or "-",
            "mapped" if page.alias else "-",
            "mapped" if page.stage2 else "-",
            "set" if page.bit else "-",
        )
        widths = (4, 9, 9, 7, 7, 3)
        lines.append(
            " ".join(cell.ljust(wide - 1) for cell, wide in zip(cells, widths, strict=True))
        )
    if any(page.present and not page.uptodate for page in state.pages):
        lines.append("~ not uptodate")
    mode = f"registered {state.mode}" if state.flags else "not registered"
    lines += ["", f"userfaultfd: {mode}"]
    for index, waiting in enumerate(state.threads):
        name = thread_name(index, state)
        if waiting is None:
            lines.append(f"{name}: idle")
        else:
            lines.append(f"{name}: blocked, {waiting.access} p{waiting.page} ({waiting.event})")
    return lines
