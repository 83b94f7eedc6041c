# SPDX-License-Identifier: GPL-2.0-or-later
"""Which rule of two models makes them differ, and which patch of a posting it comes from.

The step at which a witness ends is run once more on both models, taking down which of the
functions that follow a patch are called. The last one called that the other model has otherwise
is the one that answers.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

from refmodel.core import Rule
from refmodel.model import Model
from refmodel.vocabulary import Input
from refmodel.world import World
from reviewtool.archive.codewalk import places
from reviewtool.archive.types import Patch

_CITED = re.compile(r"<([^<>\s]+@[^<>\s]+)>")


@dataclass(frozen=True, slots=True)
class Pin:
    """The rule that answers otherwise, and the patch it is in.

    ``rule`` is None where the models can not be told apart by a rule; ``before`` is the other
    model's. ``patch`` is the number in the posting, None where no patch of it has the function.
    """

    rule: Rule | None
    before: Rule | None
    patch: int | None


def pin(a: Model, b: Model, world: World, inputs: Sequence[Input], patches: Sequence[Patch]) -> Pin:
    """Where ``b`` comes to answer the last of ``inputs`` otherwise than ``a``.

    Where the last step runs the same rules on both, an earlier one has left them in different
    states: the latest that runs other rules is taken.
    """
    steps_a, steps_b = called(a, world, inputs), called(b, world, inputs)
    for ran_a, ran_b in zip(reversed(steps_a), reversed(steps_b), strict=True):
        before = _last_other(ran_a, b.rules)
        rule = _last_other(ran_b, a.rules) or _last_other(ran_b, ran_a)
        rule = rule or (ran_b[-1] if before and ran_b else None)
        if rule is not None:
            return Pin(rule, before, patch_of(rule, patches))
        if before is not None:
            return Pin(None, before, None)
    return Pin(None, None, None)


def patch_of(rule: Rule, patches: Sequence[Patch]) -> int | None:
    """The patch a rule cites, else the last that changes the function it is named after."""
    cited = set(_CITED.findall(rule.source))
    by_id = next((one.index for one in patches if one.message_id in cited), None)
    if by_id is not None:
        return by_id
    touching = [one.index for one in patches if touches(one, rule.function)]
    return touching[-1] if touching else None


def touches(patch: Patch, function: str) -> bool:
    """Whether a patch adds or removes a line inside ``function``, or defines it."""
    lines = patch.diff.split("\n")
    return any(
        line[:1] in ("+", "-") and inside in spellings(function)
        for line, (_, inside) in zip(lines, places(lines), strict=True)
    )


def spellings(function: str) -> tuple[str, ...]:
    """A rule's function as the kernel may spell it: a leading ``__`` is ``_`` in a model, and a
    name that stands twice in a patch has ``_hook`` at its end."""
    plain = function.removesuffix("_hook")
    return (plain, f"_{plain}") if plain.startswith("_") else (plain,)


def _last_other(ran: Sequence[Rule], others: Sequence[Rule]) -> Rule | None:
    texts = {one.text for one in others}
    return next((one for one in reversed(ran) if one.text not in texts), None)


def called(model: Model, world: World, inputs: Sequence[Input]) -> tuple[tuple[Rule, ...], ...]:
    """The rules each of ``inputs`` calls, in order."""
    called: list[Rule] = []
    members: dict[str, Callable[..., Any]] = {}
    seen: set[str] = set()
    for layer in model.kernel.__mro__:
        for name, member in vars(layer).items():
            rule = getattr(member, "rule", None)
            if name not in seen and isinstance(rule, Rule):
                members[name] = _noting(member, rule, called)
            seen.add(name)
    traced = replace(model, kernel=type("TracedKernel", (model.kernel,), dict(members)))
    state = traced.initial(world)
    steps: list[tuple[Rule, ...]] = []
    for each in inputs:
        called.clear()
        state, _ = traced.step(state, each)
        steps.append(tuple(called))
    return tuple(steps)


def _noting(function: Callable[..., Any], rule: Rule, called: list[Rule]) -> Callable[..., Any]:
    @wraps(function)
    def noting(*arguments: object) -> object:
        called.append(rule)
        return function(*arguments)

    return noting


def _as_base(model: Model, rule: Rule) -> Model | None:
    """``model`` without ``rule``: the function as it was; None where there was none that could
    do otherwise."""
    layers = model.kernel.__mro__
    for layer in layers:
        for name, member in vars(layer).items():
            if getattr(member, "rule", None) is rule:
                # Other revisions this one is derived from are not what it was written on.
                below = (vars(one) for one in layers if ".revisions." not in one.__module__)
                before = next((one[name] for one in below if name in one), None)
                if before is None or before is member:
                    # Who asks a predicate does otherwise, not the predicate.
                    return model if member.__annotations__.get("return") is bool else None
                return replace(model, kernel=type("BaseKernel", (model.kernel,), {name: before}))
    return None


def pin_failure(
    model: Model, world: World, inputs: Sequence[Input], patches: Sequence[Patch]
) -> Pin:
    """Which patch of the posting has the rule that makes ``inputs`` end as they do.

    It is the last to run that does otherwise there than the base would: a last step may only show
    what an earlier one did. Registering is not looked at, for every question presupposes it. Where
    all do as the base, the last rule of the last step lacks something.
    """
    steps = called(model, world, inputs)
    state = model.initial(world)
    own: list[Rule] = []
    for given, rules in zip(inputs, steps, strict=True):
        after = model.step(state, given)
        if given.op not in ("register", "unregister"):
            for rule in rules:
                base = _as_base(model, rule)
                own += [rule] if base is None or base.step(state, given) != after else []
        state = after[0]
    for rule in (*reversed(own), *reversed(steps[-1] if steps else ())):
        patch = patch_of(rule, patches)
        if patch is not None:
            return Pin(rule, None, patch)
    return Pin(None, None, None)
