# SPDX-License-Identifier: GPL-2.0-or-later
"""What every screen has: a title line, a way back, a search, work under way, the same keys."""

from collections.abc import Callable, Container
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.text import Text
from textual import containers
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Label

from reviewtool.text import visible_line
from reviewtool.tui.jobs import Job
from reviewtool.tui.keyline import KeyLine
from reviewtool.tui.lines import Lines

if TYPE_CHECKING:
    from reviewtool.tui.app import ReviewApp

WIDE = 130  # columns from which on a list stands beside what is read, else above it
_TICK = 0.2  # seconds between two looks at how far the work is
_PATIENCE = 0.4  # seconds of work before it is worth a line
_ELSEWHERE = frozenset({"question_mark", "S", "s", "ctrl+p"})
_FROM_HERE = frozenset({"d", "D", "c", "m"})

Holds = Callable[[str], bool]
"""Which keys wait until work is done."""


class Line(Input):
    """A line to type in; Escape leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave", show=False)]

    def action_leave(self) -> None:
        self.remove()


def blank_lines(widget: Widget, crop: Region) -> list[Strip]:
    """The lines of what others stand on all over: Textual would draw each and then hide it."""
    strip = Strip.blank(crop.width, widget.rich_style)
    for each in widget.get_line_filters():
        strip = strip.apply_filter(each, widget.background_colors[1])
    return [strip] * crop.height


class Parts(containers.Container):
    """Parts of a screen, beside each other where it is wide, else one above the other."""

    def render_lines(self, crop: Region) -> list[Strip]:
        return blank_lines(self, crop)


class ReviewScreen(Screen[None]):
    """A screen with a title; Escape goes back to the one before.

    ``revision`` is what the keys that go elsewhere go to: ``d`` its difference from the one
    before, ``c`` its tests, ``m`` its model.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "app.help", "keys", key_display="?"),
        Binding("escape", "app.back", "back"),
        Binding("q", "app.back", "back", show=False),
        Binding("d", "app.compare", "diff"),
        Binding("D", "app.compare_first", "diff from first", key_display="D", show=False),
        Binding("c", "app.checks", "tests"),
        Binding("m", "app.model", "model", show=False),
        Binding("S", "app.everywhere", "search all", key_display="S", show=False),
        Binding("slash", "search", "search", key_display="/"),
        Binding("n", "again(1)", "next", show=False),
        Binding("N", "again(-1)", "previous", show=False),
        Binding("x", "stop", "stop", show=False),
        Binding("ctrl+c", "stop", "stop", show=False, priority=True),
        Binding("s", "app.shell", "shell", show=False),
        Binding("tab", "app.focus_next", "other part", show=False),
        Binding("shift+tab", "app.focus_previous", "other part", show=False),
    ]
    AUTO_FOCUS = ""

    class Ended(Message):
        """A job of a screen is over. The application gets it: the screen may be gone by then."""

        def __init__(self, screen: "ReviewScreen", job: Job, then: Callable[[Any], None]) -> None:
            super().__init__()
            self.screen = screen
            self.job = job
            self.then = then

    def __init__(self, title: str) -> None:
        super().__init__()
        self._heading = visible_line(title)
        self._within: Lines | None = None
        self._jobs: list[Job] = []
        self._holding: dict[Job, Holds] = {}
        self._trouble = ""
        self._opening = ExitStack()
        self._opens = False
        self.filled = False

    @property
    def review(self) -> "ReviewApp":
        """The application."""
        return cast("ReviewApp", self.app)

    @property
    def revision(self) -> str | None:
        """The revision in question, if there is one."""
        return None

    def compose(self) -> ComposeResult:
        # Drawn once, when it stands: each drawing takes a third of what a key may take.
        self._opens = True
        self._opening.enter_context(self.app.batch_update())
        # Known already: Textual would find the styles and places of everything a second time.
        self.set_class(self.app.size.width >= WIDE, "-wide")
        self.set_class(self.app.size.width < WIDE, "-narrow")
        yield Label(self._heading, id="heading", markup=False)
        yield from self.body()
        yield Label("", id="doing", markup=False)
        yield KeyLine()

    def body(self) -> ComposeResult:
        """What stands between the title and the key line."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.set_interval(_TICK, self.tick)
        self.ready()
        self.filled = True
        # What waits for the screen now is its size, and then what depends on that; the
        # application wants it laid out once more when it has seen that it stands.
        self.app.call_next(self.call_later, self.call_later, self._stand)

    def _stand(self) -> None:
        self._opens = False
        self._opening.close()
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        return blank_lines(self, crop)

    def _compositor_refresh(self) -> None:
        """Not while it opens: Textual draws it all then, only to drop it."""
        if not self._opens:
            super()._compositor_refresh()

    def ready(self) -> None:
        """Everything is in its place: fill it."""

    def heading(self, text: str) -> None:
        """Say something else in the title line."""
        self._heading = visible_line(text)
        self.query_one("#heading", Label).update(self._heading, layout=False)

    # Work

    def work_on(
        self,
        title: str,
        work: Callable[[Job], Any],
        then: Callable[[Any], None],
        *,
        holds: Holds | None = None,
    ) -> Job:
        """Do ``work`` in a thread of its own, and ``then`` what is to be done with its result.

        It is called off when the screen is left. Keys that ``holds`` names and that are typed
        meanwhile wait for it.
        """
        job = Job(title, work)
        self._jobs.append(job)
        if holds is not None:
            self._holding[job] = holds
        self._trouble = ""
        review = self.review
        review.begin(job, lambda job: review.post_message(self.Ended(self, job, then)))
        return job

    def all_keys(self, key: str) -> bool:
        """Keys that mean nothing until the screen shows what it is about: all but those that go
        elsewhere."""
        return key not in _ELSEWHERE and (self.revision is None or key not in _FROM_HERE)

    def awaits(self, key: str) -> bool:
        """Whether what ``key`` acts on is still being worked on."""
        return any(self._holding[job](key) for job in self._jobs if job in self._holding)

    @property
    def jobs(self) -> list[Job]:
        """What is under way here."""
        return self._jobs

    def over(self, event: Ended) -> None:
        """Do what is to be done when a job of this screen has ended."""
        job = event.job
        if job not in self._jobs:
            return  # something else is wanted by now
        self._jobs.remove(job)
        self._holding.pop(job, None)
        if job.error is not None:
            self.trouble(str(job.error))
        elif job.state == "stopped":
            self.trouble(f"stopped: {job.title}")
        else:
            event.then(job.result)
        self.tick()

    def trouble(self, text: str) -> None:
        """Say what went wrong; it stays until something else is done."""
        self._trouble = text
        self.tick()

    def tick(self) -> None:
        """Say what is under way."""
        if not self.is_attached:
            return
        told = [job for job in self.jobs if job.state == "running"]
        old = [job for job in told if self.review.seconds(job) > _PATIENCE]
        text = f"x stops: {old[-1].doing}" if old else self._trouble
        label = self.query_one("#doing", Label)
        if str(label.content) != visible_line(text):
            label.update(visible_line(text), layout=not (text and label.has_class("told")))
            label.set_class(bool(text), "told")

    def action_stop(self) -> None:
        running = [job for job in self.jobs if job.state == "running"]
        for job in running:
            job.cancel()
        if not running:
            self.notify("nothing is under way; Q quits", timeout=2)
        self.tick()

    def drop_jobs(self) -> None:
        """Call off what is under way here, whatever it would come to."""
        for job in self._jobs:
            job.cancel()
        self._jobs.clear()
        self._holding.clear()

    def on_unmount(self) -> None:
        self._opening.close()
        for job in self._jobs:
            job.cancel()

    # Searching

    def _searched(self) -> Lines | None:
        """What a search looks in: what has the focus, else the first there is."""
        if isinstance(self.focused, Lines):
            return self.focused
        return next(iter(self.query(Lines)), None)

    def action_search(self) -> None:
        self._within = self._searched()
        if self._within is not None and not self.query("#search"):
            bar = Line(placeholder="search", id="search", classes="line")
            self.mount(bar, before=self.query_one(KeyLine))
            bar.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id != "search":
            return
        event.input.remove()
        if self._within is not None:
            self._within.focus()
            self._tell_found(not event.value or self._within.find(event.value), event.value)

    def action_again(self, step: int) -> None:
        within = self._searched()
        if within is not None and within.found:
            self._tell_found(within.find_again(step), within.found)

    def _tell_found(self, found: bool, wanted: str) -> None:
        if not found:
            self.notify(f"not found: {visible_line(wanted)}", markup=False, timeout=2)


def digits(told: str, *, show: bool = False) -> list[Binding]:
    """The keys 0 to 9, which go to a place by its number."""
    return [Binding(str(n), f"number({n})", told, key_display="1-9", show=show) for n in range(10)]


class Number:
    """A number typed digit by digit: each digit goes as far as it can."""

    def __init__(self) -> None:
        self._typed = ""
        self._at: object = None

    def with_digit(self, digit: int, known: Container[str], at: object) -> str | None:
        """The number meant, among those ``known``; ``at`` is where one is: a number goes on only
        from where its first digits led. None where nothing has that number."""
        begun = self._typed if at == self._at else ""
        for number in (f"{begun}{digit}", str(digit)):
            if number in known:
                self._typed = number
                return number
        return None

    def led(self, at: object) -> None:
        """Say where the number led."""
        self._at = at


def panes(names: list[tuple[str, str]], active: str) -> Text:
    """The line that names the panes of a screen, the open one marked."""
    text = Text()
    for number, (name, told) in enumerate(names, 1):
        style = "bold reverse" if name == active else ""
        text.append(f" {number} {told} ", style).append("  ")
    return text
