# SPDX-License-Identifier: GPL-2.0-or-later
"""What a hostile revision may try when it is built or booted, each attack shown to work outside.

The attacks are scripts. ``outside`` runs one as any program of the user's; ``inside`` runs the very
same one where a revision's Makefiles and kernel run.
"""

import os
import secrets
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewtool.kernel import enclose
from reviewtool.kernel.sandbox import Limits, Mount
from reviewtool.kernel.supervise import Outcome, run

MIB = 1 << 20

pytestmark = pytest.mark.skipif(
    enclose.missing() is not None, reason=f"no sandbox here: {enclose.missing()}"
)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The one folder the sandbox may write to."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def outside(script: str, *arguments: str, env: dict[str, str] | None = None) -> str:
    """What ``script`` prints when nothing contains it."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    ).stdout.strip()


USUAL = Limits(seconds=30)


def inside(script: str, *arguments: str, work: Path, limits: Limits = USUAL) -> tuple[str, Outcome]:
    """What ``script`` prints in the sandbox, and how that ended."""
    view = enclose.view([Mount(work, "/own", writable=True)])
    command = ["python3", "-I", "-c", textwrap.dedent(script), *arguments]
    lines: list[str] = []
    log = work.parent / "log"
    outcome = run(view, command, limits, log=log, on_line=lines.append, chdir="/own")
    return "\n".join(lines).strip(), outcome


def processes_with(marker: str) -> list[str]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if marker.encode() in command and str(os.getpid()) != folder.name:
                found.append(folder.name)
    return found


WRITE = """
    import sys
    try:
        open(sys.argv[1], "w").write("gotcha")
        print("written")
    except OSError as error:
        print(type(error).__name__, error.errno)
"""


def test_it_writes_nowhere_but_in_its_folder(work: Path, tmp_path: Path) -> None:
    target = tmp_path / "outside"
    assert outside(WRITE, str(target)) == "written"
    target.unlink()
    said, _ = inside(WRITE, str(target), work=work)
    assert said != "written"
    assert not target.exists()
    assert inside(WRITE, "/own/mine", work=work)[0] == "written"
    assert (work / "mine").read_text() == "gotcha"


@pytest.mark.parametrize("place", ["/usr/gotcha", "/etc/gotcha", "/gotcha", "/dev/gotcha"])
def test_the_system_is_read_only(work: Path, place: str) -> None:
    said, _ = inside(WRITE, place, work=work)
    assert said.startswith(("OSError 30", "PermissionError"))
    assert not Path(place).exists()


READ = """
    import sys
    try:
        print(open(sys.argv[1]).read())
    except OSError as error:
        print(type(error).__name__)
"""


@pytest.mark.usefixtures("user")
def test_it_does_not_see_the_home_and_its_keys(work: Path, tmp_path: Path) -> None:
    key = tmp_path / "home" / ".ssh" / "id_ed25519"
    key.parent.mkdir(parents=True)
    key.write_text("PRIVATE KEY")
    assert outside(READ, str(key)) == "PRIVATE KEY"
    assert inside(READ, str(key), work=work)[0] == "FileNotFoundError"


@pytest.mark.parametrize(
    "place", [str(Path.home() / ".bashrc"), "/etc/shadow", "/etc/passwd", "/var/log", "/root/.ssh"]
)
def test_it_does_not_see_what_lies_in_the_usual_places(work: Path, place: str) -> None:
    said, _ = inside("import os, sys; print(os.path.lexists(sys.argv[1]))", place, work=work)
    assert said == "False"


@pytest.fixture(params=["a user of its own", "the same user"])
def user(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What root starts runs as another user of the host, what others start as themselves."""
    if request.param == "the same user":
        monkeypatch.setattr(enclose, "_separable", lambda: False)
    elif os.geteuid() != 0:
        pytest.skip("only root can give the sandbox a user of its own")


@pytest.mark.usefixtures("user")
def test_it_does_not_see_the_environment(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret-of-mine")
    own = "import os; print(os.environ.get('GITHUB_TOKEN'))"
    assert outside(own) == "secret-of-mine"
    assert inside(own, work=work)[0] == "None"
    # Nor through another process: the first one inside is bubblewrap.
    others = """
        import glob
        for name in glob.glob("/proc/[0-9]*/environ"):
            try:
                print(name, b"secret-of-mine" in open(name, "rb").read())
            except OSError as error:
                print(name, type(error).__name__)
    """
    assert "True" in outside(others)
    said, _ = inside(others, work=work)
    assert "/proc/1/environ" in said
    assert "True" not in said


@pytest.fixture
def server() -> Iterator[int]:
    """A loopback server that answers everybody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.sendall(b"internal data")
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def test_it_reaches_no_server_not_even_on_loopback(work: Path, server: int) -> None:
    script = """
        import socket, sys
        try:
            print(socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5).recv(99).decode())
        except OSError as error:
            print(type(error).__name__)
    """
    assert outside(script, str(server)) == "internal data"
    assert inside(script, str(server), work=work)[0] in ("ConnectionRefusedError", "OSError")


def test_it_reaches_no_abstract_socket(work: Path) -> None:
    name = f"reviewtool-{secrets.token_hex(4)}"
    script = """
        import socket, sys
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect("\\0" + sys.argv[1])
            print("connected")
        except OSError as error:
            print(type(error).__name__)
    """
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0" + name)
        listener.listen(5)
        assert outside(script, name) == "connected"
        assert inside(script, name, work=work)[0] == "ConnectionRefusedError"


@pytest.mark.parametrize("deed", ["os.kill(pid, 9)", "attach(pid)"])
def test_it_neither_kills_nor_traces_other_processes(work: Path, deed: str) -> None:
    script = f"""
        import ctypes, os, sys
        def attach(pid):
            libc = ctypes.CDLL(None, use_errno=True)
            libc.ptrace.argtypes = [ctypes.c_long] * 4
            if libc.ptrace(16, pid, 0, 0):
                raise OSError(ctypes.get_errno(), "ptrace")
        pid = int(sys.argv[1])
        try:
            {deed}
            print("done")
        except OSError as error:
            print(type(error).__name__)
    """
    for where, answer in (("outside", "done"), ("inside", "ProcessLookupError")):
        with subprocess.Popen(["sleep", "60"]) as victim:
            try:
                pid = str(victim.pid)
                said = (
                    outside(script, pid)
                    if where == "outside"
                    else inside(script, pid, work=work)[0]
                )
                assert said == answer
                if where == "inside":
                    assert victim.poll() is None
            finally:
                victim.kill()


@pytest.mark.usefixtures("user")
def test_it_gets_no_capability_and_can_mount_nothing(work: Path) -> None:
    script = """
        import ctypes
        for line in open("/proc/self/status"):
            if line.startswith(("CapPrm", "CapEff", "CapBnd", "NoNewPrivs")):
                print(line.split()[1].lstrip("0") or "0", end=" ")
        libc = ctypes.CDLL(None)
        print(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))
        print(libc.mount(b"none", b"/usr", None, 32, None))
    """
    assert inside(script, work=work)[0].split() == ["0", "0", "0", "1", "-1", "-1"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only what root starts could write there")
@pytest.mark.usefixtures("user")
def test_what_root_starts_cannot_set_the_machines_core_pattern(work: Path) -> None:
    script = """
        try:
            open("/proc/sys/kernel/core_pattern", "r+").close()
            print("open for writing")
        except OSError as error:
            print(type(error).__name__, error.errno)
    """
    assert outside(script) == "open for writing"
    assert inside(script, work=work)[0] != "open for writing"


def test_it_ends_when_its_time_is_up(work: Path) -> None:
    script = "import time\nwhile True: time.sleep(1)"
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([sys.executable, "-c", script], timeout=1, check=False)
    _, outcome = inside(script, work=work, limits=Limits(seconds=1))
    assert outcome.ended == "time"
    assert outcome.seconds < 3


def test_endless_output_ends(work: Path) -> None:
    limits = Limits(seconds=30, output=MIB)
    _, outcome = inside("while True: print('y' * 1000)", work=work, limits=limits)
    assert outcome.ended == "output"
    assert (work.parent / "log").stat().st_size < 3 * MIB


FORKS = """
    import os, sys, time
    made = 0
    try:
        for _ in range(int(sys.argv[1])):
            if os.fork() == 0:
                time.sleep(20)
                os._exit(0)
            made += 1
    except OSError:
        pass
    print("made", made, flush=True)
    if len(sys.argv) > 2:
        time.sleep(20)
"""


@pytest.mark.usefixtures("user")
def test_a_fork_bomb_stays_small(work: Path) -> None:
    marker = secrets.token_hex(8)
    assert outside(FORKS.replace("sleep(20)", "sleep(0)"), "100") == "made 100"
    limits = Limits(seconds=10, processes=50)
    said, outcome = inside(FORKS, "5000", marker, work=work, limits=limits)
    # Refused by the kernel, or stopped by the supervisor before anything was printed.
    assert outcome.ended == "processes" or int(said.split()[1]) <= 50
    assert processes_with(marker) == []


def test_nothing_survives_not_even_a_daemon(work: Path) -> None:
    marker = secrets.token_hex(8)
    script = """
        import os, sys, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.close(0); os.close(1); os.close(2)
                time.sleep(300)
            os._exit(0)
        print("left a daemon behind")
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(script), marker]) as direct:
        direct.wait()
    time.sleep(0.2)
    daemons = processes_with(marker)
    assert len(daemons) == 1
    os.kill(int(daemons[0]), 9)
    marker = secrets.token_hex(8)
    said, outcome = inside(script, marker, work=work)
    assert (said, outcome.ended) == ("left a daemon behind", "exited")
    assert processes_with(marker) == []


EAT = """
    import os, sys, time
    for _ in range(int(sys.argv[1])):
        if os.fork() == 0:
            eaten = bytearray(100 << 20)
            print("eaten", flush=True)
            time.sleep(5)
            os._exit(0)
    for _ in range(int(sys.argv[1])):
        os.wait()
    print("all eaten")
"""


def test_memory_is_limited_over_all_processes_together(work: Path) -> None:
    assert outside(EAT.replace("sleep(5)", "sleep(0)"), "4").count("eaten") == 5
    limits = Limits(seconds=20, memory=250 * MIB)
    said, outcome = inside(EAT, "4", work=work, limits=limits)
    assert outcome.ended == "memory"
    assert "all eaten" not in said


FILL = """
    import sys
    try:
        with open(sys.argv[1], "wb") as file:
            for _ in range(int(sys.argv[2])):
                file.write(bytes(1 << 20))
        print("full")
    except OSError as error:
        print(error.strerror)
"""


@pytest.mark.parametrize("place", ["/tmp/big", "/dev/shm/big"])
def test_temporary_folders_are_small(work: Path, place: str, tmp_path: Path) -> None:
    assert outside(FILL, str(tmp_path / "big"), "8") == "full"
    limits = Limits(seconds=20, scratch=4 * MIB)
    assert inside(FILL, place, "8", work=work, limits=limits)[0] == "No space left on device"
    assert not Path(place).exists()


def test_one_file_cannot_fill_the_disk(work: Path, tmp_path: Path) -> None:
    assert outside(FILL, str(tmp_path / "big"), "8") == "full"
    limits = Limits(seconds=20, file_size=4 * MIB)
    assert inside(FILL, "/own/big", "8", work=work, limits=limits)[0] != "full"
    assert (work / "big").stat().st_size <= 4 * MIB


def test_many_files_cannot_fill_the_disk(work: Path) -> None:
    script = """
        import itertools, time
        for number in itertools.count():
            with open(f"/own/{number}", "wb") as file:
                file.write(bytes(1 << 20))
            time.sleep(0.02)
    """
    limits = Limits(seconds=60, disk=20 * MIB)
    _, outcome = inside(script, work=work, limits=limits)
    assert outcome.ended == "disk"


def test_a_cancelled_run_leaves_nothing(work: Path) -> None:
    marker = secrets.token_hex(8)
    cancel = threading.Event()
    view = enclose.view([Mount(work, "/own", writable=True)])
    threading.Timer(0.5, cancel.set).start()
    outcome = run(
        view,
        ["python3", "-c", "import time; time.sleep(60)", marker],
        Limits(seconds=30),
        log=work.parent / "log",
        cancel=cancel,
    )
    assert outcome.ended == "cancelled"
    assert outcome.seconds < 10
    assert processes_with(marker) == []


def test_an_error_of_ours_leaves_nothing(work: Path) -> None:
    marker = secrets.token_hex(8)
    view = enclose.view([Mount(work, "/own", writable=True)])
    script = "import time; print('line', flush=True); time.sleep(60)"

    def fail(line: str) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(
            view,
            ["python3", "-c", script, marker],
            Limits(seconds=30),
            log=work.parent / "log",
            on_line=fail,
        )
    assert time.monotonic() - started < 10
    assert processes_with(marker) == []
