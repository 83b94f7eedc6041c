# SPDX-License-Identifier: GPL-2.0-or-later
"""What a model says of a write() that stops half way: one schedule of its races, step by step.

``pwrite-stop p0 A`` copies half of the page and stops; other inputs follow; ``go-on`` lets it end.
On a kernel the same is done with a source that a second userfaultfd holds back.
"""

from collections.abc import Iterator

from refmodel.model import Model, Revision, conflicting
from refmodel.vocabulary import Input, Observation, observation
from refmodel.world import State, World
from reviewtool.behaviour.races import Actor, Run
from reviewtool.errors import InputError

_HALF_WAY = "half of the page is copied"
_WRITER, _BESIDE = "w", "x"
_THREADS = {"kvm-read": "k", "vcpu-read": "v", "vcpu-write": "v"}


def stops(word: tuple[Input, ...]) -> bool:
    """Whether a sequence is about a write() that stops."""
    return any(each.op in ("pwrite-stop", "go-on") for each in word)


def predict(
    model: Model, world: World, word: tuple[Input, ...]
) -> Iterator[tuple[Observation, State | None]]:
    """The answer to each input, and the state after it: None as long as a write() is stopped.

    Raises InputError for a model whose kernel cannot be run step by step.
    """
    if not isinstance(model, Revision):
        raise InputError("cannot be stopped half way", model.name, "use a refmodel Revision")
    state = model.initial(world)
    held: _Held | None = None
    try:
        for each in word:
            if held is None:
                if each.op == "go-on":
                    yield Observation("idle"), state
                elif each.op != "pwrite-stop":
                    state, seen = model.step(state, each)
                    yield seen, state
                else:
                    held = _Held(model, state, Input("pwrite", each.page, each.value))
                    seen = held.begin()
                    if held.over:
                        state, held = held.leave(), None
                    yield seen, None if held else state
            elif each.op == "pwrite-stop":
                yield Observation("busy"), None
            elif each.op == "go-on":
                seen = held.go_on()
                state, held = held.leave(), None
                yield seen, state
            else:
                yield held.meanwhile(each), None
            if state.dead:
                return
    finally:
        if held is not None:
            held.run.end()


def answers(model: Model, world: World, word: tuple[Input, ...]) -> tuple[Observation, ...]:
    """The answer to each input of ``word``."""
    return tuple(seen for seen, _ in predict(model, world, word))


def settled(model: Model, world: World, word: tuple[Input, ...]) -> bool:
    """Whether the model has one answer: no two threads race once they are woken, and a write() that
    was stopped is let go on."""
    last: State | None = None
    for _, last in predict(model, world, word):
        if last is not None and conflicting(last):
            return False
    return last is not None


class _Held:
    """A write() in progress on a kernel others use meanwhile."""

    def __init__(self, model: Revision, state: State, write: Input) -> None:
        self.run = Run(model.kernel, state, ((write,),))
        self.writer = self.run.actors[0]
        self._asleep: list[tuple[str, Actor]] = []
        self._told = 0

    @property
    def over(self) -> bool:
        return self.writer.done

    def begin(self) -> Observation:
        self.writer.thread.start()
        while not self.over:
            self.writer.turn()
            if self.run.trace[-1][1] == _HALF_WAY:
                return self._observed("stopped")
        return self._observed(_result(self.writer))

    def meanwhile(self, each: Input) -> Observation:
        name = _THREADS.get(each.op) or (_BESIDE if each.thread is None else f"u{each.thread}")
        if any(name == asleep for asleep, _ in self._asleep):
            return self._observed("busy")
        actor = Actor(self.run, (each,))
        self.run.actors.append(actor)
        actor.thread.start()
        if self._goes_on(actor):
            return self._observed(_result(actor))
        self._asleep.append((name, actor))
        return self._observed("blocked")

    def go_on(self) -> Observation:
        effects = []
        waiting = [(_WRITER, self.writer), *self._asleep]
        while True:
            through = [(name, actor) for name, actor in waiting if self._goes_on(actor)]
            if not through:
                break
            waiting = [one for one in waiting if one not in through]
            effects += [f"resumed {name} {_result(actor)}" for name, actor in through]
        return self._observed("ok", *effects)

    def leave(self) -> State:
        """The state left behind; dead where somebody crashed or sleeps for ever."""
        self.run.end()
        crash = next((actor.oops for actor in self.run.actors if actor.oops), "")
        if crash:
            return self.run.kernel.state._replace(dead=crash)
        return self.run.kernel.freeze()

    def _goes_on(self, actor: Actor) -> bool:
        """Run it to its end, or to a lock somebody else has; whether it ended."""
        actor.turn()
        while actor.runnable:
            actor.turn()
        if actor.error is not None:
            raise actor.error
        return actor.done

    def _observed(self, result: str, *more: str) -> Observation:
        effects = self.run.kernel.effects[self._told :]
        self._told = len(self.run.kernel.effects)
        return observation(result, *effects, *more)


def _result(actor: Actor) -> str:
    return "oops" if actor.oops else actor.results[-1]
