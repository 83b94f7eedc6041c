# SPDX-License-Identifier: GPL-2.0-or-later
"""What a model fails of the questions every revision is asked, filed under all it depends on."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from refmodel.model import Revision as Model
from refmodel.vocabulary import Input
from refmodel.world import World
from reviewtool import behaviour, cache, paths
from reviewtool.behaviour import properties
from reviewtool.behaviour.models import read_sequence
from reviewtool.progress import SILENT, Progress


@dataclass(frozen=True, slots=True)
class Failure:
    """A question answered no, with the shortest operations that show it."""

    question: str
    detail: str
    inputs: tuple[Input, ...]
    observations: tuple[str, ...]


def failures(
    model: Model, progress: Progress = SILENT, world: World = properties.WORLD
) -> tuple[Failure, ...]:
    """Every question ``model`` fails in ``world``."""

    def compute() -> list[dict[str, str | list[str]]]:
        answers = properties.ask(model, world, progress=progress)
        if any(one.holds is None for one in answers):
            raise KeyboardInterrupt  # what was found by then must not be filed as all there is
        return [
            {
                "question": one.question,
                "detail": one.detail,
                "inputs": "; ".join(map(str, one.inputs)),
                "observations": list(map(str, one.observations)),
            }
            for one in answers
            if one.holds is False and one.arises
        ]

    key = cache.digest(model.name, str(world), *sources(model))
    return tuple(
        Failure(
            one["question"],
            one["detail"],
            read_sequence(one["inputs"]),
            tuple(one["observations"]),
        )
        for one in cache.cached_json("failures", key, compute)
    )


def sources(*models: Model) -> tuple[bytes, ...]:
    """The text of everything an answer about ``models`` depends on: theirs, and the explorers'.

    The same wherever it is installed and whatever Python runs it, for bundles name it.
    """
    folders = (paths.reference_impl() / "refmodel", Path(behaviour.__file__).parent)
    files = [path for folder in folders for path in sorted(folder.glob("*.py"))]
    files += [path for model in models for path in _of_functions(model)]
    # Installed, refmodel lies there twice: as a package, and as what a guest is given.
    return tuple(dict.fromkeys(path.read_bytes() for path in files))


def _of_functions(model: Model) -> list[Path]:
    """The files of the functions a revision patches its kernel with, but for Python's own (which
    dataclasses leave in a class)."""
    found = set()
    python = Path(dataclasses.__file__).parent
    for layer in model.kernel.__mro__:
        for member in vars(layer).values():
            code = getattr(member, "__code__", None)
            if code is not None and code.co_filename.endswith(".py"):
                found.add(Path(code.co_filename))
    return sorted(
        (path for path in found if path.parent != python), key=lambda path: (path.name, path)
    )
