# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests of a real kernel: what they see, how they end, and that nothing of them is left."""

import os
import pty
import select
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reviewtool.kernel import usage
from reviewtool.kernel.boot import Boot, GuestJob, GuestLimits, boot
from reviewtool.kernel.build import Kernel
from reviewtool.kernel.events import events
from reviewtool.kernel.symbols import read_symbols

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def linux(built_kernel: Callable[[str], Kernel]) -> Path:
    return built_kernel("v3").path


@pytest.fixture
def guest(linux: Path, tmp_path: Path) -> Callable[..., tuple[Boot, list[str]]]:
    """Boot with a Python script as the job; the end, and what the job and the kernel printed."""
    package = tmp_path / "job"
    package.mkdir()
    (package / "__init__.py").touch()

    def run(
        script: str, limits: GuestLimits | None = None, *, number: int = 0
    ) -> tuple[Boot, list[str]]:
        (package / f"step{number}.py").write_text(textwrap.dedent(script))
        lines: list[str] = []
        job = GuestJob(module=f"job.step{number}", packages=(package,))
        usual = GuestLimits(seconds=60)
        console = tmp_path / f"console{number}"
        result = boot(linux, job, limits or usual, lines.append, console=console)
        if "reviewtool: init" in lines:
            lines = lines[lines.index("reviewtool: init") + 1 :]
        return result, lines

    return run


Guest = Callable[..., tuple[Boot, list[str]]]


def test_a_guest_boots_does_its_job_and_halts(guest: Guest) -> None:
    result, lines = guest("import os; print('I am', os.getuid(), os.path.exists('/dev/kvm'))")
    assert (result.ended, result.reason, result.status) == ("halted", "", 0)
    assert lines[0] == "I am 0 True"
    assert "reviewtool: exit 0" in lines


def test_the_job_s_exit_status_and_traceback_come_back(guest: Guest) -> None:
    assert guest("import sys; sys.exit(7)")[0].status == 7
    result, lines = guest("raise ValueError('of the job')", number=1)
    assert (result.ended, result.status) == ("halted", 1)
    assert "ValueError: of the job" in lines


def test_the_root_stays_read_only_even_for_the_guest_s_root(guest: Guest) -> None:
    script = """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        for place in ("/run/reviewtool/x", "/usr/x", "/x"):
            for remount in (False, True):
                if remount:
                    libc.mount(b"none", b"/", None, 32, None)  # MS_REMOUNT, now writable
                try:
                    open(place, "w").close()
                    print("wrote", place)
                except OSError as error:
                    print(place, remount, error.errno)
    """
    _, lines = guest(script)
    assert not [line for line in lines if line.startswith("wrote")]
    assert len([line for line in lines if line.startswith(("/run", "/usr", "/x"))]) == 6


def test_a_guest_whose_init_dies_panics_and_says_so(guest: Guest) -> None:
    result, lines = guest("import os; print('dying', flush=True); os._exit(3)")
    assert (result.ended, result.status) == ("panic", None)
    assert "Attempted to kill init! exitcode=0x00000300" in result.reason
    (event,) = events(lines)
    assert (event.kind, event.fatal) == ("panic", True)
    assert event.function == "do_exit"
    assert lines.index("dying") < event.line


def test_the_functions_of_the_kernel_have_names(linux: Path) -> None:
    symbols = read_symbols(linux)
    assert {"kvm_gmem_create", "handle_userfault"} <= {
        name.split(".")[0] for _, name in symbols.functions
    }


def test_a_guest_that_hangs_is_ended_in_time(guest: Guest) -> None:
    result, _ = guest("while True: pass", GuestLimits(seconds=2))
    assert (result.ended, result.reason) == ("timeout", "not finished after 2 s")
    assert result.seconds < 6
    assert usage.tree(os.getpid()) == {os.getpid()}


def test_a_guest_that_never_stops_talking_is_ended(guest: Guest) -> None:
    result, _ = guest("while True: print('y' * 1000)", GuestLimits(output=200_000))
    assert result.ended == "output-limit"


def test_a_fork_bomb_and_a_memory_hog_stay_in_the_guest(guest: Guest) -> None:
    before = usage.free_memory()
    bomb = """
        import os, time
        made = 0
        try:
            while True:
                if os.fork() == 0:
                    time.sleep(1000)
                made += 1
        except OSError:
            print("no more than", made)
    """
    result, _ = guest(bomb, GuestLimits(seconds=30))
    assert result.ended in ("halted", "panic", "timeout", "killed")
    result, _ = guest("x = []\nwhile True: x.append(bytes(1 << 20))", number=1)
    assert result.ended in ("halted", "panic")
    assert usage.tree(os.getpid()) == {os.getpid()}
    assert before - usage.free_memory() < 1 << 30


def residue() -> dict[str, int]:
    """What is there of ours, beyond files: others may run guests at the same time."""
    return {
        "processes": len(usage.tree(os.getpid())),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
    }


def in_memory() -> set[str]:
    return {path.name for path in Path("/dev/shm").iterdir()}


def lasting(names: set[str], seconds: float = 20) -> set[str]:
    """Which of ``names`` do not go away: what others have there, they put away themselves."""
    until = time.monotonic() + seconds
    while names and time.monotonic() < until:
        time.sleep(0.1)
        names &= in_memory()
    return names


def test_twenty_guests_in_a_row_leave_nothing(
    guest: Guest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    guest("print('warm')")
    before = residue()
    shared = in_memory()
    for number in range(20):
        result, lines = guest(f"print('guest', {number})", number=number)
        assert (result.ended, lines[0]) == ("halted", f"guest {number}")
    assert residue() == before
    assert list(temporary.iterdir()) == []
    assert lasting(new := in_memory() - shared) == set(), new


def test_four_guests_at_once_do_not_meet(guest: Guest) -> None:
    ends: dict[int, tuple[Boot, list[str]]] = {}

    def work(number: int) -> None:
        ends[number] = guest(f"print('guest', {number})", number=number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: (end.ended, lines[0]) for number, (end, lines) in ends.items()} == {
        number: ("halted", f"guest {number}") for number in range(4)
    }
    assert usage.tree(os.getpid()) == {os.getpid()}


class _Terminal:
    """A person at a terminal in front of ``reviewtool.kernel.shell``."""

    def __init__(self, linux: Path) -> None:
        script = (
            "import sys\nfrom pathlib import Path\nfrom reviewtool.kernel.shell import shell\n"
            f"sys.exit(shell(Path({str(linux)!r}), title='v3'))\n"
        )
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            os.execv(sys.executable, [sys.executable, "-c", script])  # noqa: S606 - no shell wanted
        self.seen = ""

    def until(self, expected: str, seconds: float = 30) -> str:
        end = time.monotonic() + seconds
        while expected not in self.seen:
            left = end - time.monotonic()
            assert left > 0, f"no {expected!r} in {self.seen!r}"
            if select.select([self.screen], [], [], left)[0]:
                self.seen += os.read(self.screen, 1 << 16).decode("utf-8", "replace")
        seen, _, self.seen = self.seen.partition(expected)
        return seen

    def type(self, keys: str) -> None:
        os.write(self.screen, keys.encode())


def test_a_person_gets_a_shell_with_kvm_and_job_control(linux: Path) -> None:
    person = _Terminal(linux)
    person.until("v3:~# ")
    person.type("test -c /dev/kvm && echo have-$((6*7))\r")
    person.until("have-42")
    person.until("v3:~# ")
    person.type("sleep 1000\r")
    person.until("sleep 1000")
    time.sleep(0.5)
    person.type("\x03")
    person.until("v3:~# ")
    person.type("exit\r")
    person.until("Power down")
    _, status = os.waitpid(person.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
