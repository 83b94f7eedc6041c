# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory slots: of user memory, read-only, logged, private; and KVM's own accesses."""

from tests.real.um_kvm_guest.kvm import (
    ATTRIBUTE_PRIVATE,
    EXIT_PRIVATE,
    FETCH,
    GUEST_MEMFD,
    KVM_READ,
    KVM_WRITE,
    LOG_DIRTY,
    PRIVATE_VM,
    READ,
    READONLY,
    WRITE,
    Done,
    Fault,
    Mmio,
    Vcpu,
    Vm,
    errors_of_creating,
)
from tests.real.um_kvm_guest.memory import PAGE, anonymous, drop, fill, peek, unmap

BASE = 0x20000
EFAULT, EEXIST, EINVAL = 14, 17, 22


def _machine(flags: int = 0) -> tuple[Vm, int, Vcpu]:
    vm = Vm()
    user = anonymous(2)
    assert vm.slot(1, BASE, 2, flags, user) == 0
    return vm, user, vm.vcpu()


def user_memory_is_guest_memory() -> None:
    _, user, vcpu = _machine()
    fill(user, b"C")
    assert vcpu.do(READ, BASE + 16, 2) == Done(0x4343)
    assert vcpu.do(WRITE, BASE, 2, 0x4241) == Done(0x4241)
    assert peek(user, 3) == b"ABC"


def user_memory_gets_writable_with_the_first_write() -> None:
    _, _, vcpu = _machine()
    vcpu.do(READ, BASE)
    assert vcpu.mapped(BASE) == "r"
    vcpu.do(WRITE, BASE)
    assert vcpu.mapped(BASE) == "rw"


def dropped_user_memory_is_gone_from_stage_2() -> None:
    _, user, vcpu = _machine()
    vcpu.do(WRITE, BASE, 8, 5)
    drop(user, 1)
    assert vcpu.mapped(BASE) == ""
    assert vcpu.do(READ, BASE) == Done(0)


def unmapped_user_memory_is_a_memory_fault() -> None:
    _, user, vcpu = _machine()
    vcpu.do(WRITE, BASE, 8, 5)
    unmap(user, 1)
    assert vcpu.do(READ, BASE + 8) == Fault(BASE, PAGE, 0, EFAULT)
    assert vcpu.do(KVM_READ, BASE + 8) == Fault(BASE, PAGE, 0, EFAULT)


def a_read_only_slot_can_be_read_and_a_write_is_mmio() -> None:
    _, user, vcpu = _machine(READONLY)
    fill(user, b"A")
    assert vcpu.do(READ, BASE, 1) == vcpu.do(FETCH, BASE, 1) == Done(0x41)
    assert vcpu.do(WRITE, BASE, 1, 7) == Mmio(BASE, 1, b"\7")
    assert vcpu.do(KVM_WRITE, BASE, 1, 7) == Mmio(BASE, 1, b"\7")
    assert peek(user) == b"A"


def guest_memfd_cannot_be_read_only() -> None:
    vm = Vm()
    assert vm.slot(0, 0, 1, GUEST_MEMFD | READONLY, 0, vm.guest_memfd(1)) == EINVAL


def writes_are_logged_once_until_the_log_is_read() -> None:
    vm, _, vcpu = _machine(LOG_DIRTY)
    vcpu.do(READ, BASE)
    vcpu.do(WRITE, BASE + PAGE)
    assert vm.dirty(1) == 0b10
    assert vcpu.mapped(BASE + PAGE) == "r"
    assert vm.dirty(1) == 0
    vcpu.do(WRITE, BASE + PAGE)
    vcpu.do(WRITE, BASE)
    assert vm.dirty(1) == 0b11


def logging_that_starts_later_misses_nothing() -> None:
    vm, user, vcpu = _machine()
    vcpu.do(WRITE, BASE)
    assert vm.slot(1, BASE, 2, LOG_DIRTY, user) == 0
    assert vcpu.mapped(BASE) == "r"
    vcpu.do(WRITE, BASE)
    assert vm.dirty(1) == 0b01


def a_log_that_is_cleared_by_hand_stays_until_then() -> None:
    vm, _, vcpu = _machine(LOG_DIRTY)
    vm.protect_by_hand()
    vcpu.do(WRITE, BASE)
    vcpu.do(WRITE, BASE + PAGE)
    assert [vm.dirty(1), vm.dirty(1)] == [0b11, 0b11]
    assert vcpu.mapped(BASE) == "rw"
    vm.clear_dirty(1, 2, 0b01)
    assert [vcpu.mapped(BASE), vcpu.mapped(BASE + PAGE)] == ["r", "rw"]
    assert vm.dirty(1) == 0b10
    vcpu.do(WRITE, BASE)
    assert vm.dirty(1) == 0b11


def a_slot_that_is_moved_takes_its_memory_along() -> None:
    vm, user, vcpu = _machine()
    fill(user, b"A")
    assert vcpu.do(READ, BASE, 1) == Done(0x41)
    assert vm.slot(1, BASE + 8 * PAGE, 2, 0, user) == 0
    assert vcpu.do(READ, BASE, 1) == Mmio(BASE, 1, None)
    assert vcpu.do(READ, BASE + 8 * PAGE, 1) == Done(0x41)


def slots_lie_side_by_side_but_not_over_one_another() -> None:
    vm, user, vcpu = _machine()
    other = anonymous(1)
    assert vm.slot(2, BASE + PAGE, 1, 0, other) == EEXIST
    assert vm.slot(2, BASE + 2 * PAGE, 1, 0, other) == 0
    assert vcpu.do(WRITE, BASE + 2 * PAGE - 1, 2, 0x4241) == Done(0x4241)
    assert (peek(user + 2 * PAGE - 1), peek(other)) == (b"A", b"B")


def kvm_itself_reads_and_writes_user_memory() -> None:
    vm, user, vcpu = _machine(LOG_DIRTY)
    assert vcpu.do(KVM_WRITE, BASE + PAGE - 4, 8, 0x4241) == Done(0x4241)
    assert peek(user + PAGE - 4, 2) == b"AB"
    assert vcpu.do(KVM_READ, BASE + PAGE - 4) == Done(0x4241)
    assert vm.dirty(1) == 0b11
    assert vcpu.mapped(BASE) == ""


def kvm_itself_does_not_reach_guest_memfd_that_is_not_mapped() -> None:
    vm = Vm()
    assert vm.slot(0, BASE, 1, GUEST_MEMFD, 0, vm.guest_memfd(1)) == 0
    assert vm.vcpu().do(KVM_READ, BASE) == Fault(BASE, PAGE, 0, EFAULT)


def private_and_shared_memory_of_an_address_are_two_pages() -> None:
    vm = Vm(PRIVATE_VM)
    user = anonymous(1)
    fill(user, b"P")
    assert vm.slot(0, 0, 1, GUEST_MEMFD, user, vm.guest_memfd(1)) == 0
    vcpu = vm.vcpu()
    assert vcpu.do(READ, 0, 1) == Done(0x50)
    assert vm.attributes(0, 1, ATTRIBUTE_PRIVATE) == 0
    assert vcpu.mapped(0) == ""
    assert vcpu.do(READ, 0, 1) == Done(0)
    vcpu.do(WRITE, 0, 1, 0x70)
    assert vm.attributes(0, 1, 0) == 0
    assert vcpu.do(READ, 0, 1) == Done(0x50)
    assert vm.attributes(0, 1, ATTRIBUTE_PRIVATE) == 0
    assert vcpu.do(READ, 0, 1) == Done(0x70)


def private_memory_without_guest_memfd_is_a_memory_fault() -> None:
    vm = Vm(PRIVATE_VM)
    assert vm.slot(0, 0, 1, 0, anonymous(1)) == 0
    assert vm.attributes(0, 1, ATTRIBUTE_PRIVATE) == 0
    vcpu = vm.vcpu()
    for operation in (READ, WRITE, FETCH):
        assert vcpu.do(operation, 8, 1) == Fault(0, PAGE, EXIT_PRIVATE, EFAULT)


def a_vm_without_private_memory_knows_no_attribute() -> None:
    assert Vm().attributes(0, 1, ATTRIBUTE_PRIVATE) == EINVAL


def other_kinds_of_vm_do_not_exist() -> None:
    assert errors_of_creating(2, 3, 64) == {EINVAL}
