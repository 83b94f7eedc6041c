# SPDX-License-Identifier: GPL-2.0-or-later
"""A distinguishing sequence played on both models side by side."""

from collections.abc import Sequence
from dataclasses import replace
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
from reviewtool.progress import SILENT
from reviewtool.report.behaviour import side_by_side
from reviewtool.review.session import Session, model
from reviewtool.tui import draw
from reviewtool.tui.jobs import Job
from reviewtool.tui.screens import ReviewScreen, digits
from reviewtool.tui.witness import Witnessed, witnessed


class StepperScreen(ReviewScreen):
    """Forwards and backwards through one sequence; both worlds are drawn after each step."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down,right,l,full_stop,space,enter", "step(1)", "step", key_display="j"),
        Binding("k,up,left,h,comma,backspace", "step(-1)", "back", key_display="k"),
        Binding("right_square_bracket", "other(1)", "next", key_display="]"),
        Binding("left_square_bracket", "other(-1)", "previous", key_display="[", show=False),
        Binding("y", "copy", "copy"),
        Binding("r", "reply", "reply"),
        *digits("step"),
        Binding("g,home", "go(0)", "start", show=False),
        Binding("G,end", "go(-1)", "end", show=False),
    ]
    at: reactive[int] = reactive(0)

    def __init__(
        self,
        session: Session,
        pair: tuple[str, str],
        world: World,
        every: Sequence[Difference],
        number: int,
    ) -> None:
        super().__init__("")
        self.session = session
        self.pair = pair
        self.world = world
        self.every = tuple(every)
        self.number = number
        self.traces: tuple[Trace, ...] = ()
        self._take(number)

    def _take(self, number: int) -> None:
        self.number = number
        self.difference = self.every[number]
        self.traces = tuple(
            trace(model(self.session, name), self.world, self.difference.inputs)
            for name in self.pair
        )

    @property
    def revision(self) -> str | None:
        return self.pair[1]

    def body(self) -> ComposeResult:
        yield Static(id="sequence", markup=False)
        yield Static("─" * 400, classes="rule", markup=False)
        with Horizontal(id="worlds"):
            yield Static(id="left", markup=False)
            yield Static(id="right", markup=False)

    def ready(self) -> None:
        self.draw_step()

    def action_step(self, step: int) -> None:
        self.at = min(max(self.at + step, 0), len(self.difference.inputs))

    def action_go(self, place: int) -> None:
        self.at = place if place >= 0 else len(self.difference.inputs)

    def action_number(self, digit: int) -> None:
        self.at = min(digit, len(self.difference.inputs))

    def action_other(self, step: int) -> None:
        """Another difference of the same two revisions."""
        self._take((self.number + step) % len(self.every))
        self.at = 0
        self.draw_step()

    def action_copy(self) -> None:
        a, b = ((n, one.observations) for n, one in zip(self.pair, self.traces, strict=True))
        lines = [self.difference.cause, *side_by_side(self.difference.inputs, a, b)]
        self.app.copy_to_clipboard("\n".join(lines) + "\n")
        self.notify("copied the witness", timeout=2)

    def action_reply(self) -> None:
        """A reply to the patch that makes the difference: its hunk quoted, the witness below."""
        chosen = self.difference

        def find(job: Job) -> Witnessed:
            alone = replace(self.session, progress=SILENT)  # the rest of a session can be sent
            return self.review.apart.run(job, witnessed, alone, self.pair, self.world, chosen)

        self.work_on("looking for the patch that makes it", find, self._offer)

    def _offer(self, found: Witnessed) -> None:
        self.review.offer(self.pair[1], found.number, found.text)

    def watch_at(self) -> None:
        if self.is_mounted:
            self.draw_step()

    def draw_step(self) -> None:
        """Show the sequence and both worlds as they are after step ``at``."""
        told = f"{self.number + 1}/{len(self.every)} {self.difference.cause}"
        self.heading(told)
        self.query_one("#sequence", Static).update(self._sequence())
        for name, one, place in zip(self.pair, self.traces, ("left", "right"), strict=True):
            self.query_one(f"#{place}", Static).update(self._world(name, one), layout=False)

    def _sequence(self) -> Text:
        text = Text()
        for number, each in enumerate(self.difference.inputs, 1):
            mark = ">" if number == self.at else " "
            style = "bold" if number == self.at else "" if number < self.at else "dim"
            text.append(f"{mark} {number} {each}\n", style)
        if self.at == 0:
            text.append("j steps through it, k back")
        text.rstrip()
        return text

    def _world(self, name: str, one: Trace) -> Text:
        text = Text().append(f"{name}\n", "bold")
        now = draw.world(one.states[self.at])
        if not self.at:
            return text.append("before the first step\n\n").append("\n".join(now))
        seen = [str(each.observations[self.at - 1]) for each in self.traces]
        style = "reverse" if seen[0] != seen[1] else ""
        text.append("saw ").append(str(one.observations[self.at - 1]), style).append("\n\n")
        return text.append(draw.changed(draw.world(one.states[self.at - 1]), now))
