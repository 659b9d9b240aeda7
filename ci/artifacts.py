# SPDX-License-Identifier: GPL-2.0-only
"""What every command starts from: base, series, kernels, guest."""

import functools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ci import accelerator, base, config, destinations, kernel, mails, paths, series, userland, vm
from ci.git import Git
from ci.kernel import DEBUG, NVME, PHYR, STOCK, Kernel
from ci.progress import note

Value = TypeVar("Value")


def once(make: Callable[["Artifacts"], Value]) -> property:
    """A property that is made on first use; threads that want it meanwhile wait."""
    @functools.wraps(make)
    def get(self: "Artifacts") -> Value:
        return self.keep(make.__name__, lambda: make(self))
    return property(get)


class Artifacts:
    """Each part is made on first use, once per command. Any thread may ask."""

    def __init__(self) -> None:
        self._kept: dict[str, object] = {}
        self._lock = threading.Lock()                   # of the next
        self._locks: dict[str, threading.Lock] = {}     # of a part while it is made

    def keep(self, name: str, make: Callable[[], Value]) -> Value:
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._kept:
                self._kept[name] = make()
        return self._kept[name]

    @once
    def base(self) -> str:
        return base.ensure()

    @once
    def tip(self) -> str:
        return series.build(paths.ROOT, paths.STORE, self.base, self.destinations)

    @once
    def destinations(self) -> destinations.Destinations:
        return destinations.load()

    @once
    def branches(self) -> list[series.Branch]:
        return series.branches(paths.ROOT, paths.STORE, self.base, self.destinations)

    @once
    def mailings(self) -> list[mails.Mailing]:
        return mails.write_all(paths.ROOT, paths.STORE, self.base, self.destinations, self.branches, paths.SERIES)

    @property
    def version(self) -> str:
        """Of the base: Linux 7.3.4"""
        return self.store.line("log", "-1", "--format=%s", self.base)

    @property
    def store(self) -> Git:
        return Git(paths.STORE)

    @property
    def patched(self) -> bool:
        return self.tip != self.base

    @once
    def commits(self) -> list[str]:
        return self.store.line("rev-list", "--reverse", f"{self.base}..{self.tip}").split()

    def prepared(self, which: Kernel) -> str:
        """The key of its sources and configuration, which are there."""
        stock = which.tree == "stock"
        return self.keep(f"prepared {which.name}", lambda: kernel.prepare(
            which, self.base if stock else self.tip, not stock and self.patched))

    def kernel(self, which: Kernel) -> Path:
        """The image, up to date."""
        return self.keep(which.name, lambda: kernel.build(which, self.prepared(which)))

    @once
    def userspace(self) -> Path:
        """The build for this machine, which is the guest's as well."""
        return userland.compile_build(userland.PLAIN)

    @once
    def guest(self) -> Path:
        """The initramfs image."""
        return userland.pack(self.userspace)

    @once
    def accelerator(self) -> str:
        return accelerator.choose(self.kernel(PHYR), self.guest, paths.VM)

    def machine(self, which: Kernel = PHYR, **differences) -> vm.Machine:
        """A VM with one of our kernels; differences: members of vm.Machine."""
        return vm.Machine(self.kernel(which), self.guest,
                          differences.pop("accelerator", None) or self.accelerator, **differences)

    def prove_config(self) -> None:
        """The two measured kernels differ in the series' own options and in nothing else."""
        self.prepared(STOCK)
        self.prepared(PHYR)
        difference = kernel.config_difference(STOCK, PHYR)
        note("kernel configuration, stock -> phyr: " + ("; ".join(difference) or "no difference"))
        own = config.merged(["phyr", "gone"])
        if strange := [line for line in difference if line.split(":")[0] not in own]:
            raise kernel.KernelError("the stock and phyr kernels differ beyond ci/configs/{phyr,gone}.config: "
                                     + strange[0])


@dataclass(frozen=True)
class Step:
    """How one of the artifacts that several entries share is made."""
    make: Callable[[Artifacts], object]
    after: tuple[str, ...] = ()
    whole_machine: bool = False        # it starts a process for every core
    seconds: float = 5                 # about, on two cores with warm compiler caches


# What entries may use, by name.
STEPS = {
    "series": Step(lambda artifacts: artifacts.tip),
    "stock": Step(lambda artifacts: artifacts.kernel(STOCK), ("series",), True, 60),
    "phyr": Step(lambda artifacts: artifacts.kernel(PHYR), ("series",), True, 60),
    "debug": Step(lambda artifacts: artifacts.kernel(DEBUG), ("series",), True, 90),
    "nvme": Step(lambda artifacts: artifacts.kernel(NVME), ("series",), True, 60),
    "userspace": Step(lambda artifacts: artifacts.userspace, (), True, 20),
    "guest": Step(lambda artifacts: artifacts.guest, ("userspace",)),
    "accelerator": Step(lambda artifacts: artifacts.accelerator, ("phyr", "guest")),
}
