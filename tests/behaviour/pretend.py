# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests without a kernel: a model plays the kernel and speaks the agent's protocol."""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from refmodel.guest.quick import EVERY
from refmodel.model import Model
from refmodel.vocabulary import parse
from refmodel.world import World
from reviewtool.behaviour.guests import GuestEnd

PANIC = (
    "Kernel panic - not syncing: Kernel mode fault at addr 0x0, ip 0x600bba66 in folio_lock",
    "CPU: 0 UID: 0 PID: 13 Comm: python3.11 Not tainted 6.12.117 #1",
    "Call Trace:",
    " [<600bba66>] ? mfill_atomic_continue+0x256/0x7a0",
    " [<60117f4b>] ? userfaultfd_ioctl+0x90b/0x1770",
)


@dataclass
class Pretender:
    """Runs plans on ``model``. ``says`` puts kernel lines before the answer to an input.

    ``deadly`` inputs end the guest where the model would not; ``booted`` lists the cases each
    guest was given.
    """

    model: Model
    says: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    deadly: Callable[[str], bool] = lambda _: False
    booted: list[list[int]] = field(default_factory=list)
    asking: int | None = None

    def __call__(self, plan: bytes, on_line: Callable[[str], None]) -> GuestEnd:
        given = json.loads(plan)
        userfault = "KVM_MEM_USERFAULT" in getattr(self.model, "hooks", ())
        world = World(given["pages"], given["threads"], past_eof=given["past_eof"])
        world = replace(world, userfault=userfault)
        if "quick" in given:
            return self._quick(given, world, on_line)
        cases = given["cases"]
        if cases is None:
            cases = self._asked()
        else:
            self.booted.append([case["case"] for case in cases])

        def tell(**message: object) -> None:
            on_line("RT " + json.dumps(message))

        on_line("reviewtool: init")
        tell(ready={})
        for case in cases:
            tell(case=case["case"], begin=True)
            state = self.model.initial(world)
            for step, each in enumerate(parse(case["inputs"])):
                state, seen = self.model.step(state, each)
                for line in self.says.get(str(each), ()):
                    on_line(line)
                if seen.result == "oops" or self.deadly(str(each)):
                    for line in PANIC:
                        on_line(line)
                    return GuestEnd("panic", PANIC[0])
                tell(case=case["case"], step=step, input=str(each), obs=str(seen))
            tell(case=case["case"], end=True)
        tell(done={})
        return GuestEnd("halted", "")

    def _quick(
        self, given: dict[str, list[str]], world: World, on_line: Callable[[str], None]
    ) -> GuestEnd:
        """As :func:`refmodel.guest.quick.run_quick`."""
        self.booted.append(list(range(len(given["quick"]))))
        on_line('RT {"ready": {}}')
        for place, text in enumerate(given["quick"]):
            inputs, wanted, *lost = text.split("|")
            state, agrees = self.model.initial(world), True
            for each, answer in zip(inputs.split(), wanted.split(), strict=True):
                word = given["words"][int(each)]
                state, seen = self.model.step(state, parse(word)[0])
                for line in self.says.get(word, ()):
                    on_line(line)
                if seen.result == "oops" or self.deadly(word):
                    return GuestEnd("panic", PANIC[0])
                agrees &= str(seen) == given["answers"][int(answer)]
            if not agrees or (lost != ["any"] and state.leaked != bool(lost)):
                on_line(f'RT {{"differs": {place}}}')
            if place % EVERY == EVERY - 1:
                on_line(f'RT {{"through": {place + 1}}}')
        on_line('RT {"done": {}}')
        return GuestEnd("halted", "")

    def _asked(self) -> Iterator[dict[str, object]]:
        assert self.asking is not None
        with os.fdopen(os.dup(self.asking)) as lines:
            for number, line in enumerate(lines):
                yield {"case": number, "inputs": line.strip()}

    def listening(self, asking: int, stop: threading.Event) -> "Pretender":
        """Another one, that is asked: a :data:`reviewtool.behaviour.conversation.Listening`."""
        del stop  # it ends with its input
        return replace(self, asking=asking)
