# SPDX-License-Identifier: GPL-2.0-or-later
"""What came of the kernel's own selftests, as text and as a document."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from reviewtool.behaviour.ktap import Result
from reviewtool.review.selftests import Selftests
from reviewtool.text import visible_line


def shape(run: Selftests) -> dict[str, Any]:
    """The ``selftest`` document."""
    passed, failed, skipped = run.result.count()
    return {
        "revision": run.revision,
        "tests": run.tests,
        "kernel": str(run.kernel.path),
        "base": run.kernel.version,
        "profile": run.kernel.profile,
        "passed": passed,
        "failed": failed,
        "skipped": skipped,
        "programs": [_test(program) for program in run.result.subtests],
    }


def _test(test: Result) -> dict[str, Any]:
    return {
        "name": test.name,
        "status": test.status,
        "note": test.note,
        "diagnostics": list(test.diagnostics),
        "tests": [_test(each) for each in test.subtests],
    }


def text(run: Selftests) -> str:
    """A line to a program, the causes of its skips, and what failed with what was said."""
    lines = [
        f"Selftests of {run.tests} on the kernel of {run.revision} (Linux {run.kernel.version})"
    ]
    for program in run.result.subtests:
        passed, failed, skipped = program.count()
        lines += ["", f"{program.name}: {passed} passed, {failed} failed, {skipped} skipped"]
        leaves = list(_leaves(program, ()))
        causes = Counter(
            each.note or "no reason given" for _, each in leaves if each.status == "skip"
        )
        lines += [f"  skipped {number:3}  {why}" for why, number in causes.most_common()]
        for names, each in leaves:
            if each.status == "not ok":
                lines.append(f"  FAILED  {' / '.join(names)}")
                lines += [f"      {line}" for line in each.diagnostics]
    return "\n".join(visible_line(line) for line in lines) + "\n"


def _leaves(test: Result, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Result]]:
    for each in test.subtests:
        if each.subtests:
            yield from _leaves(each, (*above, each.name))
        else:
            yield (*above, each.name), each
