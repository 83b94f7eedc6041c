# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM userfault where the bitmap is not what it should be. For the revision kvm-userfault."""

import errno
import struct

from tests.real.um_kvm_guest.kvm import GUEST_MEMFD, READ, Done, Failed, Fault, Vcpu, Vm, error_of
from tests.real.um_kvm_guest.memory import PAGE, anonymous, fill, unmap

_SET_REGION2 = 0x40A0AE49
_USERFAULT, _EXIT_USERFAULT = 8, 16
_CAP_USERFAULT = 240


def _slot(vm: Vm, bitmap: int, file: int = 0, user: int = 0) -> int:
    """Slot 0 of two pages with the flag; an errno or 0."""
    flags = _USERFAULT | (GUEST_MEMFD if file else 0)
    region = (0, flags, 0, 2 * PAGE, user, 0, file, 0, bitmap, *[0] * 13)
    return error_of(vm.fd, _SET_REGION2, struct.pack("<IIQQQQII14Q", *region))


def _machine(bitmap: int) -> tuple[Vm, int, Vcpu]:
    vm = Vm()
    file = vm.guest_memfd(2)
    assert _slot(vm, bitmap, file) == 0
    return vm, file, vm.vcpu()


def it_is_advertised() -> None:
    assert Vm().has(_CAP_USERFAULT) == 1


def a_set_bit_is_an_exit_and_a_clear_one_is_not() -> None:
    bitmap = anonymous(1)
    fill(bitmap, b"\2", 1)
    _, _, vcpu = _machine(bitmap)
    assert vcpu.do(READ, 0) == Done(0)
    assert vcpu.do(READ, PAGE) == Fault(PAGE, PAGE, _EXIT_USERFAULT, errno.EFAULT)


def user_memory_can_be_intercepted_too() -> None:
    bitmap, vm = anonymous(1), Vm()
    fill(bitmap, b"\1", 1)
    assert _slot(vm, bitmap, user=anonymous(2)) == 0
    assert vm.vcpu().do(READ, 0) == Fault(0, PAGE, _EXIT_USERFAULT, errno.EFAULT)


def a_bitmap_that_cannot_be_read_is_an_error_without_an_exit() -> None:
    bitmap = anonymous(1)
    _, _, vcpu = _machine(bitmap)
    unmap(bitmap, 1)
    assert vcpu.do(READ, 0) == Failed(errno.EFAULT, 0)


def a_bitmap_beyond_user_memory_is_refused() -> None:
    assert _slot(Vm(), 1 << 63, user=anonymous(2)) == errno.EINVAL


def another_bitmap_for_the_same_flags_is_ignored() -> None:
    first, second = anonymous(1), anonymous(1)
    fill(second, b"\1", 1)
    vm, file, vcpu = _machine(first)
    assert _slot(vm, second, file) == 0
    assert vcpu.do(READ, 0) == Done(0)
