# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests that are asked one sequence after the other, whatever becomes of them."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from refmodel.vocabulary import parse
from reviewtool.behaviour.conversation import Conversation, Listening
from reviewtool.behaviour.guests import GuestEnd, GuestFailed, RunGuest, Settings
from reviewtool.behaviour.models import load
from tests.behaviour.pretend import Pretender

V3, RFC = load("v3_minor_noalloc"), load("rfc_missing")


@contextmanager
def talk(listening: Listening) -> Iterator[Conversation]:
    conversation = Conversation(listening, Settings())
    try:
        yield conversation
    finally:
        conversation.close()


def test_each_answer_comes_before_the_next_question() -> None:
    with talk(Pretender(V3).listening) as conversation:
        for _ in range(3):
            (trace,) = conversation.ask([parse("pwrite p0 A; read u0 p0")])
            assert trace.observations == ("ok", "value A")
        assert (conversation.guests, conversation.deaths) == (1, 0)


def test_many_are_answered_in_order() -> None:
    words = [parse("; ".join(["pwrite p0 A"] * (1 + number % 9))) for number in range(500)]
    with talk(Pretender(V3).listening) as conversation:
        found = list(conversation.ask(words))
    assert [trace.inputs for trace in found] == words
    assert all(len(trace.observations) == len(trace.inputs) for trace in found)


def test_a_death_is_an_answer_and_the_next_guest_goes_on() -> None:
    words = [parse(text) for text in ("read u0 p0", "register missing; continue p0", "read u0 p0")]
    with talk(Pretender(RFC).listening) as conversation:
        found = [trace.observations for trace in conversation.ask(words * 2)]
        assert found == [("value zero",), ("ok", "oops"), ("value zero",)] * 2
        assert conversation.deaths == 2
        # Once one has died another is always ready.
        assert conversation.guests == 4


def test_a_guest_that_does_not_come_up_is_no_answer() -> None:
    def never(asking: int, stop: threading.Event) -> RunGuest:
        def run(plan: bytes, on_line: Callable[[str], None]) -> GuestEnd:
            return GuestEnd("no-boot", "exit status 3")

        return run

    with talk(never) as conversation, pytest.raises(GuestFailed, match="exit status 3"):
        list(conversation.ask([parse("read u0 p0")]))


def test_what_goes_wrong_in_the_thread_of_a_guest_is_raised_where_it_was_asked() -> None:
    def broken(asking: int, stop: threading.Event) -> RunGuest:
        def run(plan: bytes, on_line: Callable[[str], None]) -> GuestEnd:
            raise OSError("no such kernel")

        return run

    with talk(broken) as conversation, pytest.raises(OSError, match="no such kernel"):
        list(conversation.ask([parse("read u0 p0")]))


def test_silence_is_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reviewtool.behaviour.conversation.SILENCE", 0.1)

    def silent(asking: int, stop: threading.Event) -> RunGuest:
        def run(plan: bytes, on_line: Callable[[str], None]) -> GuestEnd:
            assert json.loads(plan)["cases"] is None
            on_line('RT {"ready":{}}')
            on_line('RT {"case":0,"begin":true}')
            on_line('RT {"case":0,"step":0,"input":"read u0 p0","obs":"value zero"}')
            stop.wait()
            return GuestEnd("killed", "cancelled")

        return run

    with talk(silent) as conversation:
        (trace,) = conversation.ask([parse("read u0 p0; punch p0")])
        assert trace.observations == ("value zero", "hang")
        assert conversation.deaths == 1
