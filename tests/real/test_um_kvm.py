# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM for User-Mode Linux on the default base or $REVIEWTOOL_TREE's, built: its own behaviour.

What is asserted is written down in ``um_kvm_guest/*_cases.py``, one function a case, which run
inside the guest; here every case is a test of its own.
"""

import ast
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from reviewtool.errors import Unavailable
from reviewtool.kernel.boot import Boot, GuestJob, GuestLimits, boot
from reviewtool.kernel.build import build
from reviewtool.kernel.overlay import read_overlay
from reviewtool.tree.base import find_base
from reviewtool.tree.kernel_version import parse_version

pytestmark = pytest.mark.kernel

TESTS = Path(__file__).resolve().parent.parent
GUEST = TESTS / "real" / "um_kvm_guest"
MODULES = ("vcpu_cases", "slot_cases", "uml_cases")
_VERDICT = re.compile(r"(ok|not ok) (\w+)$")
_SPLAT = re.compile(r"BUG:|WARNING:|INFO: |KASAN|possible .*lock|Call Trace")

# Cases that User-Mode Linux fails without the patch that repairs it.
BROKEN_WITHOUT = {
    "VM_FAULT_HWPOISON": (
        "a_page_marked_as_poisoned_is_sigbus",
        "a_system_call_fails_on_a_page_marked_as_poisoned",
    ),
    "repopulated": (
        "nothing_survives_below_a_page_table_that_was_replaced",
        "nothing_survives_below_a_table_of_page_tables_that_was_replaced",
        "nothing_survives_below_a_page_table_that_was_not_replaced",
    ),
    "faults-of-uaccess": ("a_userfaultfd_for_user_mode_sees_no_access_of_the_kernel",),
    "Deliver-signals": ("a_signal_reaches_a_thread_that_waits_in_a_fault",),
}


def names(module: str) -> list[str]:
    """The cases of a module, in the order in which they are written."""
    tree = ast.parse((GUEST / f"{module}.py").read_text())
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [name for name in functions if not name.startswith("_")]


@dataclass(frozen=True, slots=True)
class Run:
    """A guest that has run cases."""

    boot: Boot
    passed: frozenset[str]
    console: str


def run(
    kernel: Path,
    module: str,
    *cases: str,
    seconds: float = 60,
    memory: int = 64,
    trusted: bool = True,
) -> Run:
    """Run a module's cases (all, if none is named) in a guest."""
    job = GuestJob(module="tests.real.um_kvm_guest", argv=(module, *cases), packages=(TESTS,))
    ended = boot(kernel, job, GuestLimits(seconds, memory), trusted=trusted)
    console = ended.console.read_text(errors="replace")
    ended.console.unlink()
    verdicts = filter(None, map(_VERDICT.match, console.splitlines()))
    return Run(ended, frozenset(v[2] for v in verdicts if v[1] == "ok"), console)


@pytest.fixture(scope="module")
def base() -> Path:
    try:
        return find_base().path
    except Unavailable as absent:
        pytest.skip(f"no kernel source: {absent}")


@pytest.fixture(scope="module")
def kernel(base: Path) -> Path:
    return build(base, trusted=True, title="the unmodified base").path


@pytest.fixture(scope="module")
def runs(kernel: Path) -> dict[str, Run]:
    return {module: run(kernel, module) for module in MODULES}


@pytest.mark.parametrize(("module", "case"), [(m, name) for m in MODULES for name in names(m)])
def test_in_the_guest(runs: dict[str, Run], module: str, case: str) -> None:
    done = runs[module]
    assert done.boot.ended == "halted", done.console
    assert case in done.passed, done.console


def test_the_kernel_has_nothing_to_complain_about(runs: dict[str, Run]) -> None:
    complaints = [line for r in runs.values() for line in r.console.splitlines()]
    assert [line for line in complaints if _SPLAT.search(line)] == []


@pytest.fixture(scope="module")
def unrepaired(base: Path) -> Path:
    """A kernel whose overlay has none of the patches that repair User-Mode Linux."""
    version = parse_version((base / "Makefile").read_text())
    assert version is not None
    overlay = read_overlay(version, "fast")
    kept = tuple(p for p in overlay.patches if not any(word in p[0] for word in BROKEN_WITHOUT))
    assert len(kept) == len(overlay.patches) - len(BROKEN_WITHOUT)
    return build(
        base, trusted=True, title="unrepaired", overlay=replace(overlay, patches=kept)
    ).path


@pytest.mark.parametrize("case", [case for cases in BROKEN_WITHOUT.values() for case in cases])
def test_fails_without_its_patch(unrepaired: Path, case: str) -> None:
    done = run(unrepaired, "uml_cases", case, seconds=20)
    assert f"case {case}" in done.console, done.console
    assert case not in done.passed
