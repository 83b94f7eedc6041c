# SPDX-License-Identifier: GPL-2.0-or-later
"""Comparing every pair of models, each from nothing: seconds of processor time, states, bounds."""

import time
from itertools import combinations

from refmodel.world import World
from reviewtool.behaviour.compare import BehaviourDiff, compare
from reviewtool.behaviour.models import known, load
from reviewtool.behaviour.tables import names_in, table

WORLD = World(pages=2, threads=2, vcpus=1, past_eof=True)
WANTED = 2.0
"""Seconds a pair may take."""

LINEAGE = (
    ("rfc_missing", "v2_minor_meant"),
    ("v2_minor_meant", "v3_can_userfault"),
    ("v3_can_userfault", "rfc_pagecache_folio"),
    ("rfc_pagecache_folio", "v1_shared_folio"),
    ("v1_shared_folio", "v2_get_folio"),
    ("v2_get_folio", "v3_minor_noalloc"),
    ("v3_minor_noalloc", "mrfc_fault_codes"),
    ("mrfc_fault_codes", "m2_do_userfault"),
    ("write_rfc_v2", "write_v3"),
    ("write_v3", "write_v4"),
    ("write_v4", "write_v5"),
    ("write_v5", "write_v6"),
    ("write_v6", "write_v7"),
    ("kvm_userfault_v2", "kvm_userfault_v3"),
    ("kvm_userfault_v3", "kvm_userfault_v3_acquire"),
    ("p_draft_minor", "p_draft_copy"),
    ("huge_missing", "huge_minor"),
    ("huge_minor", "huge_supported_orders"),
    ("shmem", "m2_do_userfault"),
)
"""Neighbours, as the mails have them."""


def measure(a: str, b: str) -> tuple[float, BehaviourDiff]:
    """Processor seconds and result of one comparison that finds nothing computed."""
    table.cache_clear()
    names_in.cache_clear()
    started = time.process_time()
    found = compare(load(a), load(b), WORLD)
    return time.process_time() - started, found


def _line(a: str, b: str, seconds: float, found: BehaviourDiff) -> str:
    rate = found.states / seconds if seconds else 0
    return (
        f"{a:26} {b:26} {seconds:6.2f} s {found.states:7} pairs of states {rate:8.0f}/s  "
        f"{found.verdict}"
    )


def main() -> None:
    """Print neighbours, then the slowest of all pairs and how many keep within two seconds."""
    print(f"world: {WORLD}; where pages influence each other: one value, no second mapping and no")
    print("access by KVM itself. Seconds are of one processor.\n")
    for a, b in LINEAGE:
        print(_line(a, b, *measure(a, b)), flush=True)
    every = [(*measure(a, b), a, b) for a, b in combinations(known(), 2)]
    every.sort(key=lambda each: -each[0])
    fast = sum(seconds < WANTED for seconds, *_ in every)
    total = sum(seconds for seconds, *_ in every)
    print(f"\n{len(every)} pairs in {total:.0f} s; {fast} within {WANTED:.0f} s.")
    worst, _, a, b = every[0]
    print(f"The worst pair, {a} and {b}, took {worst:.2f} s. The slowest:")
    for seconds, found, a, b in every[:8]:
        print(_line(a, b, seconds, found))


if __name__ == "__main__":
    main()
