# SPDX-License-Identifier: GPL-2.0-or-later
"""One input of the vocabulary on the real kernel, and what came of it."""

import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from refmodel.guest import abi, stopped, syscalls
from refmodel.guest.pages import Sources, describe
from refmodel.guest.settle import Hang, settle
from refmodel.guest.threads import Worker, Workshop, open_workshop, start_worker
from refmodel.guest.vm import AnyVcpu, Vm, describe_run, open_vm
from refmodel.guest.world import (
    Backing,
    Layout,
    World,
    close_world,
    open_world,
    release_faults,
    shmem_file,
    spoil_free_pages,
    wanted_features,
)
from refmodel.vocabulary import Input, Observation, observation

GUEST, KVM = "v", "k"
"""The threads of the two vCPUs: the guest's accesses, and KVM's own."""
PAGE = abi.PAGE_SIZE
_HALF = PAGE // 2


class Unsupported(Exception):  # noqa: N818 - the plan asks for what this run cannot do
    """An input this run has no means for, such as a vCPU access without a virtual machine."""


@dataclass(slots=True)
class Driver:
    """Everything that outlives a sequence, and the world of the present one."""

    layout: Layout
    backing: Backing
    vm: Vm | None
    workers: tuple[Worker, ...]
    shop: Workshop
    sources: Sources
    deadline: float
    features: int
    """Those of every userfaultfd."""
    spoiling: bool = False
    """Whether memory is overwritten before an input may allocate it. What nobody wrote then reads
    as stale every time, not at times as what was in it before."""
    world: World | None = None
    stop: stopped.Stop | None = None
    """The source of a write() that is stopped."""
    asked: dict[str, Input] = field(default_factory=dict)
    """The input each outstanding worker is busy with."""
    ticks: int = 0
    """Odd during a step: what a watchdog looks at. A clock would cost a system call a step."""

    def fresh(self) -> None:
        """Give the old world back and make a new one. Raises Hang if a thread cannot be freed."""
        self.close()
        self.world = open_world(
            self.layout, self.backing, self.vm, self.shop.reports, self.features
        )

    def close(self) -> None:
        """Free every thread and give the world back."""
        world, self.world = self.world, None
        if world is None:
            return
        release_faults(world)
        if self.stop is not None:
            self.stop.close()
        world.poll.unregister(world.userfaultfd)
        begun = time.monotonic()
        while stuck := [worker for worker in self.workers if worker.outstanding]:
            world.poll.poll(20)
            for worker in stuck:
                if worker.ended():
                    worker.take_end()
            if time.monotonic() - begun > self.deadline:
                raise Hang([worker.name for worker in stuck])
        self.asked.clear()
        self.stop = None  # only now: its memory is what the write() reads
        close_world(world)

    def step(self, request: Input) -> Observation:
        """Perform one input and let the world settle. Raises Hang, or Unsupported."""
        if self.world is None:
            raise Unsupported("no world is open")
        self.ticks += 1
        if self.spoiling and request.op not in _SPARING:
            spoil_free_pages(self.backing)
        worker = self._worker(request)
        if worker is None:
            result = _DIRECT[request.op](self, self.world, request)
        elif worker.outstanding:
            result = "busy"
        else:
            result = "blocked"
            self.asked[worker.name] = request
            try:
                self._hand_over(worker, self.world, request)
            except OSError as error:  # a vCPU that takes no request any more
                del self.asked[worker.name]
                result = syscalls.errno_name(error.errno or 0)
        settled = settle(self.world, self.workers, self.shop.reports, self.deadline)
        effects = list(settled.events)
        for ended in settled.ended:
            if ended.name == stopped.WRITER and self.stop is not None:
                self.stop.close()
                self.stop = None
            outcome = self._outcome(ended, self.asked.pop(ended.name))
            if ended is worker and result == "blocked":
                result = outcome
            else:
                effects.append(f"resumed {ended.name} {outcome}")
        self.ticks += 1
        return observation(result, *effects)

    def _worker(self, request: Input) -> Worker | None:
        if request.op in ("read", "write"):
            name = f"u{request.thread}"
        elif request.op in ("vcpu-read", "vcpu-write"):
            name = GUEST
        elif request.op == "kvm-read":
            name = KVM
        elif self.stop is not None and request.op in _BESIDE:
            return self.extra_worker(stopped.BESIDE)
        else:
            return None
        for worker in self.workers:
            if worker.name == name:
                return worker
        raise Unsupported(f"{request}: this run has no thread {name}")

    def extra_worker(self, name: str) -> Worker:
        """A thread few sequences need, started when the first does."""
        for worker in self.workers:
            if worker.name == name:
                return worker
        worker = start_worker(self.shop, name)
        self.workers = (*self.workers, worker)
        return worker

    def _hand_over(self, worker: Worker, world: World, request: Input) -> None:
        page = request.page or 0
        if request.op == "read":
            worker.fetch_page(world.at(page, request.alias))
        elif request.op == "write":
            worker.fill_page(world.at(page, request.alias), ord(request.value or ""))
        elif request.op == "punch":
            stopped.punch_hole(worker, world.file, page)
        elif request.op == "fallocate":
            stopped.allocate(worker, world.file, page)
        elif request.op in _WRITES:
            stopped.write(worker, world.file, *_write(self, request))
        else:
            vcpu = _vcpu(self, request)
            vcpu.prepare(request.op, page, request.value)
            worker.call(*vcpu.run_call())

    def _outcome(self, worker: Worker, request: Input) -> str:
        signal = worker.take_end()
        if signal:
            return {abi.SIGBUS: "sigbus", abi.SIGSEGV: "sigsegv"}.get(signal, f"signal {signal}")
        if request.op == "read":
            return f"value {describe(worker.memory[:])}"
        if request.op == "write":
            return "ok"
        if request.op in _BESIDE or request.op == "pwrite-stop":
            return _returned(worker.result(), request)
        try:
            return describe_run(_vcpu(self, request), request.op, worker.result())
        except OSError as error:  # nor shows its registers
            return syscalls.errno_name(error.errno or 0)


def open_driver(
    layout: Layout,
    threads: int,
    vm_flags: int | None,
    deadline: float = 2.0,
    spoiling: bool = False,
) -> Driver:
    """Start ``threads`` user threads and one for each vCPU.

    ``vm_flags`` are those of KVM_CREATE_GUEST_MEMFD; None means shmem files and no machine.
    """
    vm = None if vm_flags is None else open_vm(vm_flags)
    backing = shmem_file if vm is None else vm.create_file
    shop = open_workshop()
    names = [f"u{number}" for number in range(threads)] + ([GUEST, KVM] if vm else [])
    workers = tuple(start_worker(shop, name) for name in names)
    features = wanted_features()
    return Driver(layout, backing, vm, workers, shop, Sources(), deadline, features, spoiling)


def stop_driver(driver: Driver) -> None:
    """End the workers."""
    driver.close()
    for worker in driver.workers:
        worker.stop()


def _register(driver: Driver, world: World, request: Input) -> str:
    mode = sum(abi.REGISTER_MODES[word] for word in (request.word or "").split("+"))
    argument = abi.REGISTER_LAYOUT.pack(world.mapping, driver.layout.mapped_size, mode, 0)
    return _ioctl(world, abi.UFFDIO_REGISTER, argument)


def _unregister(driver: Driver, world: World, request: Input) -> str:
    del request
    argument = abi.RANGE_LAYOUT.pack(world.mapping, driver.layout.mapped_size)
    return _ioctl(world, abi.UFFDIO_UNREGISTER, argument)


def _wake(driver: Driver, world: World, request: Input) -> str:
    del driver
    return _ioctl(world, abi.UFFDIO_WAKE, abi.RANGE_LAYOUT.pack(_address(world, request), PAGE))


def _copy(driver: Driver, world: World, request: Input) -> str:
    source = driver.sources.address(request.value or "")
    argument = abi.COPY_LAYOUT.pack(_address(world, request), source, PAGE, 0, 0)
    return _ioctl(world, abi.UFFDIO_COPY, argument)


def _fill(number: int) -> Callable[[Driver, World, Input], str]:
    def perform(driver: Driver, world: World, request: Input) -> str:
        del driver
        return _ioctl(world, number, abi.FILL_LAYOUT.pack(_address(world, request), PAGE, 0, 0))

    return perform


def _writeprotect(driver: Driver, world: World, request: Input) -> str:
    del driver
    mode = abi.UFFDIO_WRITEPROTECT_MODE_WP if request.word == "on" else 0
    argument = abi.WRITEPROTECT_LAYOUT.pack(_address(world, request), PAGE, mode)
    return _ioctl(world, abi.UFFDIO_WRITEPROTECT, argument)


def _pread(driver: Driver, world: World, request: Input) -> str:
    del driver
    try:
        content = os.pread(world.file, PAGE, (request.page or 0) * PAGE)
    except OSError as error:
        return syscalls.errno_name(error.errno or 0)
    return f"value {describe(content)}" if len(content) == PAGE else f"short {len(content)}"


def _write(driver: Driver, request: Input) -> tuple[int, int, int]:
    """Source, length and offset of a write(): of a page, or of its second half."""
    offset, sources, value = (request.page or 0) * PAGE, driver.sources, request.value or "A"
    if request.op == "pwrite-half":
        return sources.address(value), _HALF, offset + _HALF
    if request.op == "pwrite-short":
        return sources.torn(value), PAGE, offset
    if request.op == "pwrite-fault":
        return sources.torn(value) + _HALF, PAGE, offset
    return sources.address(value), PAGE, offset


def _pwrite(driver: Driver, world: World, request: Input) -> str:
    try:
        return _returned(syscalls.write_from(world.file, *_write(driver, request)), request)
    except OSError as error:
        return syscalls.errno_name(error.errno or 0)


def _pwrite_stop(driver: Driver, world: World, request: Input) -> str:
    worker = driver.extra_worker(stopped.WRITER)
    if worker.outstanding:
        return "busy"
    stop = stopped.Stop(request.value or "")
    reports, page = driver.shop.reports, request.page or 0
    if stop.begin(worker, world.file, page, reports, driver.deadline):
        driver.stop = stop
        driver.asked[worker.name] = request
        return "stopped"
    stop.close()
    if not worker.ended():
        raise Hang([worker.name])
    worker.take_end()
    return _returned(worker.result(), request)


def _go_on(driver: Driver, world: World, request: Input) -> str:
    del world, request
    if driver.stop is None:
        return "idle"
    driver.stop.go_on(driver.sources)
    return "ok"


def _returned(result: int, request: Input) -> str:
    """What write() or fallocate() of a page came to."""
    if result < 0:
        return syscalls.errno_name(-result)
    wanted = PAGE if request.op.startswith("pwrite") else 0
    wanted = _HALF if request.op == "pwrite-half" else wanted
    return "ok" if result == wanted else f"short {result}"


def _dontneed(driver: Driver, world: World, request: Input) -> str:
    del driver
    return syscalls.outcome(lambda: syscalls.forget_ptes(_address(world, request), PAGE))


def _fallocate(driver: Driver, world: World, request: Input) -> str:
    del driver
    offset = (request.page or 0) * PAGE
    return syscalls.outcome(lambda: syscalls.allocate(world.file, offset, PAGE))


def _punch(driver: Driver, world: World, request: Input) -> str:
    del driver
    offset = (request.page or 0) * PAGE
    return syscalls.outcome(lambda: syscalls.punch_hole(world.file, offset, PAGE))


def _userfault(driver: Driver, world: World, request: Input) -> str:
    del world
    vm = _machine(driver, request)
    return syscalls.outcome(lambda: vm.set_userfault(request.word == "on"))


def _bitmap(driver: Driver, world: World, request: Input) -> str:
    del world
    _machine(driver, request).set_bit(request.page or 0, request.word == "set")
    return "ok"


def _machine(driver: Driver, request: Input) -> Vm:
    if driver.vm is None:
        raise Unsupported(f"{request}: this run has no virtual machine")
    return driver.vm


def _vcpu(driver: Driver, request: Input) -> AnyVcpu:
    vm = _machine(driver, request)
    return vm.kvm if request.op == "kvm-read" else vm.guest


def _address(world: World, request: Input) -> int:
    return world.at(request.page or 0)


def _ioctl(world: World, number: int, argument: bytes) -> str:
    try:
        fcntl.ioctl(world.userfaultfd, number, argument)
    except OSError as error:
        return syscalls.errno_name(error.errno or 0)
    return "ok"


_WRITES = ("pwrite", "pwrite-short", "pwrite-half", "pwrite-fault")
_BESIDE = frozenset({"punch", "fallocate", *_WRITES})
"""What may have to wait for a write() that is stopped."""
_SPARING = frozenset({"register", "writeprotect", "pread", "userfault", "bitmap"})
"""What allocates nothing, nor wakes threads that might."""

_DIRECT: dict[str, Callable[[Driver, World, Input], str]] = {
    "register": _register,
    "unregister": _unregister,
    "wake": _wake,
    "copy": _copy,
    "zeropage": _fill(abi.UFFDIO_ZEROPAGE),
    "continue": _fill(abi.UFFDIO_CONTINUE),
    "poison": _fill(abi.UFFDIO_POISON),
    "writeprotect": _writeprotect,
    "pread": _pread,
    **dict.fromkeys(_WRITES, _pwrite),
    "pwrite-stop": _pwrite_stop,
    "go-on": _go_on,
    "dontneed": _dontneed,
    "fallocate": _fallocate,
    "punch": _punch,
    "userfault": _userfault,
    "bitmap": _bitmap,
}
"""What the main thread does itself. Reads and writes of memory, and the vCPU, are workers'."""
