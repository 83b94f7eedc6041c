# SPDX-License-Identifier: GPL-2.0-or-later
"""``make bench``: every measurement in this folder, one after the other, or those named."""

import importlib
import sys
import time
from pathlib import Path


def main() -> None:
    known = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem != "__main__")
    unknown = [name for name in sys.argv[1:] if name not in known]
    if unknown:
        sys.exit(f"no measurement {unknown[0]}; there is {', '.join(known)}")
    for name in sys.argv[1:] or known:
        started = time.monotonic()
        print(f"== {name}", flush=True)
        importlib.import_module(f"tests.bench.{name}").main()
        print(f"   ({time.monotonic() - started:.0f} s)\n", flush=True)


if __name__ == "__main__":
    main()
