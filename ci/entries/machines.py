# SPDX-License-Identifier: GPL-2.0-only
"""Which test programs run in which kernel, on which machines."""

from dataclasses import replace
from functools import partial

from ci import kernel, test_names, userland
from ci.artifacts import Artifacts
from ci.entries import guest
from ci.entries.guest import Bounds, folder_of
from ci.entry import Options
from ci.tap import Tally

# KASAN and lockdep make an emulated guest ten times slower: fewer layouts, another seed.
BOUNDS = {
    kernel.PHYR: Bounds(),
    kernel.DEBUG: Bounds(init=600, program=1800, boot=3600, environment="export PHYR_LAYOUTS=400 PHYR_SEED=400\n"),
}
DMA_PROGRAMS = ("dma_map",)              # the edu device takes 0.1 s of the guest's time for each transfer
# name -> what is between a device and memory
DMA_MACHINES = {
    "direct": {},
    "iommu-strict": {"iommu": True},
    "iommu-lazy": {"iommu": True, "command_line": "iommu.strict=0"},
    "bounce": {"command_line": "swiotlb=force"},
}
DMA_BOUNDS = Bounds(program=3000)        # of the guest's time, which jumps ahead while it waits
CRYPTO_PROGRAMS = ("crypto_data", "crypto_bad_input", "crypto_full_ring", "crypto_unplug")
# One CPU, whose clock counts instructions.
COUNTED = "counted"
# name -> how the device is told of memory
CRYPTO_MACHINES = {
    "iommu": {"iommu": True},
    "packed": {"crypto_options": ",packed=on"},
    "no-indirect": {"crypto_options": ",indirect_desc=off"},
    COUNTED: {"crypto_options": ",indirect_desc=off", "accelerator": "tcg", "icount": True},
}
COUNTED_PROGRAMS = ("crypto_full_ring",)  # the others race CPUs
# These look at a kernel of their own.
NVME_PROGRAMS = ("nvme_rdma",)
# With a ZONE_MOVABLE these look at migration.
# A hugepage pool would take the movable memory, and pinning move its pages.
MOVABLE = "movable"
MOVABLE_PROGRAMS = ("phyr_pins", "rdma_region", "phyr_property")
MOVABLE_MACHINE = {"hugepages_1g": 0, "hugepages_2m": 0}
MOVABLE_MEMORY = "movablecore=2G"
# Long self-tests of ciphers, minutes of a slow kernel, are left to kunit-debug: a device that comes back has them anew.
SHORT_SELF_TESTS = "cryptomgr.noslowtests=1"
APART = DMA_PROGRAMS + NVME_PROGRAMS


def kernel_tests() -> list[str]:
    plain = [name for name in test_names.guest_programs() if name not in APART]
    return plain + [f"{MOVABLE}/{name}" for name in MOVABLE_PROGRAMS]


def by_boot(boots: int, parts: list[str]) -> list[list[str]]:
    """Those without a ZONE_MOVABLE dealt out to so many boots, those with one in another."""
    movable = [part for part in parts if part.startswith(f"{MOVABLE}/")]
    plain = [part for part in parts if part not in movable]
    return [piece for piece in (*(plain[first::boots] for first in range(boots)), movable) if piece]


def listed_as_built() -> Tally:
    """What ./phyr test --list says without building is what the guest has."""
    built = {path.name for path in userland.INSTALLED_TESTS.iterdir() if path.is_file()}
    names = ", ".join(sorted(built.symmetric_difference(test_names.guest_programs())))
    failure = f"guest: in one only of ci/test_names.py and what meson installs: {names}"
    return Tally(failures=[failure] if names else [])


def on_kernel(which: kernel.Kernel, artifacts: Artifacts, options: Options) -> Tally:
    """The parts are of one boot."""
    machine = artifacts.machine(which, boot_seconds=BOUNDS[which].init, crypto_queues=2, storage=True,
                                command_line=SHORT_SELF_TESTS)
    if options.parts[0].startswith(f"{MOVABLE}/"):
        machine = replace(machine, command_line=f"{MOVABLE_MEMORY} {SHORT_SELF_TESTS}", **MOVABLE_MACHINE)
    names = [part.rpartition("/")[2] for part in options.parts]
    return guest.programs(machine, names, folder_of(options.name), BOUNDS[which], options) + listed_as_built()


perf = partial(on_kernel, kernel.PHYR)
debug = partial(on_kernel, kernel.DEBUG)


def on_machine(artifacts: Artifacts, options: Options, machines: dict[str, dict], programs: tuple[str, ...],
               bounds: Bounds, **common) -> Tally:
    """The programs on the one machine that is asked for, in the measured kernel."""
    machine = artifacts.machine(**common | machines[options.parts[0]])
    return guest.programs(machine, list(programs), folder_of(options.name), bounds, options)


def dma(artifacts: Artifacts, options: Options) -> Tally:
    """DMA addresses, with everything that can be between a device and memory."""
    return on_machine(artifacts, options, DMA_MACHINES, DMA_PROGRAMS, DMA_BOUNDS, accelerator="tcg", icount=True)


def crypto(artifacts: Artifacts, options: Options) -> Tally:
    """Ciphers by the device, with every kind of ring and address that it can have."""
    programs = COUNTED_PROGRAMS if options.parts == (COUNTED,) else CRYPTO_PROGRAMS
    return on_machine(artifacts, options, CRYPTO_MACHINES, programs, BOUNDS[kernel.PHYR])


def nvme(artifacts: Artifacts, options: Options) -> Tally:
    """The kernel's own registrations of memory: a disk over RDMA, and its other end."""
    machine = artifacts.machine(kernel.NVME)
    return guest.programs(machine, list(NVME_PROGRAMS), folder_of(options.name), Bounds(), options)
