# SPDX-License-Identifier: GPL-2.0-or-later
"""Sequences run in guests: what each step was seen to do, whatever becomes of the guest.

A guest that dies costs the sequence that killed it and no other: its death is that step's
observation, and the rest goes on in a new guest.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache as remembered
from pathlib import Path

from refmodel.vocabulary import Input, Observation, spell
from refmodel.world import World
from reviewtool import paths
from reviewtool.behaviour.agent import agent_line
from reviewtool.errors import RequestError
from reviewtool.kernel.boot import FOLDER, GuestJob, GuestLimits, boot, new_console
from reviewtool.kernel.bytecode import compiled
from reviewtool.kernel.events import KernelEvent, events
from reviewtool.kernel.supervise import ignore
from reviewtool.kernel.symbols import Symbols, read_symbols
from reviewtool.progress import Cancelled

Word = tuple[Input, ...]

DIED = "oops"
HUNG = "hang"
SILENCE = 15.0
"""Seconds without a line of the console after which a guest counts as hung."""
_LONGEST = 1800.0
_LOOK = 0.25  # seconds between two looks at whether to stop


class GuestFailed(RequestError):  # noqa: N818 - as RequestError's other kinds
    """A guest that could not do its job at all: no observation of the kernel under test."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the driver builds for each sequence. ``vm_flags`` None: shmem files, no machine.

    ``exact``: free memory is overwritten before an input that may allocate it, so that what nobody
    wrote reads as stale every time, and a guest that compares takes nothing else for it.
    """

    pages: int = 1
    past_eof: bool = False
    threads: int = 1
    vm_flags: int | None = 0
    deadline: float = 2.0
    exact: bool = False

    @classmethod
    def of(cls, world: World, vm_flags: int | None = 0, *, exact: bool = False) -> "Settings":
        """The settings that give a model's world."""
        return cls(world.pages, world.past_eof, world.threads, vm_flags, exact=exact)

    def plan(self, words: Sequence[tuple[int, Word]] | None) -> bytes:
        """The agent's plan: these settings and the sequences by number; None: it will be asked."""
        if words is None:
            return self._plan(cases=None)
        return self._plan(cases=[{"case": n, "inputs": spell(word)} for n, word in words])

    def plan_expecting(self, words: "Iterable[Expecting]") -> bytes:
        """The plan for a guest that compares for itself; see :mod:`refmodel.guest.quick`."""
        return self._plan(**numbered(words))

    def _plan(self, **work: object) -> bytes:
        return json.dumps(
            {
                "pages": self.pages,
                "past_eof": self.past_eof,
                "threads": self.threads,
                "vm_flags": self.vm_flags,
                "deadline": self.deadline,
                "exact": self.exact,
                **work,
            }
        ).encode()


Expecting = tuple[Word, tuple[Observation, ...], bool | None]
"""A sequence, what is answered, and whether memory is lost: None where that does not matter."""
_LOST = {False: "", True: "|leaks", None: "|any"}


def numbered(words: Iterable[Expecting]) -> dict[str, list[str]]:
    """Sequences with their answers, each input and each answer spelled once and then by number."""
    inputs: dict[Input, str] = {}
    answers: dict[Observation, str] = {}
    quick = []
    for word, expected, leaks in words:
        for each in word:
            if each not in inputs:
                inputs[each] = str(len(inputs))
        for seen in expected:
            if seen not in answers:
                answers[seen] = str(len(answers))
        given = " ".join([inputs[each] for each in word])
        wanted = " ".join([answers[seen] for seen in expected])
        quick.append(f"{given}|{wanted}{_LOST[leaks]}")
    return {"quick": quick, "words": list(map(str, inputs)), "answers": list(map(str, answers))}


@dataclass(frozen=True, slots=True)
class GuestEnd:
    """How a guest ended; ``ended`` as :class:`reviewtool.kernel.boot.Boot` has it."""

    ended: str
    reason: str
    console: Path | None = None


RunGuest = Callable[[bytes, Callable[[str], None]], GuestEnd]
"""Boots a guest with a plan, passes its console on line by line, and stays until it has ended."""


def kernel_guest(
    kernel: Path,
    *,
    trusted: bool = False,
    memory: int = 64,
    silence: float = SILENCE,
    listen: Callable[[str], None] = ignore,
    stop: threading.Event | None = None,
    asking: int | None = None,
) -> RunGuest:
    """Guests of a built kernel. The console of one that does not end in order is kept as a log.

    ``listen`` hears every line of every console, in the thread of its guest. Once ``stop`` is set,
    guests are ended and :class:`~reviewtool.progress.Cancelled` is raised. ``asking`` is the
    descriptor a guest is asked on whose plan has no sequences.
    """

    def run(plan: bytes, on_line: Callable[[str], None]) -> GuestEnd:
        symbols = _symbols(kernel)
        heard = [time.monotonic()]
        cancel, over = threading.Event(), threading.Event()

        def pass_on(line: str) -> None:
            heard[0] = time.monotonic()
            named = symbols.named(line)
            listen(named)
            on_line(named)

        def watch() -> None:
            while not over.wait(min(silence / 8, _LOOK)):
                if (stop is not None and stop.is_set()) or time.monotonic() - heard[0] > silence:
                    cancel.set()

        threading.Thread(target=watch, daemon=True).start()
        job = GuestJob(
            module="refmodel.guest.agent",
            argv=(f"{FOLDER}/plan.json",),
            packages=(compiled(paths.reference_impl() / "refmodel"),),
            files={"plan.json": plan},
        )
        limits = GuestLimits(seconds=_LONGEST, memory=memory)
        console = new_console()
        try:
            booted = boot(
                kernel,
                job,
                limits,
                pass_on,
                console=console,
                trusted=trusted,
                cancel=cancel,
                stdin=asking,
            )
        finally:
            over.set()
        if stop is not None and stop.is_set():
            console.unlink(missing_ok=True)
            raise Cancelled("stopped while a guest was running")
        if cancel.is_set():
            return GuestEnd("timeout", f"no word from it for {silence:g} s", console)
        if booted.ended == "halted" and not booted.reason:
            console.unlink()
            return GuestEnd(booted.ended, "")
        return GuestEnd(booted.ended, booted.reason, console)

    return run


@remembered
def _symbols(kernel: Path) -> Symbols:
    try:
        return read_symbols(kernel)
    except (OSError, ValueError) as error:
        raise GuestFailed(str(error), str(kernel), "nothing was tested") from error


@dataclass(frozen=True, slots=True)
class Trace:
    """What one sequence was seen to do.

    ``observations`` has one text a step; the last is ``oops`` or ``hang`` where the guest ended
    there. There is one more than there are inputs where the sequence's memory was not given back
    in order: the guest ended then, or refused to go on with an errno. ``events`` are the kernel's
    complaints, each with the index of its step.
    """

    inputs: Word
    observations: tuple[str, ...]
    events: tuple[tuple[int, KernelEvent], ...] = ()
    seconds: float = 0.0
    console: Path | None = None

    @property
    def died(self) -> bool:
        """Whether the guest did not outlive it."""
        last = self.observations[-1:]
        return last in ((DIED,), (HUNG,)) or len(self.observations) > len(self.inputs)


@dataclass(slots=True)
class Recording:
    """The traces of a run by number, and what it took. ``left_out``: numbers that were not run.

    ``agreed`` has the seconds of those a guest compared for itself: they went as expected.
    """

    traces: dict[int, Trace] = field(default_factory=dict)
    agreed: dict[int, float] = field(default_factory=dict)
    guests: int = 0
    left_out: list[int] = field(default_factory=list)


class Recorder:
    """Listens to one guest. ``seen`` are the answers to the sequence it is busy with."""

    def __init__(self, words: Sequence[tuple[int, Word]]) -> None:
        self.words = dict(words)
        self.traces: dict[int, Trace] = {}
        self.ready = self.done = False
        self.full = False
        self.hung = False
        self.error = ""
        self.refused = ""
        self._case: int | None = None
        self._last: int | None = None
        self.seen: list[str] = []
        self._events: list[tuple[int, KernelEvent]] = []
        self._kernel: list[str] = []
        self._began = time.monotonic()

    def line(self, line: str) -> None:
        message = agent_line(line)
        if message is None:
            if self.ready and not line.startswith("reviewtool: "):
                self._kernel.append(line)
        elif "ready" in message:
            self.ready = True
        elif "begin" in message:
            self._complain_late()
            self._case, self.seen, self._events = message["case"], [], []
            self._began = time.monotonic()
        elif "obs" in message:
            self._complain()
            self.seen.append(message["obs"])
        elif "leak" in message:
            self._complain()
            step = len(self.seen) if message["step"] is None else message["step"]
            self._events.append((step, _leak(message["allocated"])))
        elif "end" in message:
            self._complain()
            self._keep(None)
        elif "hang" in message:
            self.hung = True
        elif "refused" in message:
            self.refused = message["refused"]
        elif "error" in message:
            self.error = message["error"]
        elif "done" in message or "full" in message:
            self._complain_late()
            self.done = True
            self.full |= "full" in message

    def latest(self) -> tuple[int, Trace]:
        """The sequence that was through last."""
        assert self._last is not None  # noqa: S101 - only asked when there is one
        return self._last, self.traces[self._last]

    def finish(self, end: GuestEnd) -> None:
        """Turn the end of a guest that is not done into the last observation of the sequence it was
        busy with."""
        failed = self.error or ("" if self.ready else end.reason or end.ended)
        told = self.hung or self.refused or end.ended in ("panic", "killed", "timeout")
        if not failed and not told:
            failed = f"the guest ended ({end.ended}) in the middle of its work: {end.reason}"
        if failed:
            remedy = "nothing was tested"
            if end.console:
                remedy += ", see this log of its console"
            raise GuestFailed(failed, str(end.console or "the guest"), remedy)
        if self._case is None and self._last is not None:
            # Between two sequences: the memory of the one before is on its way back.
            before = self.traces[self._last]
            self._case, self.seen = self._last, list(before.observations)
            self._events = list(before.events)
        if self._case is None:
            raise GuestFailed(
                f"the guest died before the first sequence: {end.reason}", str(end.console or "")
            )
        self._complain()
        self.seen.append(self.refused or (DIED if end.ended == "panic" else HUNG))
        self._keep(end.console)

    def _complain(self) -> None:
        lines, self._kernel = self._kernel, []
        self._events += [(len(self.seen), event) for event in events(lines)]

    def _complain_late(self) -> None:
        """What the kernel said after a sequence's end belongs to that sequence."""
        lines, self._kernel = self._kernel, []
        late = tuple(events(lines))
        if late and self._last is not None:
            last = self.traces[self._last]
            self.traces[self._last] = Trace(
                last.inputs,
                last.observations,
                last.events + tuple((len(last.inputs), event) for event in late),
                last.seconds,
                last.console,
            )

    def _keep(self, console: Path | None) -> None:
        assert self._case is not None  # noqa: S101 - only called with a sequence open
        seconds = time.monotonic() - self._began
        self.traces[self._case] = Trace(
            self.words[self._case], tuple(self.seen), tuple(self._events), seconds, console
        )
        self._last, self._case = self._case, None


def _leak(allocated: Sequence[str]) -> KernelEvent:
    """The agent's finding in the form of the kernel's own complaints."""
    said = "a page of guest_memfd is still there after its file was closed: a leaked reference"
    function = allocated[0].partition("+")[0] if allocated else ""
    return KernelEvent("leak", said, 0, function, backtrace=tuple(allocated))


Numbered = tuple[int, Word]


def record(
    run: RunGuest,
    settings: Settings,
    words: Sequence[Numbered],
    after_death: Callable[[Trace, Sequence[Numbered]], Sequence[Numbered]] = lambda _, rest: rest,
    on_trace: Callable[[int], None] = lambda _: None,
    on_new: Callable[[int, Trace], None] = lambda _, __: None,
) -> Recording:
    """Run every sequence, in as many guests as it takes.

    A guest that has lost much memory to leaks is followed by another. ``after_death`` is given the
    trace that ended a guest and what has not run yet, and says what of it is still to run; the
    remainder is ``left_out``. ``on_trace`` learns how many are done,
    ``on_new`` gets the number and the trace of each as soon as it is through.
    Raises GuestFailed if a guest does not come up.
    """
    recording = Recording()
    rest: Sequence[Numbered] = words
    while rest:
        recorder = Recorder(rest)

        def line(text: str, recorder: Recorder = recorder) -> None:
            before = len(recorder.traces)
            recorder.line(text)
            on_trace(len(recording.traces) + len(recorder.traces))
            if len(recorder.traces) > before:
                on_new(*recorder.latest())

        end = run(settings.plan(rest), line)
        recording.guests += 1
        if not recorder.done:
            recorder.finish(end)
            on_trace(len(recording.traces) + len(recorder.traces))
            on_new(*recorder.latest())
        recording.traces |= recorder.traces
        unfinished = [each for each in rest if each[0] not in recorder.traces]
        if unfinished and recorder.full:
            rest = unfinished
        elif unfinished:
            *_, last = recorder.traces.values()
            keep = after_death(last, unfinished)
            numbers = {number for number, _ in keep}
            recording.left_out += [number for number, _ in unfinished if number not in numbers]
            rest = keep
        else:
            rest = ()
    return recording
