# SPDX-License-Identifier: GPL-2.0-or-later
"""Functions a revision adds, changes and removes."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from reviewtool.archive.types import Patch
from reviewtool.interface.extract import elements_of_c
from reviewtool.tree.apply import apply
from reviewtool.tree.base import find_base
from reviewtool.tree.mine import FunctionChange, mine, whole

MakePatch = Callable[..., Patch]
FILE = "virt/kvm/guest_memfd.c"

BEFORE = """\
static int plain(int a)
{
	return a;
}

static void annotated(struct task_struct *p)
	__acquires(&p->lock)
{
	lock(p);
}

SYSCALL_DEFINE2(answer, int, a, int, b)
{
	return 42;
}

static int doomed(void)
{
	return 0;
}

static int untouched(void)
{
	return 0;
}
"""


def find(path: str, raw: bytes) -> list[tuple[str, int, int]]:
    return [(e.name, e.line, e.end) for e in elements_of_c(path, raw) if e.kind == "function"]


@pytest.fixture
def kernel_with(kernel: Path) -> Path:
    (kernel / FILE).write_text(BEFORE)
    return kernel


def series(make_patch: MakePatch) -> list[Patch]:
    one = BEFORE.replace("return a;", "if (a)\n\t\treturn 1;\n\treturn a;")
    two = one.replace("\tlock(p);", "\tif (p)\n\t\tlock(p);").replace("return 42", "return b")
    three = two.replace("static int doomed(void)\n{\n\treturn 0;\n}\n\n", "")
    three += "\nstatic int fresh(void)\n{\n\treturn 1;\n}\n"
    texts = [BEFORE, one, two, three]
    return [
        make_patch({FILE: pair}, index=n) for n, pair in enumerate(itertools.pairwise(texts), 1)
    ]


def test_each_patch_tells_its_functions_with_size_and_complexity(
    kernel_with: Path, cache: Path, make_patch: MakePatch
) -> None:
    applied = apply(find_base(kernel_with), series(make_patch), name="s/v1")
    changes = mine(applied, find)
    assert changes[0] == FunctionChange(FILE, "plain", "changed", 1, 4, 6, 1, 2)
    assert [(c.patch, c.name, c.change) for c in changes[1:]] == [
        (2, "annotated", "changed"),
        (2, "sys_answer", "changed"),
        (3, "doomed", "removed"),
        (3, "fresh", "added"),
    ]


def test_annotated_functions_and_syscalls_go_by_their_own_names_and_keep_their_measure(
    kernel_with: Path, cache: Path, make_patch: MakePatch
) -> None:
    applied = apply(find_base(kernel_with), series(make_patch), name="s/v1")
    annotated = next(c for c in mine(applied, find) if c.name == "annotated")
    assert (annotated.complexity_before, annotated.complexity_after) == (1, 2)
    assert "__acquires" not in {c.name for c in mine(applied, find)}


def test_the_whole_revision_takes_its_patches_together(
    kernel_with: Path, cache: Path, make_patch: MakePatch
) -> None:
    more = BEFORE + "\nstatic int brief(void)\n{\n\treturn 1;\n}\n"
    patches = [
        make_patch({FILE: (BEFORE, more)}, index=1),
        make_patch({FILE: (more, BEFORE.replace("return a;", "return -a;"))}, index=2),
    ]
    applied = apply(find_base(kernel_with), patches, name="s/v1")
    changes = mine(applied, find)
    assert {(c.patch, c.name, c.change) for c in changes} == {
        (1, "brief", "added"),
        (2, "brief", "removed"),
        (2, "plain", "changed"),
    }
    assert [(c.name, c.change) for c in whole(changes)] == [("plain", "changed")]


def test_the_store_is_not_configured_behind_gits_back(
    kernel_with: Path, cache: Path, make_patch: MakePatch
) -> None:
    applied = apply(find_base(kernel_with), series(make_patch), name="s/v1")
    before = (applied.store / "config").read_bytes()
    mine(applied, find)
    assert (applied.store / "config").read_bytes() == before
