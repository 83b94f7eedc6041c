# SPDX-License-Identifier: GPL-2.0-or-later
"""What a reviewer wants on the first day, each within six keys of the start, at both sizes.

``TASKS`` is the log of the keys; the screens they end on are the snapshots beside this file.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from reviewtool.review.session import Session
from reviewtool.tui.app import ReviewApp
from reviewtool.tui.reading import Pages
from reviewtool.tui.rows import Rows
from reviewtool.tui.stepper import StepperScreen
from tests.tui import pretended
from tests.tui.conftest import WORKERS, drive, press, settled, sizes, tap
from tests.tui.study import NAMES

TASKS: dict[str, tuple[str, ...]] = {
    "which revision brought the hook, under which names it lived": ("tab", "enter"),
    "what reviewers said of it": ("tab", "enter", "f"),
    "how v3 and the RFC differ on an absent page, step by step": ("D", "enter", "j", "j", "j"),
    "run the tests of a revision and watch": ("c", "r"),
    "read why one failed": ("c", "r", "full_stop"),
}
# The same on the study that opens without a word, whose eight revisions leave more to pass by.
EMBEDDED = {
    "brings": ("tab", "j", "enter"),
    "absent": ("5", "D", "enter", "j", "j", "j"),
    "run": ("5", "c", "r"),
}
MOST = 6
BRINGS, SAID, ABSENT, RUN, FAILED = TASKS.values()
Compare = Callable[..., bool]


def page(pilot: Pilot[None]) -> str:
    return pilot.app.screen.query(Pages).first().plain


def test_each_takes_at_most_six_keys() -> None:
    assert all(len(keys) <= MOST for keys in (*TASKS.values(), *EMBEDDED.values()))


@sizes
@pytest.mark.parametrize("source", ["renamed", "november"])
def test_which_revision_brought_the_hook_and_what_it_was_called_before(
    source: str, size: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    session: Session = request.getfixturevalue(source)

    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, *BRINGS)
        rows = pilot.app.screen.query_one("#revisions", Rows)
        lives = [rows.cells(at) for at in range(rows.count)]
        assert [cells[0] for cells in lives] == list(NAMES)
        assert [cells[3] for cells in lives] == list(NAMES.values())
        assert lives[-1][1] == "added"
        assert rows.at == rows.count - 1

    drive(session, use, size)


@sizes
def test_what_reviewers_said_of_it(renamed: Session, size: tuple[int, int]) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, *SAID)
        assert page(pilot).count("Rhea Viewer, 2025-11") >= len(NAMES)
        assert "The name promises more" in in_sight(pilot)

    drive(renamed, use, size)


@sizes
def test_what_reviewers_of_the_real_postings_said_of_it(
    november: Session, size: tuple[int, int]
) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, *SAID)
        assert "Nikita Kalyazin, 2025-12-01" in page(pilot)
        assert "2025-11" in in_sight(pilot)

    drive(november, use, size)


def in_sight(pilot: Pilot[None]) -> str:
    pages = pilot.app.screen.query(Pages).first()
    top = int(pages.scroll_offset.y)
    return "\n".join(pages.plain.split("\n")[top : top + pages.size.height])


@sizes
def test_how_the_rfc_and_v3_differ_when_a_page_is_absent(
    renamed: Session, size: tuple[int, int]
) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, *ABSENT[:2])
        stepper = pilot.app.screen
        assert isinstance(stepper, StepperScreen)
        assert stepper.pair == ("rfc", "v3")
        assert stepper.difference.cause.startswith("a page absent from the cache")
        await press(pilot, *ABSENT[2:])
        left, right = (
            str(stepper.query_one(f"#{at}", Static).render()) for at in ("left", "right")
        )
        assert left.splitlines()[1] != right.splitlines()[1]
        assert all(world.splitlines()[1].startswith("saw ") for world in (left, right))

    drive(renamed, use, size)


@sizes
def test_the_tests_of_a_revision_run_while_one_watches(
    renamed: Session, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended.kernels(monkeypatch, {"v3": "v3_minor_noalloc"})

    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, *RUN)
        suites = pilot.app.screen.query_one("#suites", Rows)
        assert suites.cells(0)[0] == "scenarios"
        verdicts = {suites.cells(at)[-2] for at in range(suites.count)}
        assert verdicts == {"passed"}
        assert all(suites.cells(at)[1] == suites.cells(at)[2] for at in range(suites.count))

    drive(renamed, use, size)


@sizes
def test_why_a_test_failed_is_on_the_screen_when_it_has(
    renamed: Session, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended.kernels(monkeypatch, {"v3": "v2_get_folio"})

    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, *FAILED[:2])
        assert "disagreement 1" in in_sight(pilot)
        await press(pilot, *FAILED[2:])
        told = in_sight(pilot)
        assert "model: " in told
        assert "kernel: " in told

    drive(renamed, use, size)


@sizes
@pytest.mark.parametrize("task", TASKS, ids=["brings", "said", "absent", "run", "failed"])
def test_last_screen(
    task: str,
    size: tuple[int, int],
    renamed: Session,
    monkeypatch: pytest.MonkeyPatch,
    snap_compare: Compare,
    apart: Path,
) -> None:
    failing = task == "read why one failed"
    pretended.kernels(monkeypatch, {"v3": "v2_get_folio" if failing else "v3_minor_noalloc"})

    async def use(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await press(pilot, *TASKS[task])

    assert snap_compare(ReviewApp(renamed, workers=WORKERS), terminal_size=size, run_before=use)


# On the embedded study


@sizes
def test_which_revision_of_the_embedded_study_brought_the_hook(
    embedded: Session, size: tuple[int, int]
) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, *EMBEDDED["brings"])
        rows = pilot.app.screen.query_one("#revisions", Rows)
        lives = {rows.cells(at)[0]: rows.cells(at)[1:4:2] for at in range(rows.count)}
        assert lives["v3"] == ("added", "get_folio_noalloc")
        assert rows.cells(rows.at)[0] == "v3"

    drive(embedded, use, size)


@sizes
def test_how_the_embedded_rfc_and_v3_differ_when_a_page_is_absent(
    embedded: Session, size: tuple[int, int]
) -> None:
    async def use(pilot: Pilot[None]) -> None:
        for key in EMBEDDED["absent"]:  # as fast as they come
            tap(pilot, key)
        await settled(pilot)
        stepper = pilot.app.screen
        assert isinstance(stepper, StepperScreen)
        assert stepper.pair == ("rfc", "v3")
        assert stepper.difference.cause.startswith("a page absent from the cache")
        assert stepper.at == len(stepper.difference.inputs) == 3
        saw = [str(stepper.query_one(f"#{at}", Static).render()) for at in ("left", "right")]
        assert "saw blocked; event missing p0 read" in saw[0]
        assert "saw value zero" in saw[1]

    drive(embedded, use, size)


@sizes
def test_the_tests_of_the_embedded_v3_run_while_one_watches(
    embedded: Session, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended.kernels(monkeypatch, {"v3": "v3_minor_noalloc"})

    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, *EMBEDDED["run"])
        suites = pilot.app.screen.query_one("#suites", Rows)
        assert {suites.cells(at)[-2] for at in range(suites.count)} == {"passed"}

    drive(embedded, use, size)


@sizes
@pytest.mark.parametrize("task", ["brings", "absent"])
def test_last_screen_of_the_embedded_study(
    task: str, size: tuple[int, int], embedded: Session, snap_compare: Compare
) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await press(pilot, *EMBEDDED[task])

    application = ReviewApp(embedded, workers=WORKERS)
    assert snap_compare(application, terminal_size=size, run_before=use)
