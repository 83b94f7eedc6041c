# SPDX-License-Identifier: GPL-2.0-or-later
"""One sequence run on a revision's kernel, beside what its model says."""

from dataclasses import dataclass

from refmodel.vocabulary import Input, Observation
from refmodel.world import World
from reviewtool.behaviour.difference import first_difference, may_run, predict
from reviewtool.behaviour.guests import Settings, Trace, kernel_guest, record
from reviewtool.review.kernels import kernel, ours, resolved
from reviewtool.review.session import Session, described


@dataclass(frozen=True, slots=True)
class AskedKernel:
    """``expected`` is None where the revision has no model; then ``model`` is empty.

    ``open``: threads race, and the model's answer is one of several.
    """

    revision: str
    kernel: str
    model: str
    expected: tuple[Observation, ...] | None
    open: bool
    trace: Trace

    @property
    def agrees(self) -> bool | None:
        """Whether the kernel did as the model says; None where there is none."""
        if self.expected is None:
            return None
        return first_difference(self.expected, self.trace) is None


def ask_kernel(
    session: Session, name: str, world: World, inputs: tuple[Input, ...], profile: str = "fast"
) -> AskedKernel:
    """Run ``inputs`` in a guest of their own.

    Raises as building and booting do, and InputError where there is no such revision.
    """
    title = resolved(session, name)
    found = described(session, title)
    expected = predict(found.model, world, inputs) if found else None
    built = kernel(session, title, profile)
    guest = kernel_guest(built.path, trusted=ours(session))
    trace = record(guest, Settings.of(world), [(0, inputs)]).traces[0]
    races = found is not None and not may_run(found.model, world, inputs)
    told = found.model.name if found else ""
    return AskedKernel(title, built.key[:16], told, expected, races, trace)
