# SPDX-License-Identifier: GPL-2.0-or-later
"""Finding reference models, and pairing their hooks with what an extractor found."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import refmodel.revisions
from refmodel.kvm import GuestMemfd
from refmodel.model import Model, Revision, revision
from refmodel.vocabulary import Input, VocabularyError, parse
from reviewtool.errors import InputError

_PACKAGE = refmodel.revisions.__name__


def known() -> tuple[str, ...]:
    """The names of the models that come with the tool, as :func:`load` takes them."""
    return tuple(sorted(each.name for each in pkgutil.iter_modules(refmodel.revisions.__path__)))


def load(name: str) -> Revision:
    """The model called ``name``.

    ``name`` is a model's own name (``v3_minor_noalloc``), a dotted module name, or the path of a
    Python file; the module must define a class ``Kernel``.  Raises InputError where there is none.
    """
    module = _from_file(Path(name)) if name.endswith(".py") else _from_name(name)
    kernel = getattr(module, "Kernel", None)
    if not (isinstance(kernel, type) and issubclass(kernel, GuestMemfd)):
        raise InputError(
            "defines no class Kernel", name, "derive a class Kernel from refmodel.kvm.GuestMemfd"
        )
    return _revision(module)


_revision = cache(revision)


def _from_name(name: str) -> ModuleType:
    dotted = name if "." in name else f"{_PACKAGE}.{name}"
    try:
        return importlib.import_module(dotted)
    except ModuleNotFoundError as error:
        if error.name and not (dotted == error.name or dotted.startswith(error.name + ".")):
            raise InputError(
                f"imports {error.name!r}, which is not there",
                dotted,
                "a model may use the standard library and refmodel only",
            ) from error
        raise InputError(
            "no such model", name, f"use one of {', '.join(known())}, or the path of a .py file"
        ) from error


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise InputError("no such file", str(path), "give the path of a module with a class Kernel")
    spec = importlib.util.spec_from_file_location(f"reviewtool_model.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError("is no Python module", str(path), "give the path of a .py file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (SyntaxError, ImportError) as error:
        line = getattr(error, "lineno", None)
        raise InputError(
            str(error), f"{path}:{line}" if line else str(path), "mend the module"
        ) from error
    return module


def read_sequence(text: str) -> tuple[Input, ...]:
    """A sequence a person typed.  Raises InputError saying what to change."""
    try:
        return parse(text)
    except VocabularyError as error:
        raise InputError(error.what, error.where, error.remedy) from error


@cache
def _of_postings() -> Mapping[str, tuple[Revision, ...]]:
    """Message-id -> the models of that posting, the one of it as posted first."""
    found: dict[str, list[Revision]] = {}
    for model in map(load, known()):
        for message_id in model.covers:
            found.setdefault(message_id, []).append(model)
    return {
        message_id: tuple(sorted(every, key=lambda model: model.variant))
        for message_id, every in found.items()
    }


def of_posting(message_id: str) -> tuple[Revision, ...]:
    """The models that say they are of the posting with this cover letter (or only patch).

    The one of the posting as posted comes first, then its variants (repaired, as meant); none
    where nobody modelled it.
    """
    return _of_postings().get(message_id.strip("<>"), ())


@dataclass(frozen=True, slots=True)
class Pairing:
    """What the model and the extracted interface of one revision do not share."""

    model: str
    only_in_patches: tuple[str, ...]
    only_in_model: tuple[str, ...]

    @property
    def paired(self) -> bool:
        return not (self.only_in_patches or self.only_in_model)


def pair(model: Model, extracted: Iterable[str], inherited: Iterable[str] = ()) -> Pairing:
    """Compare a model's hooks with the names an extractor found.

    ``extracted`` are plain names (``get_folio_noalloc``) the revision adds or changes;
    ``inherited`` names the base has and the revision leaves alone, which the model may mention.
    """
    found = frozenset(extracted)
    allowed = found | frozenset(inherited)
    return Pairing(
        model.name,
        tuple(sorted(found - model.hooks)),
        tuple(sorted(model.hooks - allowed)),
    )
