# SPDX-License-Identifier: GPL-2.0-or-later
"""Work on other processes and on a cluster: a real scheduler, two workers, and workers that die."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewtool.errors import InputError, RequestError, Unavailable
from reviewtool.review.session import open_session
from reviewtool.review.spread import spread
from reviewtool.review.work import Work, do, work_on

Piece = tuple[str, int]


def square(piece: Piece) -> int:
    """Also leaves a line for each time it was asked."""
    folder, number = piece
    with (Path(folder) / str(number)).open("a") as file:
        file.write("asked\n")
    return number * number


def square_dying_once(piece: Piece) -> int:
    """Kills the worker that is first to try the third piece."""
    folder, number = piece
    first = not (Path(folder) / str(number)).exists()
    result = square(piece)
    if number == 3 and first:
        os.kill(os.getpid(), signal.SIGKILL)
    return result


def deadly(piece: Piece) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return piece[1]


def refusing(piece: Piece) -> int:
    raise InputError("is not to be had", str(piece[1]), "ask for another")


def pieces(folder: Path) -> list[Piece]:
    return [(str(folder), number) for number in range(8)]


def asked(folder: Path) -> dict[int, int]:
    return {int(path.name): len(path.read_text().splitlines()) for path in folder.iterdir()}


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a scheduler with two workers, processes of their own, on loopback."""
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    root = str(Path(__file__).parents[2])
    paths = [root, f"{root}/reference-impl", *filter(None, [os.environ.get("PYTHONPATH")])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))  # as an installed reviewtool would be
        with distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=50,
        ) as running:
            yield f"dask={running.scheduler_address.removeprefix('tcp://')}"


@pytest.fixture(params=["processes=2", "cluster"])
def executor(request: pytest.FixtureRequest) -> str:
    if request.param == "cluster":
        address: str = request.getfixturevalue("cluster")
        return address
    return str(request.param)


def test_results_come_in_the_order_of_the_work(executor: str, tmp_path: Path) -> None:
    found = list(spread(square, pieces(tmp_path), executor))
    assert found == [number * number for number in range(8)]
    assert set(asked(tmp_path).values()) == {1}


def test_a_worker_that_dies_costs_its_own_work_which_is_done_again(
    executor: str, tmp_path: Path
) -> None:
    found = list(spread(square_dying_once, pieces(tmp_path), executor))
    assert found == [number * number for number in range(8)]
    assert asked(tmp_path)[3] == 2


def test_work_that_kills_every_worker_is_given_up_and_said(executor: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="every worker that was given it died"):
        list(spread(deadly, pieces(tmp_path)[:1], executor))


def test_what_the_work_refuses_reaches_who_asked(executor: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1: is not to be had; ask for another"):
        list(spread(refusing, pieces(tmp_path)[1:2], executor))


def test_a_revision_is_work_that_can_be_sent(executor: str, cache: Path) -> None:
    del cache  # the study must not come from the user's own
    session = open_session("embedded", None)
    work = work_on(session, "none-such", extra=1)
    assert (work.extra, work.seed, work.study) == (1, 1, str(session.study.path))
    with pytest.raises(RequestError, match="none-such"):
        list(spread(do, [work], executor))


def test_here_it_is_done_in_this_process(tmp_path: Path) -> None:
    here = list(spread(lambda piece: (os.getpid(), piece), pieces(tmp_path)))
    assert here == [(os.getpid(), piece) for piece in pieces(tmp_path)]


@pytest.mark.parametrize("executor", ["", "dask", "dask=", "processes=0", "processes=x", "ssh=a"])
def test_what_is_no_executor_is_refused(executor: str) -> None:
    with pytest.raises(InputError, match="is no executor"):
        spread(square, [], executor)


def test_a_scheduler_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    monkeypatch.setattr("reviewtool.review.spread._CONNECT", 0.5)
    with pytest.raises(Unavailable, match="no scheduler answers"):
        list(spread(square, [("", 1)], "dask=127.0.0.1:9"))


def test_a_cluster_without_a_worker_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    monkeypatch.setattr("reviewtool.review.spread._WORKERLESS", 0.5)
    with distributed.LocalCluster(
        n_workers=0, host="127.0.0.1", dashboard_address=":0", silence_logs=50
    ) as empty:
        address = empty.scheduler_address.removeprefix("tcp://")
        with pytest.raises(Unavailable, match=f"{address}: the cluster has no worker"):
            list(spread(square, [("", 1)], f"dask={address}"))


def test_without_dask_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(Unavailable, match=r"pip install 'reviewtool\[dask\]'"):
        list(spread(square, [("", 1)], "dask=127.0.0.1:9"))


def test_a_work_is_told_by_its_revision() -> None:
    assert str(Work("study.toml", None, "v3")) == "v3"
