# SPDX-License-Identifier: GPL-2.0-or-later
"""The agent's protocol, spoken by the agent itself on this host with shmem files."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from refmodel.guest import syscalls

ROOT = Path(__file__).resolve().parents[3]


def run_agent(plan: object, tmp_path: Path) -> list[dict[str, Any]]:
    """Every line the agent says."""
    path = tmp_path / "plan.json"
    path.write_text(plan if isinstance(plan, str) else json.dumps(plan))
    done = subprocess.run(
        [sys.executable, "-m", "refmodel.guest.agent", path],
        env={"PYTHONPATH": str(ROOT / "reference-impl"), "PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
        timeout=30,
    )
    lines = done.stdout.decode().splitlines()
    assert all(line.startswith("RT ") for line in lines), done.stdout
    return [json.loads(line[3:]) for line in lines]


def plan(*sequences: str) -> dict[str, Any]:
    return {
        "pages": 1,
        "past_eof": False,
        "threads": 1,
        "vm_flags": None,
        "deadline": 2.0,
        "exact": False,
        "cases": [{"case": 10 + n, "inputs": text} for n, text in enumerate(sequences)],
    }


@pytest.fixture
def userfaultfd() -> None:
    try:
        os.close(syscalls.open_userfaultfd())
    except OSError as error:
        pytest.skip(f"this host gives no userfaultfd for kernel-mode faults: {error}")


@pytest.mark.usefixtures("userfaultfd")
def test_each_step_has_its_line_and_each_case_its_brackets(tmp_path: Path) -> None:
    ready, *lines, done = run_agent(plan("register missing; read u0 p0", "read u0 p0"), tmp_path)
    assert ready["ready"]["threads"] == ["u0"]
    assert lines == [
        {"case": 10, "begin": True},
        {"case": 10, "step": 0, "input": "register missing", "obs": "ok"},
        {"case": 10, "step": 1, "input": "read u0 p0", "obs": "blocked; event missing p0 read"},
        {"case": 10, "end": True},
        {"case": 11, "begin": True},
        {"case": 11, "step": 0, "input": "read u0 p0", "obs": "value zero"},
        {"case": 11, "end": True},
    ]
    assert (done["done"]["cases"], done["done"]["steps"]) == (2, 3)


@pytest.mark.usefixtures("userfaultfd")
def test_an_input_the_run_has_no_means_for_is_an_error_not_a_pass(tmp_path: Path) -> None:
    *_, last = run_agent(plan("read u0 p0", "vcpu-read p0"), tmp_path)
    assert last == {"error": "Unsupported: vcpu-read p0: this run has no thread v"}


def test_a_plan_that_is_no_plan(tmp_path: Path) -> None:
    (line,) = run_agent('{"pages": 1', tmp_path)
    assert line["error"].startswith("JSONDecodeError")


def test_only_init_may_stop_the_machine() -> None:
    with pytest.raises(PermissionError):
        syscalls.power_off()
