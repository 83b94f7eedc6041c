# SPDX-License-Identifier: GPL-2.0-or-later
"""Work spread over processes of this machine, or over a cluster, each piece by itself.

A worker that dies costs only what it was busy with, which is done again elsewhere; a piece that
kills worker after worker is given up, and said.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from reviewtool.errors import InputError, Unavailable

_TRIES = 3
_CONNECT = 10.0  # seconds a scheduler may take to answer
_WORKERLESS = 120.0  # seconds a cluster may be without a worker, as while one is started again

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def spread(
    function: Callable[[_Item], _Result], items: Sequence[_Item], executor: str = "local"
) -> Iterator[_Result]:
    """``function`` of each item, in their order. Beyond this process it and its items are pickled.

    Raises InputError for an executor that is none, Unavailable where it cannot be had or an item
    killed every worker that tried it, and what ``function`` raises.
    """
    kind, _, where = executor.partition("=")
    if executor == "local":
        return map(function, items)
    if kind == "processes" and where.isdecimal() and int(where) > 0:
        return _processes(function, items, int(where))
    if kind == "dask" and where:
        return _dask(function, items, where)
    raise InputError("is no executor", executor, "say local, processes=N or dask=HOST:PORT")


def _processes(
    function: Callable[[_Item], _Result], items: Sequence[_Item], workers: int
) -> Iterator[_Result]:
    results: dict[int, _Result] = {}
    given = 0
    for _ in range(_TRIES):
        # A death breaks the whole pool: what is not done by then goes to another one.
        left = [number for number in range(len(items)) if number not in results]
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            futures = {number: pool.submit(function, items[number]) for number in left}
            for number, future in futures.items():
                if _done(future):
                    results[number] = future.result()
                while given in results:
                    yield results[given]
                    given += 1
        if len(results) == len(items):
            return
    raise _given_up(items[given])


def _done(future: "Future[Any]") -> bool:
    return not isinstance(future.exception(), BrokenProcessPool)


def _dask(
    function: Callable[[_Item], _Result], items: Sequence[_Item], address: str
) -> Iterator[_Result]:
    try:
        from distributed import Client, KilledWorker
    except ImportError as error:
        raise Unavailable(
            "dask is not installed", f"dask={address}", "pip install 'reviewtool[dask]'"
        ) from error
    try:
        client = Client(  # type: ignore[no-untyped-call] # distributed is not typed there
            address, timeout=_CONNECT, set_as_default=False
        )
    except (OSError, TimeoutError, ValueError) as error:
        raise Unavailable(
            "no scheduler answers", address, "start one: dask scheduler --port PORT"
        ) from error
    with client:
        # Not pure: the scheduler must not take one piece of work for another.
        futures = [client.submit(function, item, pure=False, retries=0) for item in items]
        for item, future in zip(items, futures, strict=True):
            try:
                _await(future, client, address)
                yield future.result()
            except KilledWorker as error:
                raise _given_up(item) from error


def _await(future: Any, client: Any, address: str) -> None:
    """Until ``future`` is done, however long it works; Unavailable when no worker is left to."""
    worked = time.monotonic()
    while not future.done():
        try:
            future.exception(timeout=min(5.0, _WORKERLESS))
        except TimeoutError:
            if client.nthreads():
                worked = time.monotonic()
            elif time.monotonic() - worked >= _WORKERLESS:
                raise Unavailable(
                    "the cluster has no worker", address, f"start one: dask worker {address}"
                ) from None


def _given_up(item: object) -> Unavailable:
    return Unavailable(
        "every worker that was given it died", str(item), "look at the workers' logs"
    )
