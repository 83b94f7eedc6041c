# SPDX-License-Identifier: GPL-2.0-or-later
"""Run cases and say how each went: ``python -m tests.real.um_kvm_guest MODULE [CASE...]``."""

import importlib
import inspect
import os
import sys
import traceback
from types import ModuleType


def cases(module: ModuleType) -> list[str]:
    """The names of a module's cases: its own public functions."""
    own = inspect.getmembers(module, inspect.isfunction)
    return [n for n, f in own if f.__module__ == module.__name__ and not n.startswith("_")]


def main(name: str, wanted: list[str]) -> None:
    """One process a case, so that what a case leaves behind ends with it."""
    module = importlib.import_module(f"{__package__}.{name}")
    for case in wanted or cases(module):
        print(f"case {case}", flush=True)
        child = os.fork()
        if child == 0:
            try:
                getattr(module, case)()
            except BaseException:  # noqa: BLE001 - told, and the case counts as failed
                traceback.print_exc(file=sys.stdout)
                sys.stdout.flush()
                os._exit(1)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(f"{'not ok' if status else 'ok'} {case}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
