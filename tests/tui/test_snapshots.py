# SPDX-License-Identifier: GPL-2.0-or-later
"""How every screen looks, at both sizes. ``pytest --snapshot-update`` after a change that is meant;
look at each picture before committing it."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from reviewtool.review.session import Session
from reviewtool.tui.app import THEMES, ReviewApp
from tests.tui import pretended
from tests.tui.conftest import WORKERS, press, settled, sizes

SCREENS: dict[str, tuple[str, ...]] = {
    "lineage": (),
    "element": ("tab", "enter"),
    "revision": ("enter", "right_square_bracket", "full_stop"),
    "behaviour": ("D",),
    "interface": ("D", "2"),
    "patches": ("D", "3", "j"),
    "tests": ("c",),
    "console": ("c", "r", "2"),
    "ktap": ("c", "r", "3"),
    "model": ("m", "j"),
    "search": ("S", *"noalloc", "enter"),
    "help": ("question_mark",),
}
Compare = Callable[..., bool]


@sizes
@pytest.mark.parametrize("screen", SCREENS)
def test_screen(
    screen: str,
    size: tuple[int, int],
    renamed: Session,
    monkeypatch: pytest.MonkeyPatch,
    snap_compare: Compare,
) -> None:
    pretended.kernels(monkeypatch, {"v3": "v3_minor_noalloc"})

    async def use(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await press(pilot, *SCREENS[screen])

    assert snap_compare(ReviewApp(renamed, workers=WORKERS), terminal_size=size, run_before=use)


@pytest.mark.parametrize("theme", [name for name in THEMES if name != "dark"])
def test_theme(theme: str, renamed: Session, snap_compare: Compare) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await press(pilot, *SCREENS["patches"])

    assert snap_compare(
        ReviewApp(renamed, theme=theme, workers=WORKERS), terminal_size=(80, 24), run_before=use
    )


def test_monochrome(
    renamed: Session, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def use(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await press(pilot, *SCREENS["patches"])

    application = ReviewApp(renamed, theme="terminal", workers=WORKERS)
    assert snap_compare(application, terminal_size=(80, 24), run_before=use)
