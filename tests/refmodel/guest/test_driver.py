# SPDX-License-Identifier: GPL-2.0-or-later
"""The driver sees what shmem and userfaultfd of the host's kernel are known to do."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from refmodel.guest.driver import Driver, Unsupported
from refmodel.vocabulary import parse

Play = Callable[[str], list[str]]


def test_unwatched_memory_reads_as_zeros_and_keeps_what_is_written(play: Play) -> None:
    assert play("read u0 p0; write u1 p0 A; read u0 p0; pread p0") == [
        "value zero",
        "ok",
        "value A",
        "value A",
    ]


def test_a_missing_page_blocks_its_reader_until_copy(play: Play) -> None:
    assert play("register missing; read u0 p0; copy p0 A; read u0 p0") == [
        "ok",
        "blocked; event missing p0 read",
        "ok; resumed u0 value A",
        "value A",
    ]


def test_a_write_is_told_from_a_read(play: Play) -> None:
    assert play("register missing; write u0 p0 B; zeropage p0; read u1 p0") == [
        "ok",
        "blocked; event missing p0 write",
        "ok; resumed u0 ok",
        "value B",
    ]


def test_a_minor_fault_needs_the_page_in_the_cache(play: Play) -> None:
    assert play(
        "register minor; read u0 p0; dontneed p0; read u0 p0; continue p0; continue p0"
    ) == [
        "ok",
        "value zero",
        "ok",
        "blocked; event minor p0 read",
        "ok; resumed u0 value zero",
        "EEXIST",
    ]


def test_continue_finds_no_page(play: Play) -> None:
    assert play("register missing+minor; continue p0; read u0 p0; continue p0") == [
        "ok",
        "EFAULT",
        "blocked; event missing p0 read",
        "EFAULT",
    ]


def test_wake_alone_lets_the_thread_fault_again(play: Play) -> None:
    assert play("register missing; read u0 p0; wake p0; pwrite p0 C; wake p0") == [
        "ok",
        "blocked; event missing p0 read",
        "ok; event missing p0 read",
        "ok",
        "ok; resumed u0 value C",
    ]


def test_unregister_frees_the_blocked(play: Play) -> None:
    assert play("register missing; read u0 p0; read u1 p0; unregister") == [
        "ok",
        "blocked; event missing p0 read",
        "blocked; event missing p0 read",
        "ok; resumed u0 value zero; resumed u1 value zero",
    ]


def test_a_blocked_thread_takes_no_further_request(play: Play) -> None:
    assert play("register missing; read u0 p0; write u0 p0 A; copy p0 B") == [
        "ok",
        "blocked; event missing p0 read",
        "busy",
        "ok; resumed u0 value B",
    ]


def test_sigbus_past_the_end_of_the_file_and_on_poison(play: Play) -> None:
    assert play("read u0 p1; write u1 p1 A; register missing; poison p0; read u0 p0") == [
        "sigbus",
        "sigbus",
        "ok",
        "ok",
        "sigbus",
    ]


def test_poison_resumes_with_sigbus(play: Play) -> None:
    assert play("register missing; read u0 p0; poison p0") == [
        "ok",
        "blocked; event missing p0 read",
        "ok; resumed u0 sigbus",
    ]


def test_the_second_mapping_is_not_watched(play: Play) -> None:
    assert play("register missing; write u0 p0 A @alias; read u0 p0") == ["ok", "ok", "value A"]


def test_a_hole_takes_the_page_away(play: Play) -> None:
    assert play("pwrite p0 A; read u0 p0; punch p0; register missing; read u0 p0") == [
        "ok",
        "value A",
        "ok",
        "ok",
        "blocked; event missing p0 read",
    ]


def test_worlds_do_not_leak_into_each_other(play: Play) -> None:
    play("register missing; pwrite p0 A; read u0 p0; read u1 p1")
    assert play("read u0 p0; copy p0 A") == ["value zero", "ENOENT"]


def test_threads_left_blocked_are_freed_with_their_world(driver: Driver, play: Play) -> None:
    play("register missing; read u0 p0; write u1 p0 A")
    driver.close()
    assert not any(worker.outstanding for worker in driver.workers)


def test_what_the_run_cannot_do_is_said(driver: Driver) -> None:
    driver.fresh()
    for text in ("vcpu-read p0", "bitmap set p0", "read u7 p0"):
        with pytest.raises(Unsupported):
            driver.step(parse(text)[0])
    driver.ticks = 0


def test_a_thousand_steps_take_less_than_a_second(driver: Driver) -> None:
    inputs = parse(
        "register missing; read u0 p0; read u1 p0; copy p0 B; read u0 p0; punch p0; read u0 p0;"
        " pwrite p0 C; continue p0; unregister"
    )
    began = time.perf_counter()
    for _ in range(100):
        driver.fresh()
        for request in inputs:
            driver.step(request)
    assert time.perf_counter() - began < 1


def test_a_write_whose_source_ends_half_way_is_short(play: Play) -> None:
    assert play("pwrite-short p0 A; read u0 p0; pwrite-half p0 B; pread p0; pwrite-fault p0") == [
        "short 2048",
        "value mixed",
        "ok",
        "value mixed",
        "EFAULT",
    ]
    assert play("pwrite-half p0 A; pwrite-short p0 A; pread p0") == ["ok", "short 2048", "value A"]


def test_a_thread_freed_with_its_world_is_not_taken_for_the_next_world_s_writer(play: Play) -> None:
    play("register missing; read u0 p0")
    assert play("pwrite-stop p0 A; go-on") == ["stopped", "ok; resumed w ok"]


def test_what_an_input_may_allocate_is_overwritten_where_answers_must_be_exact(
    driver: Driver,
) -> None:
    sizes: list[int] = []

    def backing(size: int) -> int:
        sizes.append(size)
        return driver.backing(size)

    driver.close()
    exact = replace(driver, spoiling=True, backing=backing)
    exact.fresh()
    sizes.clear()
    for text, spoilt in (
        ("register missing", 0),
        ("read u0 p0", 1),
        ("copy p0 A", 1),
        ("pread p0", 0),
    ):
        exact.step(parse(text)[0])
        assert len(sizes) == spoilt, text
        sizes.clear()
    exact.close()
