# SPDX-License-Identifier: GPL-2.0-or-later
import subprocess
import sys
from pathlib import Path

import pytest

from reviewtool import paths
from reviewtool.kernel.bytecode import compiled

pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "job"
    (folder / "part").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "part/__init__.py").write_text("answer = 42\n")
    (folder / "part/data.txt").write_text("kept")
    return folder


def loaded(folder: Path, *modules: str) -> set[str]:
    """What a guest's Python loads in order to import ``modules`` from the package ``folder``."""
    script = f"""
import sys
sys.path[:0] = [{str(folder.parent)!r}]
import {", ".join(modules)}
print(*sys.modules)
"""
    command = [sys.executable, "-I", "-S", "-B", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_package_is_compiled_once(package: Path) -> None:
    folder = compiled(package)
    assert folder.name == "job"
    assert (folder / "part/data.txt").read_text() == "kept"
    assert len(list(folder.rglob("*.pyc"))) == 2
    assert not list(package.rglob("*.pyc"))
    assert compiled(package) == folder


def test_its_bytecode_is_what_is_run(package: Path) -> None:
    folder = compiled(package)
    (folder / "part/__init__.py").write_text("this is not read")
    loaded(folder, "job.part")


def test_another_source_is_another_folder(package: Path) -> None:
    before = compiled(package)
    (package / "part/__init__.py").write_text("answer = 43\n")
    assert compiled(package) != before


def test_the_agent_imports_nothing_that_takes_a_guest_long() -> None:
    modules = loaded(paths.reference_impl() / "refmodel", "refmodel.guest.agent")
    assert "refmodel.guest.driver" in modules
    assert modules & {"typing", "pathlib", "platform", "subprocess", "urllib", "logging"} == set()
