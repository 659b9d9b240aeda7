# SPDX-License-Identifier: GPL-2.0-only
"""Where kernels are built and booted: on this machine one after the other, or as jobs of a cluster side by side."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Protocol, TypeVar

from ci import kernel
from ci.artifacts import Artifacts
from ci.comparison import job
from ci.comparison.builder import FOLDER, Builder, Built, Order
from ci.comparison.measure import Bench, Boot, in_turn
from ci.comparison.sides import Side
from ci.comparison.slurm import COMMAND, Slurm, SlurmError, seen
from ci.comparison.suites import Suite

Item = TypeVar("Item")
Value = TypeVar("Value")
BUILD = ("--exclusive",)                               # make takes all processors of a node
BOOT = ("--cpus-per-task=1", "--mem=12G")              # one is emulated, which has 10 GiB


class Place(Protocol):
    workers: int               # so many things are done at a time

    def each(self, function: Callable[[Item], Value], items: Iterable[Item]) -> list[Value]: ...

    def builder(self, artifacts: Artifacts, fragments: list[Path]) -> Builder: ...

    def bench(self, artifacts: Artifacts, suite: Suite, clock: str, again: bool = False) -> Bench: ...


class Here:
    workers = 1

    def each(self, function: Callable[[Item], Value], items: Iterable[Item]) -> list[Value]:
        return in_turn(function, items)

    def builder(self, artifacts: Artifacts, fragments: list[Path]) -> Builder:
        return Builder(artifacts, fragments)

    def bench(self, artifacts: Artifacts, suite: Suite, clock: str, again: bool = False) -> Bench:
        return Bench(artifacts, suite, clock, again)


class JobBuilder(Builder):
    def __init__(self, slurm: Slurm, artifacts: Artifacts, fragments: list[Path], folder: Path = FOLDER,
                 options: Sequence[str] = BUILD):
        super().__init__(artifacts, fragments, folder)
        self.slurm, self.root, self.job_options = slurm, folder, options
        self.lock = threading.Lock()                   # of the next, and of snapshots, which have an index each
        self.making: dict[str, threading.Lock] = {}

    def own(self, side: Side) -> Built:
        """From its commit, as all others: the trees of stock and phyr are this machine's."""
        return self.ordered(side)

    def order(self, side: Side) -> Order:
        with self.lock:
            return super().order(side)

    def ordered(self, side: Side, order: Order | None = None) -> Built:
        order = order or self.order(side)
        with self.lock:
            making = self.making.setdefault(order.key, threading.Lock())
        # Of two that want the same one waits.
        with making:
            return super().ordered(side, order)

    def produce(self, order: Order) -> None:
        found = self.slurm.run(f"build-{order.key[:12]}", {
            "kind": "build", "order": asdict(order), "compiler": kernel.compiler(),
            "folder": str(self.root.resolve())}, self.job_options)
        if "error" in found:
            raise job.error_of(found)
        made = self.folder / order.key / "made.json"
        if not seen(made):
            raise SlurmError(f"{made} has been made by a node, and is not seen here; see whether both have the same "
                             "build/")


class JobBench(Bench):
    def __init__(self, slurm: Slurm, artifacts: Artifacts, suite: Suite, again: bool = False, folder: Path = FOLDER,
                 options: Sequence[str] = BOOT):
        super().__init__(artifacts, suite, "icount", again, folder)
        self.slurm, self.job_options = slurm, options

    def take(self, built: Built, features: frozenset[str]) -> Boot:
        key = self.key(built, features, 0)
        found = self.slurm.run(f"boot-{key[:12]}", {
            "kind": "boot", "side": [built.side.role, built.side.text], "image": str(built.image.resolve()),
            "initramfs": str(self.initramfs.resolve()), "features": sorted(features), "number": 0, "key": key,
            "qemu": self.qemu, "guest": self.guest,
            "suite": {"name": self.suite.name, "plan": self.suite.plan, "rows": self.suite.rows,
                      "programs": self.suite.programs, "held": self.suite.held}}, self.job_options)
        if "error" in found:
            raise job.error_of(found)
        return Boot(**found["answer"])


class Cluster:
    """Of Slurm. Nodes see this clone under the same name, and have the packages that this machine has."""

    def __init__(self, workers: int | None = None, command: Sequence[str] = COMMAND, folder: Path = FOLDER,
                 options: tuple[Sequence[str], Sequence[str]] = (BUILD, BOOT)):
        self.slurm, self.folder = Slurm(workers, command, folder / "jobs"), folder
        self.build_options, self.boot_options = options

    @property
    def workers(self) -> int:
        return self.slurm.workers

    def each(self, function: Callable[[Item], Value], items: Iterable[Item]) -> list[Value]:
        return self.slurm.each(function, items)

    def builder(self, artifacts: Artifacts, fragments: list[Path]) -> Builder:
        return JobBuilder(self.slurm, artifacts, fragments, self.folder, self.build_options)

    def bench(self, artifacts: Artifacts, suite: Suite, clock: str, again: bool = False) -> Bench:
        """Of instructions: real time never mixes machines."""
        return JobBench(self.slurm, artifacts, suite, again, self.folder, self.boot_options)
