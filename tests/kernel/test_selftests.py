# SPDX-License-Identifier: GPL-2.0-or-later
"""Building a tree's selftests, shown on a tree in miniature: by its Makefiles, in the sandbox."""

from pathlib import Path

import pytest

from reviewtool.kernel import enclose
from reviewtool.kernel.make import BuildFailed
from reviewtool.kernel.selftests import Program, build_selftests
from reviewtool.tree.delta import FileChange

pytestmark = pytest.mark.skipif(
    enclose.missing() is not None, reason=f"no sandbox: {enclose.missing()}"
)

MM = "tools/testing/selftests/mm"
TEST = f"{MM}/uffd-unit-tests.c"
HEADERS = "headers:\n\t@mkdir -p $(O)/usr/include\n\t@echo 1 > $(O)/usr/include/one\n"
MAKEFILE = """\
$(OUTPUT)/uffd-unit-tests: uffd-unit-tests.c
\t@cat uffd-unit-tests.c $(lastword $(KHDR_INCLUDES))/one > $@
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in {
        "Makefile": HEADERS,
        f"{MM}/Makefile": MAKEFILE,
        TEST: "the test\n",
    }.items():
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text(text)
    return tmp_path / "tree"


def mm(programs: tuple[Program, ...]) -> Program:
    return programs[0]


@pytest.mark.usefixtures("cache")
def test_the_tests_of_a_revision_are_built_with_its_headers(tree: Path) -> None:
    changed = FileChange(TEST, 0o100644, b"the test of the series\n")
    elsewhere = FileChange("mm/memory.c", 0o100644, b"no part of a selftest")
    built, kvm = build_selftests(tree, (changed, elsewhere))
    assert built.path is not None
    assert built.path.read_text() == "the test of the series\n1\n"
    assert (kvm.path, kvm.missing) == (None, "this tree does not have it")


@pytest.mark.usefixtures("cache")
def test_what_was_built_is_not_built_again(tree: Path) -> None:
    first = build_selftests(tree)
    assert build_selftests(tree) == first
    (tree / TEST).write_text("another test\n")
    again = mm(build_selftests(tree)).path
    assert again is not None
    assert again.read_text().startswith("another")


@pytest.mark.usefixtures("cache")
def test_a_test_that_does_not_compile_is_a_result(tree: Path) -> None:
    (tree / MM / "Makefile").write_text(
        "$(OUTPUT)/uffd-unit-tests:\n\t@echo 'uffd.c:7:1: error: no such flag'; exit 1\n"
    )
    program = mm(build_selftests(tree))
    assert program.path is None
    assert program.missing == "does not build: uffd.c:7: no such flag"


@pytest.mark.usefixtures("cache")
def test_without_headers_there_is_nothing_to_build_with(tree: Path) -> None:
    (tree / "Makefile").write_text("headers:\n\t@exit 1\n")
    with pytest.raises(BuildFailed, match="does not build"):
        build_selftests(tree)


def test_a_makefile_reaches_neither_the_tree_nor_the_home(
    tree: Path, cache: Path, tmp_path: Path
) -> None:
    del cache
    secret = tmp_path / "secret"
    secret.write_text("mine\n")
    (tree / MM / "Makefile").write_text(
        "$(OUTPUT)/uffd-unit-tests: uffd-unit-tests.c\n"
        "\t@echo changed > uffd-unit-tests.c; echo new > local_config.mk\n"
        f"\t@cat {secret} {tree}/{TEST} > $@ 2>/dev/null; echo built >> $@\n"
    )
    program = mm(build_selftests(tree))
    assert program.path is not None
    assert program.path.read_text() == "built\n"
    assert (tree / TEST).read_text() == "the test\n"
    assert not (tree / MM / "local_config.mk").exists()
