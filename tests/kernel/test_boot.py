# SPDX-License-Identifier: GPL-2.0-or-later
"""How a guest may end, shown with programs that behave as kernels do. Real ones: tests/real."""

import threading
from pathlib import Path

import pytest

from reviewtool.kernel import enclose
from reviewtool.kernel.boot import FOLDER, Boot, GuestJob, GuestLimits, boot, new_console

pytestmark = pytest.mark.skipif(
    enclose.missing() is not None, reason=f"no sandbox: {enclose.missing()}"
)

INIT = "echo 'reviewtool: init'\n"
EXIT = "echo 'reviewtool: exit 3'\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return tmp_path / "linux"


def booted(
    program: Path, script: str, limits: GuestLimits | None = None, job: GuestJob | None = None
) -> tuple[Boot, list[str]]:
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)
    lines: list[str] = []
    console = program.with_name("console")
    result = boot(
        program, job or GuestJob(), limits or GuestLimits(seconds=20), lines.append, console=console
    )
    return result, lines


def test_a_guest_that_halts_gives_the_jobs_status(program: Path) -> None:
    result, lines = booted(program, INIT + "echo work\n" + EXIT)
    assert (result.ended, result.reason, result.status) == ("halted", "", 3)
    assert lines == ["reviewtool: init", "work", "reviewtool: exit 3"]
    assert result.console.read_text().splitlines() == lines


def test_a_guest_that_halts_before_its_job_is_done_says_so(program: Path) -> None:
    result, _ = booted(program, INIT)
    assert (result.ended, result.status) == ("halted", None)
    assert result.reason == "exit status 0, before the job ended"


def test_a_panic_is_told_by_its_words(program: Path) -> None:
    result, _ = booted(program, INIT + "echo 'Kernel panic - not syncing: oh no'\nkill -ABRT $$\n")
    assert (result.ended, result.status) == ("panic", None)
    assert result.reason == "Kernel panic - not syncing: oh no"


def test_a_panic_is_told_by_its_exit_status(program: Path) -> None:
    result, _ = booted(program, INIT + "exit 134\n")
    assert (result.ended, result.reason) == ("panic", "the kernel aborted without a word")


def test_an_abort_after_power_down_is_no_death_of_the_kernel(program: Path) -> None:
    down = INIT + EXIT.partition("\n")[0] + "\necho 'reboot: Power down'\nexit 134\n"
    result, _ = booted(program, down)
    assert (result.ended, result.status) == ("halted", 3)
    assert "after the machine had powered down" in result.reason


def test_an_abort_after_the_job_but_before_power_down_is_one(program: Path) -> None:
    result, _ = booted(program, INIT + EXIT.partition("\n")[0] + "\nexit 134\n")
    assert result.ended == "panic"


def test_a_kernel_that_hangs_at_boot_is_ended(program: Path) -> None:
    result, _ = booted(program, "sleep 100\n", GuestLimits(seconds=1))
    assert result.ended == "timeout"
    assert result.reason == "not finished after 1 s, before user space was reached"
    assert result.seconds < 3


def test_a_job_that_hangs_is_ended(program: Path) -> None:
    result, _ = booted(program, INIT + "sleep 100\n", GuestLimits(seconds=1))
    assert (result.ended, result.reason) == ("timeout", "not finished after 1 s")


def test_endless_output_is_ended(program: Path) -> None:
    result, _ = booted(program, "exec yes\n", GuestLimits(output=1 << 20))
    assert (result.ended, result.reason) == ("output-limit", "more than 1024 KiB of output")


def test_what_never_reaches_user_space_did_not_boot(program: Path) -> None:
    result, _ = booted(program, "echo 'cannot map memory'\nexit 1\n")
    assert (result.ended, result.reason) == ("no-boot", "exit status 1: cannot map memory")
    program.unlink()
    program.write_text("no program")
    result = boot(program, GuestJob(), GuestLimits(seconds=5), console=program.with_name("c"))
    assert result.ended == "no-boot"


def test_a_kernel_that_is_killed_says_by_what(program: Path) -> None:
    result, _ = booted(program, INIT + "kill -SEGV $$\n")
    assert (result.ended, result.reason) == ("killed", "by signal 11")


def test_the_job_is_there_and_cannot_be_changed(program: Path, tmp_path: Path) -> None:
    package = tmp_path / "agent"
    package.mkdir()
    (package / "__init__.py").write_text("# agent\n")
    data = tmp_path / "data"
    data.write_text("from a file\n")
    job = GuestJob(
        argv=(f"{FOLDER}/plan.json",),
        module="agent",
        packages=(package,),
        files={"plan.json": b"the plan\n", "sub/data": data},
    )
    script = (
        f"cat {FOLDER}/plan.json {FOLDER}/sub/data {FOLDER}/python/agent/__init__.py\n"
        f"for f in plan.json sub/data python/agent/__init__.py linux job.json; do\n"
        f"  (echo changed > {FOLDER}/$f) 2>/dev/null && echo wrote $f\ndone\n"
    )
    _, lines = booted(program, script, job=job)
    assert lines == ["the plan", "from a file", "# agent"]
    assert data.read_text() == "from a file\n"


def test_the_command_tells_how_to_do_it_again(program: Path) -> None:
    result, _ = booted(program, 'echo "$@"\n', GuestLimits(memory=48))
    assert "bwrap" in result.command
    assert "mem=48M" in result.command
    assert "oops=panic" in result.console.read_text()


def test_guests_run_beside_each_other_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    results: list[Boot] = []

    def work(number: int) -> None:
        program = tmp_path / f"linux{number}"
        program.write_text(f"#!/bin/sh\n{INIT}sleep 0.5\n{EXIT}")
        program.chmod(0o755)
        results.append(boot(program, GuestJob(), console=tmp_path / f"console{number}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.ended for result in results] == ["halted"] * 6
    assert list(temporary.iterdir()) == []


def test_consoles_nobody_asked_to_keep_make_room_for_new_ones(cache: Path) -> None:
    made = [new_console() for _ in range(205)]
    kept = set((cache / "consoles").iterdir())
    assert len(kept) == 200
    assert made[-1] in kept
