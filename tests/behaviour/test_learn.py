# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel's machine from its answers alone, where a model plays the kernel."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from refmodel.model import Revision
from refmodel.vocabulary import Input, Observation, parse
from refmodel.world import State, World
from reviewtool.behaviour.answers import read_answers
from reviewtool.behaviour.conversation import Conversation
from reviewtool.behaviour.equivalence import Rows, distinguish, restricted
from reviewtool.behaviour.explore import explore
from reviewtool.behaviour.learn import Learned, learn, settings
from reviewtool.behaviour.memory import Unsteady
from reviewtool.behaviour.minimal import minimise
from reviewtool.behaviour.models import load
from reviewtool.behaviour.patched import patch
from reviewtool.progress import SILENT, Progress
from tests.behaviour.pretend import Pretender

RFC, V3 = load("rfc_missing"), load("v3_minor_noalloc")
SMALL = World(values=("A",))
SOME = parse(
    "register missing; register minor; unregister; read u0 p0; pwrite p0 A; fallocate p0; "
    "continue p0; wake p0; punch p0"
)


def learned(
    kernel: Pretender,
    inputs: tuple[Input, ...] = SOME,
    place: Path | None = None,
    progress: Progress = SILENT,
) -> Learned:
    return learn(
        lambda: Conversation(kernel.listening, settings(SMALL)),
        SMALL,
        inputs=inputs,
        place=place,
        progress=progress,
    )


def rows(model: Revision, inputs: tuple[Input, ...] = SOME) -> Rows:
    return restricted(minimise(explore(model, SMALL)).rows, inputs)


@pytest.mark.parametrize("model", [RFC, V3, load("p3_missing_by_write")], ids=lambda m: m.name)
def test_a_kernel_that_is_its_model_is_learned_as_its_model(model: Revision) -> None:
    found = learned(Pretender(model))
    assert distinguish(rows(model), found.rows) is None
    assert found.states > 5
    assert found.sequences > found.states * len(found.inputs)


def test_what_is_asked_by_the_thousand_comes_to_the_same() -> None:
    kernel = Pretender(V3)
    slow = learned(kernel)
    quick = learn(
        lambda: Conversation(kernel.listening, settings(SMALL)), SMALL, inputs=SOME, bulk=kernel
    )
    assert kernel.booted
    assert distinguish(slow.rows, quick.rows) is None
    assert (slow.states, slow.hypotheses) == (quick.states, quick.hypotheses)


def test_what_would_race_is_not_asked() -> None:
    inputs = parse("register minor; pwrite p0 A; write u0 p0 A; kvm-read p0; continue p0")
    found = learned(Pretender(V3), inputs)
    assert distinguish(rows(V3, inputs), found.rows) is None
    (kvm_read,) = parse("kvm-read p0")
    # Once a write waits for the page, who runs first decides what KVM reads.
    assert [kvm_read in row for row in found.rows].count(False) == 1


def test_one_rule_broken_is_told_by_the_shortest_sequence() -> None:
    def kvm_gmem_get_folio_noalloc(k, pgoff):  # type: ignore[no-untyped-def] # a hook as models write them
        return k.filemap_lock_folio(pgoff)  # forgets to clear what nobody filled

    broken = Revision(patch(V3.kernel, kvm_gmem_get_folio_noalloc), "broken")
    found = learned(Pretender(broken))
    told = distinguish(rows(V3), found.rows)
    assert told is not None
    assert {str(each) for each in told.inputs} == {
        *("register minor", "fallocate p0", "continue p0", "read u0 p0")
    }
    assert str(told.a[-1]).endswith("value zero")
    assert str(told.b[-1]).endswith("value stale")


def test_a_guest_that_dies_is_an_answer_and_another_goes_on() -> None:
    found = learned(Pretender(RFC))
    deadly = {
        (state, each)
        for state, row in enumerate(found.rows)
        for each, (_, seen) in row.items()
        if seen.result == "oops"
    }
    assert deadly
    assert found.deaths >= len(deadly)
    assert found.guests > found.deaths
    # Not once more in every state: what kills is not chosen to tell states apart.
    assert found.deaths < 5 * len(deadly)


@dataclass
class Hiding:
    """A kernel of one state more than its model: after ``wake``, POISON fails for good."""

    base: Revision = field(default_factory=lambda: load("base"))

    def initial(self, world: World) -> State:
        return self.base.initial(world)

    def step(self, state: State, each: Input) -> tuple[State, Observation]:
        marked = state.userfault
        after, seen = self.base.step(state._replace(userfault=False), each)
        if each.op == "wake" or marked:
            after = after._replace(userfault=True)
        if marked and each.op == "poison":
            return after, Observation("EIO")
        return after, seen


def test_a_state_nobody_expects_is_learned_too() -> None:
    inputs = parse("register missing; wake p0; poison p0; pwrite p0 A")
    found = learned(Pretender(Hiding()), inputs)  # type: ignore[arg-type] # all a guest needs
    told = distinguish(rows(load("base"), inputs), found.rows)
    assert told is not None
    assert [str(each) for each in told.inputs] == ["wake p0", "poison p0"]


def test_a_kernel_that_changes_its_mind_is_no_machine(tmp_path: Path) -> None:
    class Fickle(Pretender):
        def __call__(self, plan: bytes, on_line: Callable[[str], None]):  # type: ignore[no-untyped-def] # as its base
            times = 0

            def spoil(line: str) -> None:
                nonlocal times
                times += "value zero" in line
                on_line(line.replace("value zero", "value A") if times == 7 else line)

            return super().__call__(plan, spoil)

    place = tmp_path / "answers"
    with pytest.raises(Unsteady, match="and, another time"):
        learned(Fickle(V3), place=place)
    assert not place.exists()  # one of the two answers was wrong, and nobody knows which


class Impatient:
    """Somebody who presses Ctrl-C after 150 sequences."""

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator["Impatient"]:
        del title, total
        yield self

    def update(self, done: int | None = None, note: str = "", total: int | None = None) -> None:
        del note, total
        if done == 150:
            raise KeyboardInterrupt


def test_who_is_interrupted_goes_on_from_there(tmp_path: Path) -> None:
    place = tmp_path / "answers"
    with pytest.raises(KeyboardInterrupt):
        learned(Pretender(V3), place=place, progress=Impatient())
    before = read_answers(place)
    assert before.sequences >= 100
    whole, fresh = learned(Pretender(V3), place=place), learned(Pretender(V3))
    assert distinguish(whole.rows, fresh.rows) is None
    assert whole.states == fresh.states
    assert whole.guests > fresh.guests
    assert learned(Pretender(V3), place=place).sequences < 1.2 * whole.sequences
