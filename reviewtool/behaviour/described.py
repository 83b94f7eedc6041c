# SPDX-License-Identifier: GPL-2.0-or-later
"""A state of a model in words."""

from refmodel.world import MAPPED, MODE_FLAGS, POISON, Page, State, thread_name


def mode_of(state: State) -> str:
    """The registration in the vocabulary's words, '' for none."""
    return next((name for name, flags in MODE_FLAGS.items() if flags == state.flags), "")


def describe(state: State) -> str:
    """The state in words, one line: what a stepper or a graph shows."""
    if state.dead:
        return f"dead: {state.dead}"
    parts = [f"registered {mode_of(state)}" if state.flags else "not registered"]
    for index, page in enumerate(state.pages):
        words = [_cached(page)]
        words += [{MAPPED: "mapped", POISON: "poisoned"}[page.pte]] if page.pte else []
        words += ["in alias"] if page.alias else []
        words += ["in stage-2"] if page.stage2 else []
        words += ["bit set"] if page.bit else []
        words += ["out of the direct map"] if page.secret else []
        where = "" if index < state.size else " (past the end)"
        parts.append(f"p{index}{where} {' '.join(words)}")
    for index, waiting in enumerate(state.threads):
        if waiting is not None:
            parts.append(
                f"{thread_name(index, state)} blocked on p{waiting.page} "
                f"({waiting.access}, {waiting.event})"
            )
    parts += ["userfault on"] if state.userfault else []
    parts += ["memory leaked"] if state.leaked else []
    return "; ".join(parts)


def _cached(page: Page) -> str:
    if not page.present:
        return "absent"
    return page.content if page.uptodate else f"{page.content}, not uptodate"
