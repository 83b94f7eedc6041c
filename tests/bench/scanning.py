# SPDX-License-Identifier: GPL-2.0-or-later
"""Every object of vm_operations_struct in a whole tree: reviewtool beside other tools, one run.

All of them are asked the same: which slot is set where. How many they find is counted against the
second, plain reading of the tests. ripgrep answers nothing; it shows what reading the tree takes.
ast-grep is given only the files ripgrep finds the name in, and its time includes that. Each tool
is a command of its own, its start-up counted; seconds are the best of the runs. CPU seconds are of
all processes together and say more than the clock on a machine that does other work as well.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reviewtool.review.session import applied, open_session, with_base
from reviewtool.review.whole import objects_in_applied
from reviewtool.tree.base import find_base
from tests.bench.applying import own_cache
from tests.real.second_reading import tree_pairs

STRUCT = "vm_operations_struct"
Slots = Counter[tuple[str, str]]
"""(path, slot)."""
RUNS = 3

OURS = f"""
import json, sys
from pathlib import Path
from reviewtool.interface.scan import objects_in_tree
found = objects_in_tree(Path(sys.argv[1]), ["{STRUCT}"])
json.dump([(one.path, one.name, one.guard) for one in found], sys.stdout)
"""
COCCI = f"""
@r@
identifier object, slot;
expression value;
position p;
@@
struct {STRUCT} object = {{ .slot@p = value, }};

@script:python@
slot << r.slot;
p << r.p;
@@
print("%s\\t%s" % (p[0].file, slot))
"""
RULE = f"""
id: slots
language: c
severity: info
rule:
  kind: initializer_pair
  inside:
    kind: initializer_list
    inside:
      kind: init_declarator
      inside:
        kind: declaration
        has: {{field: type, regex: '\\b{STRUCT}\\b'}}
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Clock and CPU seconds of a command, and what it printed."""

    seconds: float
    cpu: float
    output: str


def run(argv: list[str], folder: Path) -> Run:
    """Run a command of a bench; one that fails ends the bench."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{argv[0]}: status {done.returncode}: {done.stderr[-500:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, cpu, done.stdout)


def best(argv: list[str], folder: Path, runs: int = RUNS) -> Run:
    """The quickest of some runs."""
    return min((run(argv, folder) for _ in range(runs)), key=lambda one: one.seconds)


def ours(tree: Path, work: Path) -> tuple[Run, Slots, int]:
    """reviewtool's time, its slots, and how many of them stand under a condition."""
    del work
    told = best([sys.executable, "-c", OURS, str(tree)], Path.cwd())
    found = json.loads(told.output)
    slots = Counter((path, name.rpartition(".")[2]) for path, name, _ in found)
    return told, slots, sum(bool(guard) for _, _, guard in found)


def ripgrep(tree: Path, work: Path) -> tuple[Run, None, int]:
    """The time to read the tree."""
    del work
    return best(["rg", "-uuu", "-c", "-g", "*.[ch]", STRUCT, "."], tree), None, 0


def ast_grep(tree: Path, work: Path) -> tuple[Run, Slots, int]:
    """ast-grep behind the same prefilter."""
    rule = work / "rule.yml"
    rule.write_text(RULE)
    command = (
        f"rg -uuu -l -0 -g '*.[ch]' {STRUCT} . | xargs -0 ast-grep scan -r {rule} --json=stream"
    )
    told = best(["sh", "-c", command], tree)
    slots: Slots = Counter()
    for line in told.output.splitlines():
        found = json.loads(line)
        slot = found["text"].partition("=")[0].strip(" \t\n.")
        slots[found["file"].removeprefix("./"), slot] += 1
    return told, slots, 0


def coccinelle(tree: Path, work: Path) -> tuple[Run, Slots, int]:
    """spatch, with its own prefilter, on all processors."""
    script = work / "slots.cocci"
    script.write_text(COCCI)
    jobs = str(os.cpu_count() or 1)
    argv = ["spatch", "--very-quiet", "--no-includes", "--include-headers", "-j", jobs]
    told = best([*argv, "--sp-file", str(script), "--dir", str(tree)], work, runs=1)
    pairs = (line.split("\t") for line in told.output.splitlines() if "\t" in line)
    return told, Counter((str(Path(path).relative_to(tree)), slot) for path, slot in pairs), 0


TOOLS: tuple[tuple[str, str, Callable[[Path, Path], tuple[Run, Slots | None, int]]], ...] = (
    ("ripgrep, only reading", "rg", ripgrep),
    ("reviewtool", sys.executable, ours),
    ("ripgrep | ast-grep", "ast-grep", ast_grep),
    ("coccinelle (spatch)", "spatch", coccinelle),
)


def report(tree: Path, title: str) -> str:
    """The table of one tree."""
    pairs = tree_pairs(tree, (STRUCT,))[STRUCT]
    truth: Slots = Counter()
    for (path, _, slot), count in pairs.items():
        truth[path, slot] += count
    lines = [f"Every slot of every {STRUCT} in {title}: {truth.total()}", ""]
    lines.append(f"{'':22} {'seconds':>8} {'CPU s':>7} {'found':>7} {'wrong':>6}  conditions")
    times: dict[str, Run] = {}
    with tempfile.TemporaryDirectory(prefix="reviewtool-bench-") as work:
        for name, command, ask in TOOLS:
            if shutil.which(command) is None:
                lines.append(f"{name:22} {'not installed':>16}")
                continue
            told, slots, guarded = ask(tree, Path(work))
            times[name] = told
            line = f"{name:22} {told.seconds:8.2f} {told.cpu:7.2f}"
            if slots is not None:
                right, wrong = (truth & slots).total(), (slots - truth).total()
                line += f" {right:7} {wrong:6}  {f'of {guarded} slots' if guarded else 'none'}"
            lines.append(line)
    own = times["reviewtool"]
    for name, other in times.items():
        if other is not own:
            lines.append(
                f"  {name}: {other.seconds / own.seconds:.2f} times the time of reviewtool, "
                f"{other.cpu / own.cpu:.2f} times its CPU"
            )
    return "\n".join(lines) + "\n"


def incremental() -> str:
    """The first revision of the embedded study against the second, both applied beforehand."""
    session = with_base(open_session("embedded", None))
    names = [session.study.revisions[0].id, session.study.revisions[-1].id]
    seconds = []
    with own_cache():
        trees = [applied(session, name) for name in names]
        for tree in trees:
            started = time.perf_counter()
            found = len(objects_in_applied(session, tree, [STRUCT]))
            seconds.append(time.perf_counter() - started)
            assert found > 300, found
    first, second = seconds
    return (
        f"The same of a revision's whole tree: the first ({names[0]}) {first:.2f} s, "
        f"the next ({names[1]}) {second * 1000:.1f} ms: {first / second:.0f} times as fast\n"
    )


def main() -> None:
    """Print the tables of the default base and of the trees $REVIEWTOOL_TEST_TREES names."""
    named = [name for name in os.environ.get("REVIEWTOOL_TEST_TREES", "").split(":") if name]
    bases = [find_base(), *(find_base(Path(name)) for name in named)]
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{os.cpu_count()} processors, load {load}\n")
    for base in bases:
        if base.kind == "directory":
            print(report(base.path, f"Linux {base.version}"), flush=True)
        else:
            print(f"{base.describe} has no unpacked tree to search\n")
    print(incremental(), end="")
