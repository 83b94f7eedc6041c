# SPDX-License-Identifier: GPL-2.0-or-later
"""The first process of a guest. It runs inside the kernel under test, alone: no import of ours.

Started by :mod:`reviewtool.kernel.boot` as ``python -I -S -B guest_init.py JOB.json``; standard
library only, and little of it, since every import costs the guest milliseconds.
"""

import ctypes
import errno
import json
import os
import sys
import termios

_POWER_OFF = 0x4321FEDC


def main() -> None:
    """Say that user space was reached, set the guest up, run the job, switch the machine off."""
    attributes = termios.tcgetattr(1)
    attributes[1] &= ~termios.OPOST  # one write a line instead of three
    termios.tcsetattr(1, termios.TCSANOW, attributes)
    with open(sys.argv[1], "rb") as file:  # noqa: PTH123 - pathlib costs the guest 10 ms
        job = json.load(file)
    if not job["terminal"]:
        os.write(1, b"reviewtool: init\n")
    libc = ctypes.CDLL(None, use_errno=True)
    for kind, place in (("proc", "/proc"), ("tmpfs", job["scratch"]), ("tmpfs", "/dev/shm")):  # noqa: S108
        _mount(libc, kind, place)
    os.environ.clear()
    os.environ.update(job["environment"])
    os.chdir(job["scratch"])
    status = 255
    try:
        status = _run_module(job) if job["module"] else _run_program(job)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        if not job["terminal"]:
            os.write(1, b"reviewtool: exit %d\n" % status)
        libc.reboot(_POWER_OFF)


def _mount(libc: ctypes.CDLL, kind: str, place: str) -> None:
    if place == "/dev/shm" and not os.path.isdir(place):  # noqa: PTH112, S108 - as above
        os.mkdir(place)  # noqa: PTH102 - as above
    if libc.mount(kind.encode(), place.encode(), kind.encode(), 0, None) != 0:
        name = errno.errorcode[ctypes.get_errno()]
        os.write(1, f"reviewtool: cannot mount {kind} on {place}: {name}\n".encode())


def _run_module(job: dict) -> int:  # type: ignore[type-arg] # bare JSON; no typing import here
    import runpy

    sys.path[:0] = job["path"]
    sys.argv = [job["module"], *job["argv"]]
    try:
        runpy.run_module(job["module"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - told on the console; init must not die, that is a panic
        import traceback

        traceback.print_exc()
        return 1
    return 0


def _run_program(job: dict) -> int:  # type: ignore[type-arg] # as above
    argv = job["argv"]
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            if job["terminal"]:
                _take_terminal(*job["terminal"])
            os.execvpe(argv[0], argv, os.environ)  # noqa: S606 - a shell would parse it again
        except OSError as error:
            os.write(1, f"reviewtool: cannot run {argv[0]}: {error.strerror}\n".encode())
            os._exit(127)
    while True:  # as init, also reap what the program leaves behind
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status) & 0xFF


def _take_terminal(rows: int, columns: int) -> None:
    """Make the console the controlling terminal of this session, for a shell with job control."""
    import fcntl
    import struct

    console = os.open("/dev/tty0", os.O_RDWR)  # the first a session opens controls it
    for descriptor in (0, 1, 2):
        os.dup2(console, descriptor)
    attributes = termios.tcgetattr(0)
    attributes[1] |= termios.OPOST
    termios.tcsetattr(0, termios.TCSANOW, attributes)
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


if __name__ == "__main__":
    main()
