# SPDX-License-Identifier: GPL-2.0-or-later
"""Two models compared, filed under all the comparison depends on: nobody waits for it twice."""

from dataclasses import asdict
from typing import Any

from refmodel.model import Revision as Model
from refmodel.vocabulary import parse_observation, spell
from refmodel.world import World
from reviewtool import cache
from reviewtool.behaviour.compare import BehaviourDiff, Difference, compare
from reviewtool.behaviour.models import read_sequence
from reviewtool.progress import SILENT, Progress
from reviewtool.review.failures import sources

_KIND = "compared"


def compared(
    a: Model, b: Model, world: World, limit: int | None = None, progress: Progress = SILENT
) -> BehaviourDiff:
    """What :func:`compare` finds. Its ``seconds`` are those of the search, whenever that was.

    A model is known by its name and the text of its modules: two patched in memory by functions of
    one file are the same to it, and not to be given to it.

    A search that was not finished is not filed; where the whole answer is, ``limit`` cuts nothing.
    """
    key = cache.digest(a.name, b.name, str(world), *sources(a, b))
    filed = cache.recall_json(_KIND, key)
    if filed is not None:
        return _read(filed)
    found = compare(a, b, world, limit, progress)
    if not found.partial:
        cache.file_json(_KIND, key, _written(found))
    return found


def _written(found: BehaviourDiff) -> dict[str, Any]:
    differences = [
        {
            "cause": one.cause,
            "inputs": spell(one.inputs),
            "a": list(map(str, one.a)),
            "b": list(map(str, one.b)),
            "also": one.also,
        }
        for one in found.differences
    ]
    world = {**asdict(found.world), "values": list(found.world.values)}
    plain = ("a", "b", "states", "equivalent", "partial", "seconds", "left_out", "not_common")
    return {
        **{name: getattr(found, name) for name in plain},
        "world": world,
        "differences": differences,
    }


def _read(filed: dict[str, Any]) -> BehaviourDiff:
    differences = tuple(
        Difference(
            one["cause"],
            read_sequence(one["inputs"]),
            tuple(map(parse_observation, one["a"])),
            tuple(map(parse_observation, one["b"])),
            tuple(one["also"]),
        )
        for one in filed["differences"]
    )
    world = World(**{**filed["world"], "values": tuple(filed["world"]["values"])})
    lists = {name: tuple(filed[name]) for name in ("left_out", "not_common")}
    return BehaviourDiff(**{**filed, **lists, "world": world, "differences": differences})
