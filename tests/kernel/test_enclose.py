# SPDX-License-Identifier: GPL-2.0-or-later
"""Where no sandbox can be made, as in most containers: what is said, and who is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from reviewtool.kernel import enclose

pytestmark = pytest.mark.skipif(
    enclose.missing() is not None, reason=f"no sandbox to take away: {enclose.missing()}"
)

_ASK = """
from reviewtool.errors import Unavailable
from reviewtool.kernel.enclose import view
assert not view([], trusted=True).enclosed
try:
    view([])
except Unavailable as refused:
    print(refused)
"""

# What container engines filter: a new user namespace is EPERM, clone3() is not there.
_FILTERED = (
    """
import ctypes, struct
UNSHARE, CLONE, CLONE3, NEWUSER = 272, 56, 435, 0x10000000
LOAD, EQUAL, SET, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
program = b"".join(
    struct.pack("HBBI", *each)
    for each in (
        (LOAD, 0, 0, 0),
        (EQUAL, 5, 0, CLONE3),
        (EQUAL, 1, 0, UNSHARE),
        (EQUAL, 0, 4, CLONE),
        (LOAD, 0, 0, 16),
        (SET, 0, 2, NEWUSER),
        (RETURN, 0, 0, ERRNO | 1),
        (RETURN, 0, 0, ERRNO | 38),
        (RETURN, 0, 0, ALLOW),
    )
)
held = ctypes.create_string_buffer(program)
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, struct.pack("H6xQ", 9, ctypes.addressof(held)), 0, 0) == 0
"""
    + _ASK
)


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_user_namespaces_that_are_switched_off_are_named_with_the_setting() -> None:
    off = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
    said = _said("unshare", "-U", "-r", "sh", "-c", off, "sh", sys.executable, "-c", _ASK)
    assert said.startswith("bubblewrap cannot make a sandbox here: bwrap: ")
    assert said.endswith("; user namespaces are off: sysctl -w user.max_user_namespaces=10000\n")
    assert said.count("\n") == 1


def test_user_namespaces_that_are_filtered_are_told_with_the_option_of_the_container() -> None:
    said = _said(sys.executable, "-c", _FILTERED)
    assert said.startswith("bubblewrap cannot make a sandbox here: bwrap: ")
    assert "in a container run it with --security-opt seccomp=unconfined" in said
    assert said.count("\n") == 1


def test_objects_that_belong_to_somebody_else_are_named(tmp_path: Path) -> None:
    """As where a container's root, who is root by name only, finds the cache of another one."""
    tmp_path.chmod(0o755)
    said = _said(
        *("unshare", "-U", "-r", sys.executable, "-c"),
        f"""
from pathlib import Path
from reviewtool.errors import InputError
from reviewtool.kernel import enclose
from reviewtool.kernel.sandbox import Mount
enclose._separable = lambda: True
try:
    enclose.view([Mount(Path({str(tmp_path)!r}), "/own", writable=True)])
except InputError as error:
    print(error)
""",
    )
    assert said.startswith(f"{tmp_path}: cannot be given to user 65534, ")
    assert said.endswith("; remove it, or name another cache by REVIEWTOOL_CACHE\n")
