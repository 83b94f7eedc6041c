# SPDX-License-Identifier: GPL-2.0-or-later
"""``python -m tests.behaviour.all_mutants [PROCESSES]``: try every mutant, print who survives.

What it prints goes, with a reason each, into mutants_survived.txt.
"""

import sys
from concurrent.futures import ProcessPoolExecutor

from tests.behaviour.test_mutants import every_mutant, explained, noticed


def main() -> None:
    """Mutants in parallel; survivors as they are found, then the count."""
    processes = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    every = every_mutant()
    known = explained()
    survived = 0
    with ProcessPoolExecutor(processes) as pool:
        for mutant, killed in zip(every, pool.map(noticed, every, chunksize=8), strict=True):
            if not killed:
                survived += 1
                print(f"{mutant.key}\t{known.get(mutant.key, '')}", flush=True)
    killed_share = 100 * (len(every) - survived) / len(every)
    print(f"{len(every)} mutants, {survived} survive: {killed_share:.1f} % killed", file=sys.stderr)


if __name__ == "__main__":
    main()
