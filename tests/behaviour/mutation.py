# SPDX-License-Identifier: GPL-2.0-or-later
"""Breaking the reference models on purpose: one small change to one function, loaded as a model.

The mutants of a module are made from its syntax tree: a condition turned round, a comparison
shifted, an errno lost, a statement dropped.  Each is loaded beside the intact models, with the
vocabulary and the world shared, so that its answers can be compared with theirs.
"""

import ast
import copy
import importlib
import importlib.util
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from types import ModuleType

from refmodel.model import Revision

_SHARED = (
    "refmodel",
    "refmodel.vocabulary",
    "refmodel.world",
    "refmodel.revisions",
)

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.LtE,
    ast.Gt: ast.GtE,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """``module`` with ``source`` in place of its own; ``change`` says what was done, and where."""

    module: str
    function: str
    line: int
    change: str
    source: str
    again: int = 0
    """How many mutants of the function before it have the same change."""

    @property
    def key(self) -> str:
        """What names it as long as the function stays what it is: no line number."""
        module = self.module.removeprefix("refmodel.").removeprefix("revisions.")
        again = f" ({self.again + 1})" if self.again else ""
        return f"{module}:{self.function}: {' '.join(self.change.split())}{again}"

    def __str__(self) -> str:
        return f"{self.module.removeprefix('refmodel.')}:{self.function}:{self.line}: {self.change}"


def mutants(module: str) -> Iterator[Mutant]:
    """Every mutant of a module's functions."""
    source = _source(module)
    tree = ast.parse(source)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function.name not in _LEFT_ALONE:
            seen: Counter[str] = Counter()
            for node in _body(function):
                for change, broken in _changes(node):
                    yield Mutant(
                        module,
                        function.name,
                        node.lineno,
                        change,
                        ast.unparse(_Replace(node, broken).visit(copy.deepcopy(tree))),
                        seen[change],
                    )
                    seen[change] += 1


_LEFT_ALONE = frozenset({"__init__", "rule", "mark", "cited", "again", "preempt", "errno_name"})
"""Not behaviour of a kernel: bookkeeping of the models."""


def _source(module: str) -> str:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.loader is not None
    text = spec.loader.get_source(module)  # type: ignore[attr-defined]  # source modules have it
    assert isinstance(text, str)
    return text


def _body(function: ast.FunctionDef) -> Iterator[ast.stmt | ast.expr]:
    for statement in function.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.stmt | ast.expr):
                yield node


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    if isinstance(node, ast.If | ast.IfExp):
        turned = copy.deepcopy(node)
        turned.test = ast.UnaryOp(ast.Not(), node.test)
        yield f"condition turned round: {ast.unparse(node.test)}", turned
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        turned_comparison = copy.deepcopy(node)
        turned_comparison.ops[0] = _COMPARISONS[type(node.ops[0])]()
        yield f"comparison: {ast.unparse(turned_comparison)}", turned_comparison
    elif isinstance(node, ast.BoolOp):
        other = copy.deepcopy(node)
        other.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield f"and/or: {ast.unparse(other)}", other
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.UnaryOp | ast.Constant):
        lost = copy.deepcopy(node)
        value: int | bool = 0
        if isinstance(node.value, ast.Constant):
            if not isinstance(node.value.value, int):
                return
            was = node.value.value
            value = (not was) if isinstance(was, bool) else (0 if was else -5)
        lost.value = ast.Constant(value)
        yield f"returns {value} instead of {ast.unparse(node.value)}", lost
    elif _has_effect(node):
        yield f"dropped: {ast.unparse(node)}", ast.Pass()


def _has_effect(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        called = node.value.func if isinstance(node.value, ast.Call) else None
        # Where another thread may run is no rule of a kernel, but a point of the race search.
        search_only = isinstance(called, ast.Attribute) and called.attr == "preempt"
        return called is not None and not search_only
    return isinstance(node, ast.Assign) and isinstance(
        node.targets[0], ast.Attribute | ast.Subscript
    )


class _Replace(ast.NodeTransformer):
    """Replaces the copy of one node: the one at its place, of its kind."""

    def __init__(self, node: ast.stmt | ast.expr, broken: ast.AST | None) -> None:
        self.place = (type(node), node.lineno, node.col_offset, node.end_col_offset)
        self.broken = broken

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.stmt | ast.expr):
            place = (type(node), node.lineno, node.col_offset, node.end_col_offset)
            if place == self.place and self.broken is not None:
                return ast.copy_location(self.broken, node)
        return super().generic_visit(node)


class _Finder:
    """Serves one module from mutated source."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        del path, target
        return ModuleSpec(name, self) if name == self.mutant.module else None  # type: ignore[arg-type]  # a loader by its methods

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        del spec
        return None

    def exec_module(self, module: ModuleType) -> None:
        code = compile(self.mutant.source, f"<{self.mutant}>", "exec")
        exec(code, vars(module))  # noqa: S102 - our own module with one change


def load(mutant: Mutant, names: tuple[str, ...]) -> dict[str, Revision]:
    """The models called ``names``, in a package of their own in which ``mutant`` is in force."""
    before = {name: module for name, module in sys.modules.items() if _private(name)}
    for name in before:
        del sys.modules[name]
    packages = [sys.modules[name] for name in ("refmodel", "refmodel.revisions")]
    attributes = [dict(vars(package)) for package in packages]
    # "from package import module" looks at the package's attributes first.
    for package in packages:
        for name in [name for name in vars(package) if _private(f"{package.__name__}.{name}")]:
            delattr(package, name)
    finder = _Finder(mutant)
    sys.meta_path.insert(0, finder)
    try:
        model = importlib.import_module("refmodel.model")
        return {
            name: model.revision(importlib.import_module(f"refmodel.revisions.{name}"))
            for name in names
        }
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if _private(name)]:
            del sys.modules[name]
        sys.modules.update(before)
        for package, saved in zip(packages, attributes, strict=True):
            for name in vars(package).keys() - saved.keys():
                delattr(package, name)  # or an intact model is derived from a broken one
            vars(package).update(saved)


def _private(name: str) -> bool:
    last = name.rpartition(".")[2]
    shared = name in _SHARED or "guest" in name or last.startswith("__")
    return name.startswith("refmodel.") and not shared
