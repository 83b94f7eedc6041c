# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong in real life, on a real terminal: nothing is lost, nobody is left behind."""

import re
import time
from pathlib import Path

import pytest

from reviewtool.kernel import enclose
from reviewtool.review.session import Session
from reviewtool.tree.base import Base
from tests.tui.terminal import Terminal, terminal

BUILD = "building rfc"


def alive(pid: int) -> bool:
    """Whether a process runs (one that ended and was not waited for does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(pids: set[int]) -> bool:
    """Whether all of them end within a few seconds."""
    until = time.monotonic() + 20
    while any(alive(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def building(window: Terminal) -> set[int]:
    """The processes of a build, once there is one that compiles."""
    until = time.monotonic() + 60
    while len(family := window.family()) < 5:
        assert time.monotonic() < until, f"nothing is built\n{window.text[-3000:]}"
        time.sleep(0.1)
    return family


def test_it_starts_and_leaves_the_terminal_as_it_was(apart: Path) -> None:
    with terminal("--study", "embedded") as window:
        window.until("interface")
        window.press("Q")
        assert window.ended() == 0
        assert b"\x1b[?1049l" in window.output  # the screen from before is back
        assert "Traceback" not in window.text


def test_a_study_file_with_an_error_is_one_line(tmp_path: Path, apart: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text('name = "broken"\ntitle = 7\n')
    with terminal("--study", str(broken)) as window:
        assert window.ended() == 2
        lines = window.text.strip().splitlines()
        assert len(lines) == 1
        assert lines[0].startswith("reviewtool: ")
        assert "broken.toml" in lines[0]


def test_mail_that_is_gone_is_told_and_the_rest_goes_on(tmp_path: Path, apart: Path) -> None:
    study = tmp_path / "lost.toml"
    study.write_text(
        'name = "lost"\ntitle = "mail that is gone"\n[[series]]\nid = "one"\ntitle = "one"\n'
        '[[series.revision]]\nid = "v1"\ntitle = "v1"\nmail = "nowhere.mbox"\n'
    )
    with terminal("--study", str(study)) as window:
        window.until("cannot be read")
        window.press("Q")
        assert window.ended() == 0
        assert "Traceback" not in window.text


def test_a_fetch_that_fails_says_so_and_offers_what_is_at_hand(tmp_path: Path, apart: Path) -> None:
    closed = "http://127.0.0.1:9/all/no-such@example.org/"  # nobody listens on discard
    with terminal(closed) as window:
        window.until("r tries again; Enter opens what is at hand")
        window.press("\r")
        window.until("interface")
        window.press("Q")
        assert window.ended() == 0
        assert "Traceback" not in window.text


def test_a_terminal_of_twenty_by_five_and_back(renamed: Session, apart: Path) -> None:
    with terminal("--study", str(renamed.study.path)) as window:
        at = window.until("get_folio_noalloc")
        window.resize(20, 5)
        window.press("D")
        window.resize(200, 50)
        at = window.until("a page absent from the cache", at)
        window.press("\r")
        window.until("before the first step", at)
        window.press("Q")
        assert window.ended() == 0
        assert "Traceback" not in window.text


def test_monochrome_writes_no_colour(renamed: Session, apart: Path) -> None:
    with terminal("--study", str(renamed.study.path), NO_COLOR="1") as window:
        window.until("get_folio_noalloc")
        window.press("D")
        window.until("a page absent from the cache")
        window.press("Q")
        assert window.ended() == 0
    for colour in (b"[31m", b";31m", b"[32m", b";32m", b"38;5;", b"38;2;", b"48;5;", b"48;2;"):
        assert colour not in window.output
    assert re.search(rb"\x1b\[(?:\d+;)*7(?:;\d+)*m", window.output)  # the bar is reverse


def test_a_terminal_of_sixteen_colours_gets_its_own(renamed: Session, apart: Path) -> None:
    with terminal("--study", str(renamed.study.path), TERM="xterm", COLORTERM="") as window:
        window.until("get_folio_noalloc")
        window.press("Q")
        assert window.ended() == 0
    assert b"38;5;" not in window.output
    assert b"38;2;" not in window.output


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache without a kernel, so that one has to be built."""
    return tmp_path_factory.mktemp("own")


@pytest.mark.kernel
@pytest.mark.parametrize("how", ["called off, then left", "closed"])
def test_nothing_of_a_build_outlives_it(how: str, base: Base, own: Path) -> None:
    """Called off, left while it runs again, or the window closed in the middle of it."""
    if enclose.missing() is not None:
        pytest.skip("without bubblewrap a build is ours alone and ends with make")
    with terminal(
        *("--study", "embedded", "--tree", str(base.path)),
        REVIEWTOOL_CACHE=str(own / "cache"),
        REVIEWTOOL_DATA=str(own / "data"),
    ) as window:
        window.until("interface")
        window.insist("c", "guest console")
        window.press("r")
        at = window.until("stops: building")
        family = building(window)
        if how == "closed":
            window.close()
            window.ended()
        else:
            window.press("x")
            at = window.until("r starts again where it was", at)
            assert gone(family)
            window.press("r")
            window.until("stops: building", at)
            family = building(window)
            window.press("Q")
            assert window.ended() == 0
        assert gone(family)
        assert "Traceback" not in window.text
