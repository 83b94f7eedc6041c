# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures in text, without a screen: diffs in colour, the world of a model."""

from collections.abc import Sequence

from rich.text import Text

from refmodel.world import State, thread_name
from reviewtool.behaviour.described import mode_of
from reviewtool.tui.reading import Line, line

_STYLES = (
    ("diff --git", "bold"),
    ("@@", "cyan"),
    ("+++", "bold"),
    ("---", "bold"),
    ("+", "green"),
    ("-", "red"),
)
_WIDTHS = (4, 8, 8, 7, 7, 4)


def diff(lines: Sequence[str]) -> list[Line]:
    """A diff with git's colours; the first character of a line tells as much without them."""
    return [_coloured(each, each) for each in lines]


def interdiff(lines: Sequence[str]) -> list[Line]:
    """A diff of diffs: what is new or gone stands out, and inside it what the patch does."""
    shown = []
    for each in lines:
        if each[:1] in ("+", "-") and not each.startswith(("+++", "---")):
            shown.append(line(each, {"+": "green", "-": "red"}[each[0]], "reverse"))
        else:
            shown.append(_coloured(each, each[1:] if each[:1] == " " else each, "dim"))
    return shown


def _coloured(text: str, judged: str, other: str = "") -> Line:
    style = next((style for mark, style in _STYLES if judged.startswith(mark)), other)
    return line(text, style)


def world(state: State) -> list[str]:
    """The world as a reader sees it, within 37 columns: a line a page, then threads and KVM."""
    if state.dead:
        return ["the kernel is dead:", state.dead]
    lines = [_joined(("", "cache", "user", "alias", "stage2", "bit"))]
    for index, page in enumerate(state.pages):
        content = page.content if page.present else "-"
        content = content if page.uptodate or not page.present else f"~{content}"
        cells = (
            f"p{index}",
            content if index < state.size else "none",
            page.pte or "-",
            "mapped" if page.alias else "-",
            "mapped" if page.stage2 else "-",
            "set" if page.bit else "-",
        )
        lines.append(_joined(cells))
    if any(page.present and not page.uptodate for page in state.pages):
        lines.append("~ not uptodate")
    mode = f"registered {mode_of(state)}" if state.flags else "not registered"
    lines += ["", f"userfaultfd: {mode}"]
    for index, waiting in enumerate(state.threads):
        name = thread_name(index, state)
        if waiting is None:
            lines.append(f"{name}: idle")
        else:
            lines.append(f"{name}: blocked, {waiting.access} p{waiting.page} ({waiting.event})")
    return lines


def _joined(cells: Sequence[str]) -> str:
    padded = (cell.ljust(wide - 1) for cell, wide in zip(cells, _WIDTHS, strict=True))
    return " ".join(padded).rstrip()


def changed(before: Sequence[str], after: Sequence[str]) -> Text:
    """``after`` with the lines in bold that the last step changed."""
    text = Text()
    for each in after:
        text.append(each + "\n", "" if each in before else "bold")
    return text
