# SPDX-License-Identifier: GPL-2.0-or-later
"""Fetching a thread of 28 mails from a public-inbox on loopback: ``b4 am`` alone, ``reviewtool
fetch`` for the first time, and again with nothing new.

Every run is a process of its own, from start to exit; the server's time is in it.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from reviewtool.archive.b4 import b4_command
from reviewtool.archive.raw import read_raw
from reviewtool.process import sealed_env
from tests.real.public_inbox import serve

LORE = Path(__file__).resolve().parents[3] / "shared" / "lore"
THREAD = LORE / "kalyazin-uffd-v3.mbox"
MESSAGE = "20250404154352.23078-1-kalyazin@amazon.com"
RUNS = 7


@dataclass(frozen=True, slots=True)
class Cost:
    """The quickest of some runs: seconds by the clock, and of processor time."""

    wall: float
    cpu: float


def main() -> None:
    if not THREAD.exists():
        print(f"left out: no {THREAD}")
        return
    with tempfile.TemporaryDirectory(prefix="reviewtool-bench-") as scratch:
        folder = Path(scratch)
        with serve(folder / "public-inbox", read_raw(THREAD)) as address:
            fetch = (str(Path(sys.executable).parent / "reviewtool"), "fetch", MESSAGE)
            from_there = (*fetch, "--from", address)
            b4 = [str(b4_command()), "-n", "--no-stdin", "-c", f"b4.midmask={address}/%s"]
            b4 += ["-c", "b4.attestation-policy=off", "am", "-o", str(folder), MESSAGE]
            alone = min((_cost(folder, f"b4-{n}", *b4) for n in range(3)), key=_wall)
            first = min((_cost(folder, f"new-{n}", *from_there) for n in range(3)), key=_wall)
            again = min((_cost(folder, "new-0", *from_there) for _ in range(RUNS)), key=_wall)
            log = (fetch[0], "log")
            listed = min((_cost(folder, "new-0", *log) for _ in range(RUNS)), key=_wall)
    for name, cost in (
        ("b4 am alone", alone),
        ("reviewtool fetch", first),
        ("  of it more than b4", Cost(first.wall - alone.wall, first.cpu - alone.cpu)),
        ("reviewtool fetch, nothing new", again),
        ("reviewtool log", listed),
    ):
        print(f"   {name:32} {cost.wall:6.2f} s   {cost.cpu:6.2f} s of processor time")
    print("   aim: fetch less than 1 s more than b4; again less than 0.3 s")


def _wall(cost: Cost) -> float:
    return cost.wall


def _cost(folder: Path, home: str, *command: str) -> Cost:
    """One run with a home, cache and data folder called ``home``."""
    place = folder / home
    place.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        **sealed_env(place),
        "REVIEWTOOL_CACHE": str(place / "cache"),
        "REVIEWTOOL_DATA": str(place / "data"),
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        cwd=place,
    )
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu)
