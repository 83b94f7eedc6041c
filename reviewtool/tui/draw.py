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
    """The world as a reader sees it: a line a page, then what the threads and KVM do."""
    if state.dead:
        return [f"the kernel is dead: {state.dead}"]
    lines = [f"{'page':7}{'page cache':20}{'user':10}{'alias':8}{'stage-2':9}bit"]
    for index, page in enumerate(state.pages):
        content = page.content if page.present else "absent"
        if page.present and not page.uptodate:
            content += " (not uptodate)"
        lines.append(
            f"p{index:<6}{content if index < state.size else 'past the end':20}"
            f"{page.pte or '-':10}{'mapped' if page.alias else '-':8}"
            f"{'mapped' if page.stage2 else '-':9}{'set' if page.bit else '-'}"
        )
    lines += [
        "",
        f"userfaultfd: {('registered ' + state.mode) if state.flags else 'not registered'}",
    ]
    for index, waiting in enumerate(state.threads):
        doing = "idle"
        if waiting is not None:
            doing = f"blocked: {waiting.access} p{waiting.page}, {waiting.event} event queued"
        lines.append(f"thread {thread_name(index, state)}: {doing}")
    return lines
