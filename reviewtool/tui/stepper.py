# SPDX-License-Identifier: GPL-2.0-or-later
"""A distinguishing sequence played on both models side by side."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.reactive import reactive
from textual.widgets import Static

from refmodel.world import World
from reviewtool.behaviour.compare import Difference
from reviewtool.behaviour.explore import Trace, trace
from reviewtool.report.behaviour import side_by_side
from reviewtool.review.session import Session, model
from reviewtool.tui import draw
from reviewtool.tui.screens import ReviewScreen


class StepperScreen(ReviewScreen):
    """Forwards and backwards through one sequence; both worlds are drawn after each step."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down,right,full_stop,space,enter", "step(1)", "next step", key_display="j"),
        Binding("k,up,left,comma,backspace", "step(-1)", "step back", key_display="k"),
        Binding("y", "copy", "copy witness"),
        Binding("g", "go(0)", "start", show=False),
        Binding("G", "go(-1)", "end", show=False),
    ]
    at: reactive[int] = reactive(0)

    def __init__(
        self, session: Session, pair: tuple[str, str], world: World, shown: Difference
    ) -> None:
        super().__init__(shown.cause)
        self.pair = pair
        self.shown = shown
        self.traces: tuple[Trace, Trace] = (
            trace(model(session, pair[0]), world, shown.inputs),
            trace(model(session, pair[1]), world, shown.inputs),
        )

    def body(self) -> ComposeResult:
        yield Static(id="sequence", markup=False)
        with Horizontal(id="worlds"):
            yield Static(id="left", markup=False)
            yield Static(id="right", markup=False)

    def on_mount(self) -> None:
        self.draw_step()

    def action_step(self, step: int) -> None:
        self.at = min(max(self.at + step, 0), len(self.shown.inputs))

    def action_go(self, place: int) -> None:
        self.at = place if place >= 0 else len(self.shown.inputs)

    def action_copy(self) -> None:
        a, b = ((n, one.observations) for n, one in zip(self.pair, self.traces, strict=True))
        lines = [self.shown.cause, *side_by_side(self.shown.inputs, a, b)]
        self.app.copy_to_clipboard("\n".join(lines) + "\n")
        self.notify("copied the witness")

    def watch_at(self) -> None:
        if self.is_mounted:
            self.draw_step()

    def draw_step(self) -> None:
        """Show the sequence and both worlds as they are after step ``at``."""
        self.query_one("#sequence", Static).update(self._sequence())
        for name, one, place in zip(self.pair, self.traces, ("left", "right"), strict=True):
            self.query_one(f"#{place}", Static).update(self._world(name, one))

    def _sequence(self) -> Text:
        text = Text()
        for number, each in enumerate(self.shown.inputs, 1):
            mark = ">" if number == self.at else " "
            style = "bold" if number == self.at else "" if number < self.at else "dim"
            text.append(f"{mark} {number} {each}\n", style)
        return text

    def _world(self, name: str, one: Trace) -> Text:
        text = Text(f"{name}\n", "bold")
        if self.at:
            seen = [str(each.observations[self.at - 1]) for each in self.traces]
            style = "reverse" if seen[0] != seen[1] else ""
            text.append("saw ").append(str(one.observations[self.at - 1]), style).append("\n\n")
        else:
            text.append("before the first step\n\n")
        return text.append("\n".join(draw.world(one.states[self.at])))
