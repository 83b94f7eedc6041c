# SPDX-License-Identifier: GPL-2.0-or-later
"""The software vCPU: one request at a time, through stage-2 or MMIO."""

import os
import time
from functools import partial

from tests.real.um_kvm_guest.kvm import (
    FETCH,
    GUEST_MEMFD,
    READ,
    WRITE,
    Done,
    Exit,
    Fault,
    Mmio,
    Refused,
    Vcpu,
    Vm,
)
from tests.real.um_kvm_guest.memory import PAGE, punch
from tests.real.um_kvm_guest.uffd import Thread

BASE = 0x10000
PAGES = 4
END = BASE + PAGES * PAGE
ALL_A = int.from_bytes(b"A" * 8, "little")
ALL_B = int.from_bytes(b"B" * 8, "little")


def _machine() -> tuple[Vm, int, Vcpu]:
    vm = Vm()
    file = vm.guest_memfd(PAGES)
    assert vm.slot(0, BASE, PAGES, GUEST_MEMFD, 0, file) == 0
    return vm, file, vm.vcpu()


def a_vcpu_without_a_request_halts() -> None:
    assert _machine()[2].go() == Done(0)


def a_request_is_forgotten_once_it_is_done() -> None:
    _, _, vcpu = _machine()
    assert vcpu.do(WRITE, BASE, 8, 7) == Done(7)
    registers = vcpu.registers()
    assert (registers.operation, registers.requests) == (0, 1)
    assert vcpu.go() == Done(7)
    assert vcpu.registers().requests == 1


def guest_memory_is_zero_at_first() -> None:
    assert _machine()[2].do(READ, BASE) == Done(0)


def what_is_written_is_read_at_every_size_and_alignment() -> None:
    _, _, vcpu = _machine()
    value = 0x8877665544332211
    for length in range(1, 9):
        for offset in range(PAGE - 9, PAGE + 2):
            wanted = value & ((1 << 8 * length) - 1)
            assert vcpu.do(WRITE, BASE + offset, length, value) == Done(value)
            assert vcpu.do(READ, BASE + offset, length) == Done(wanted)
            assert vcpu.do(FETCH, BASE + offset, length) == Done(wanted)


def a_write_changes_no_neighbour() -> None:
    _, _, vcpu = _machine()
    vcpu.do(WRITE, BASE, 8, ALL_A, 2 * PAGE // 8)
    vcpu.do(WRITE, BASE + PAGE - 1, 3, 0)
    assert vcpu.do(READ, BASE + PAGE - 2, 5) == Done(0x41_00_00_00_41)


def a_repeated_write_fills() -> None:
    _, _, vcpu = _machine()
    assert vcpu.do(WRITE, BASE, 8, ALL_A, PAGE // 8) == Done(ALL_A)
    registers = vcpu.registers()
    assert (registers.gpa, registers.left) == (BASE + PAGE, 0)
    assert vcpu.do(READ, BASE + PAGE, 8) == Done(0)


def a_repeated_read_stops_at_the_first_difference() -> None:
    _, _, vcpu = _machine()
    vcpu.do(WRITE, BASE, 8, ALL_A, PAGE // 8)
    assert vcpu.do(READ, BASE, 8, 0, PAGE // 8) == Done(ALL_A)
    assert vcpu.registers().left == 0
    vcpu.do(WRITE, BASE + 0x800, 1, 0)
    assert vcpu.do(READ, BASE, 8, 0, PAGE // 8) == Done(ALL_A)
    registers = vcpu.registers()
    assert (registers.gpa, registers.left) == (BASE + 0x800, 256)


def stage_2_maps_what_was_accessed_and_guest_memfd_writable_at_once() -> None:
    vm, _, vcpu = _machine()
    assert vcpu.mapped(BASE) == ""
    vcpu.do(READ, BASE)
    assert vcpu.mapped(BASE) == "rw"
    assert vm.statistics()["stage2_pages"] == 1


def a_punched_page_is_gone_from_stage_2_and_reads_zero() -> None:
    vm, file, vcpu = _machine()
    vcpu.do(WRITE, BASE, 8, 1)
    vcpu.do(WRITE, BASE + PAGE, 8, 2)
    punch(file, 0)
    assert (vcpu.mapped(BASE), vcpu.mapped(BASE + PAGE)) == ("", "rw")
    assert vm.statistics()["stage2_unmaps"] == 1
    assert vcpu.do(READ, BASE) == Done(0)
    assert vcpu.do(READ, BASE + PAGE) == Done(2)


def vcpus_share_memory_and_stage_2() -> None:
    vm, _, first = _machine()
    second = vm.vcpu(1)
    first.do(WRITE, BASE, 8, 5)
    assert second.do(READ, BASE) == Done(5)
    assert second.mapped(BASE) == "rw"


def vcpus_in_threads_of_their_own_share_pages_that_come_and_go() -> None:
    vm, file, first = _machine()
    vcpus = [first, *(vm.vcpu(number) for number in range(1, 4))]
    words = PAGES * PAGE // 8
    enough = False

    def again_and_again(vcpu: Vcpu, operation: int, value: int) -> set[Exit]:
        seen = {vcpu.do(operation, BASE, 8, value, words) for _ in range(20)}
        while not enough:
            seen.add(vcpu.do(operation, BASE, 8, value, words))
        return seen

    requests = ((WRITE, ALL_A), (WRITE, ALL_B), (READ, 0), (FETCH, 0))
    threads = [
        Thread(partial(again_and_again, vcpu, *request))
        for vcpu, request in zip(vcpus, requests, strict=True)
    ]
    for number in range(1000):
        punch(file, number % PAGES)
        time.sleep(0.001)
        if number >= 100 and vm.statistics()["stage2_unmaps"] > PAGES:
            break
    unmapped, enough = vm.statistics()["stage2_unmaps"], True
    assert not any(thread.blocked(20) for thread in threads)
    assert [thread.result() for thread in threads[:2]] == [{Done(ALL_A)}, {Done(ALL_B)}]
    for thread in threads[2:]:
        seen = thread.result()
        assert isinstance(seen, set)
        assert seen <= {Done(0), Done(ALL_A), Done(ALL_B)}
    assert unmapped > PAGES
    first.do(WRITE, BASE, 8, ALL_A, words)
    assert {vcpu.do(READ, BASE, 8, 0, words) for vcpu in vcpus} == {Done(ALL_A)}
    assert {vcpu.registers().left for vcpu in vcpus} == {0}


def memory_without_a_slot_is_mmio() -> None:
    _, _, vcpu = _machine()
    assert vcpu.do(READ, 0x9000, 4) == Mmio(0x9000, 4, None)
    assert vcpu.answer(0xCAFE) == Done(0xCAFE)
    assert vcpu.do(WRITE, 0x9001, 2, 0xBEEF) == Mmio(0x9001, 2, b"\xef\xbe")
    assert vcpu.go() == Done(0xBEEF)


def an_access_across_a_border_of_mmio_is_split() -> None:
    _, _, vcpu = _machine()
    assert vcpu.do(WRITE, END - 2, 4, 0x04030201) == Mmio(END, 2, b"\x03\x04")
    assert vcpu.go() == Done(0x04030201)
    assert vcpu.do(READ, END - 2, 2) == Done(0x0201)
    vcpu.do(WRITE, BASE, 2, 0x0403)
    assert vcpu.do(READ, BASE - 2, 4) == Mmio(BASE - 2, 2, None)
    assert vcpu.answer(0x0201) == Done(0x04030201)


def a_new_request_abandons_a_pending_one() -> None:
    _, _, vcpu = _machine()
    vcpu.do(READ, 0x9000, 4)
    assert vcpu.do(READ, BASE, 8) == Done(0)


def an_ioeventfd_takes_a_write_without_an_exit() -> None:
    vm, _, vcpu = _machine()
    event = os.eventfd(0)
    assert vm.ioeventfd(0x9000, 4, event) == 0
    assert vcpu.do(WRITE, 0x9000, 4, 1) == Done(1)
    assert os.eventfd_read(event) == 1
    assert vcpu.do(WRITE, 0x9000, 2, 1) == Mmio(0x9000, 2, b"\1\0")


def what_is_no_request_is_refused() -> None:
    _, _, vcpu = _machine()
    assert vcpu.do(77, BASE) == Refused()
    assert vcpu.do(READ, BASE, 9) == Refused()
    assert vcpu.do(READ, BASE, 0) == Refused()
    assert vcpu.do(READ, 2**64 - 4, 8) == Refused()
    assert vcpu.do(FETCH, 0x9000, 4) == Refused()


def guest_memfd_that_was_closed_is_a_memory_fault() -> None:
    _, file, vcpu = _machine()
    vcpu.do(WRITE, BASE + PAGE, 8, 1)
    os.close(file)
    assert vcpu.mapped(BASE + PAGE) == ""
    assert vcpu.do(READ, BASE + PAGE + 8) == Fault(BASE + PAGE, PAGE, 0, 14)


def a_deleted_slot_is_gone_from_stage_2() -> None:
    vm, _, vcpu = _machine()
    vcpu.do(WRITE, BASE, 8, 1)
    assert vm.slot(0, 0, 0) == 0
    assert vcpu.do(READ, BASE) == Mmio(BASE, 8, None)
    assert vm.statistics()["stage2_pages"] == 0


def memory_can_be_faulted_in_ahead() -> None:
    _, _, vcpu = _machine()
    assert vcpu.pre_fault(BASE, 2) == 0
    assert [vcpu.mapped(BASE + page * PAGE) for page in range(3)] == ["rw", "rw", ""]
    assert vcpu.pre_fault(END, 1) == 2
