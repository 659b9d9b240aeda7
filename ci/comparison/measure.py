# SPDX-License-Identifier: GPL-2.0-only
"""Boots of a kernel, what a suite finds in each, and what is known of them already."""

import hashlib
import json
import re
import shlex
import statistics
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from ci import bench, initramfs, paths, vm
from ci.artifacts import Artifacts
from ci.comparison.builder import FOLDER, Built
from ci.comparison.suites import Suite
from ci.error import CiError
from ci.progress import note, say
from ci.write import whole

Item = TypeVar("Item")
Value = TypeVar("Value")
Each = Callable[[Callable[[Item], Value], Iterable[Item]], list[Value]]      # a function of each item, in order
PROGRAM_SECONDS = 60           # of the guest's time
# errno of a workload that the kernel has not got, such as a device, a system call or a file.
MISSING = ("ENODEV", "ENOENT", "ENOSYS", "ENOTSUP", "ENXIO", "EOPNOTSUPP", "EAFNOSUPPORT", "EPROTONOSUPPORT")
LAST_LINES = 8
NS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


class MeasureError(CiError):
    pass


class LostError(vm.VmError):
    """A VM of one of the sides did not come to its end."""


@dataclass(frozen=True)
class Boot:
    """What one boot found."""
    release: str
    memory: dict[str, int]                  # of /proc/meminfo at the start, in KiB
    results: list[dict]                     # of phyrd, under the names of their rows
    missing: dict[str, str]                 # family -> why the kernel cannot measure it
    programs: dict[str, int]                # name -> exit status
    # Backing -> KiB more of each while an MR of it is registered; None where it could not be.
    held: dict[str, dict[str, int] | None] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)       # such as WARNING, as the console has them


def job(programs: tuple[dict, ...], backings: tuple[str, ...] = ()) -> str:
    """What is measured comes first, then what may disturb it. backings: of MRs for which memory is held."""
    lines = ["cat /proc/meminfo >/results/meminfo", "uname -r >/results/release", bench.JOB,
             "curl -sSf $api/workloads -o /results/workloads.json || exit 1"]
    if backings:
        lines.append(f"timeout {PROGRAM_SECONDS} phyr_held rxe0 {shlex.join(backings)} >/results/held "
                     "2>/results/held.log")
    for program in programs:
        lines += [f"timeout {PROGRAM_SECONDS} sh -c {shlex.quote(program['command'])} "
                  f">/results/{program['name']}.log 2>&1",
                  f"echo $? >/results/{program['name']}.exit"]
    return "\n".join([*lines, "exit 0", ""])


def meminfo(text: str) -> dict[str, int]:
    found = dict(re.findall(r"^(\w+): +(\d+) kB$", text, re.M))
    return {name: int(found[name]) for name in ("MemTotal", "MemFree", "Slab") if name in found}


def held_in(text: str, backings: tuple[str, ...]) -> dict[str, dict[str, int] | None]:
    """What phyr_held has said; free memory becomes what is in use."""
    said = {}
    # Behind the last end of a line is what it could not say any more.
    for line in text.split("\n")[:-1]:
        name, _colon, rest = line.partition(": ")
        words = rest.split()
        figures = {what: int(kib) for what, kib in zip(words[::2], words[1::2])}
        said[name] = {"slab": figures["Slab"], "vmalloc": figures["VmallocUsed"], "all": -figures["MemFree"]}
    return {name: said.get(name) for name in backings}


def deviating(results: list[dict], export: dict) -> list[dict]:
    """results, with the standard deviation of their samples, which the export has all of.

    What is the same for all repetitions is in the first one only.
    """
    samples: dict[str, list[float]] = {}
    units: dict[str, float] = {}
    for row in export["benchmarks"]:
        if row["run_type"] == "iteration" and "real_time" in row:
            if "time_unit" in row:
                units[row["name"]] = NS[row["time_unit"]]
            samples.setdefault(row["name"], []).append(row["real_time"] * units[row["name"]])
    return [result | {"stats": result["stats"] | {"stddev": statistics.stdev(found)}}
            if "stats" in result and len(found := samples.get(result["workload"], [])) > 1 else result
            for result in results]


def qemu_version() -> str:
    said = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"version (\S+)", said)[1]


def processor(listing: Path = Path("/proc/cpuinfo")) -> str:
    """The host's, by which real time goes."""
    found = re.search(r"^model name\s*: (.*)$", listing.read_text(), re.M)
    return found[1] if found else ""


def explained(error: vm.VmError, built: Built, folder: Path) -> LostError:
    console = folder / "console.log"
    lines = [line for line in vm.read(console).splitlines() if line.strip()] if console.exists() else []
    return LostError(f"{built.side}: {error}\nThe console, {console}, ends:\n" + "\n".join(lines[-LAST_LINES:]))


class Bench:
    """Takes boots. What a boot found is kept by all that it depends on, so that none is taken twice."""

    def __init__(self, artifacts: Artifacts, suite: Suite, clock: str, again: bool = False, folder: Path = FOLDER):
        """again: what is known is measured anew, too."""
        self.suite, self.clock, self.again = suite, clock, again
        self.folder = folder / "results"
        self.initramfs = artifacts.guest
        self.qemu, self.guest = qemu_version(), initramfs.digest(self.initramfs)
        # What else a time depends on: the host, and the kernels that are measured in turns.
        self.beside: list[str] = []
        self.name = "compare"                # what the folders of its VMs begin with

    def place(self, built: Built, features: frozenset[str]) -> Path:
        return paths.VM / "-".join([self.name, built.side.role, *sorted(features)])

    def machine(self, built: Built, features: frozenset[str]) -> vm.Machine:
        return bench.machine_for(built.image, self.initramfs, self.clock, features)

    def features(self) -> list[frozenset[str]]:
        """The machines that the suite needs, a boot each."""
        return [features for features in bench.MACHINES if self.bodies(features)]

    def bodies(self, features: frozenset[str]) -> dict[str, dict]:
        return bench.requests(self.suite.plan, None, features, self.suite.rows)

    def key(self, built: Built, features: frozenset[str], number: int) -> str:
        machine = replace(self.machine(built, features), kernel=Path("kernel"), initramfs=Path("initramfs"))
        prefixes = {run["name"]: run.get("prefix", "") for run in self.suite.plan["runs"]}
        bodies = {name: (prefixes[name], body) for name, body in self.bodies(features).items()}
        known = [built.digest, self.guest, self.qemu, self.clock, self.beside, machine.arguments(Path("folder"), False),
                 bodies, job(self.programs(features), self.backings(features)), number,
                 sorted(Boot.__dataclass_fields__)]
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()

    def programs(self, features: frozenset[str]) -> tuple[dict, ...]:
        return self.suite.programs if features == bench.PLAIN else ()

    def backings(self, features: frozenset[str]) -> tuple[str, ...]:
        return self.suite.held if features == bench.PLAIN else ()

    def take(self, built: Built, features: frozenset[str]) -> Boot:
        folder = self.place(built, features)
        say(f"measuring in {built.side}, clock {self.clock}" + "".join(f", {name}" for name in sorted(features)))
        files = bench.files_of(self.bodies(features))
        try:
            outcome = vm.run(self.machine(built, features), job(self.programs(features), self.backings(features)),
                             folder, bench.DEADLINE, files=files)
        except vm.VmError as error:
            raise explained(error, built, folder) from None
        if outcome.status:
            raise MeasureError(f"{built.side}: the measuring job failed with {outcome.status}; "
                               f"see {folder}/console.log and {folder}/results")
        if outcome.splats:
            note(f"{built.side} complained: {outcome.splats[0].text}")
        if why := bench.excess(outcome, self.clock):
            raise MeasureError(f"{built.side}: {why}")
        results = [result for file in files for result in deviating(*bench.read(outcome, self.suite.plan, file))]
        boot = self.boot(outcome.results, results, self.programs(features), self.backings(features))
        return replace(boot, complaints=list(dict.fromkeys(splat.text for splat in outcome.splats)))

    @staticmethod
    def boot(results: Path, found: list[dict], programs: tuple[dict, ...], backings: tuple[str, ...] = ()) -> Boot:
        workloads = json.loads((results / "workloads.json").read_text())["workloads"]
        statuses = {program["name"]: int((results / f"{program['name']}.exit").read_text()) for program in programs}
        return Boot((results / "release").read_text().strip(), meminfo((results / "meminfo").read_text()), found,
                    {one["family"]: one["reason"] for one in workloads if not one["available"]}, statuses,
                    held_in((results / "held").read_text(), backings) if backings else {})

    def known(self, built: Built, features: frozenset[str], number: int = 0) -> Boot | None:
        file = self.folder / f"{self.key(built, features, number)}.json"
        if not file.exists():
            return None
        file.touch()                         # see ci/comparison/prune.py
        return Boot(**json.loads(file.read_text()))

    def measured(self, built: Built, features: frozenset[str], number: int = 0,
                 anew: bool = False) -> Boot:
        if not (self.again or anew) and (found := self.known(built, features, number)):
            say(f"{built.side} has been measured before" + "".join(f", {name}" for name in sorted(features)))
            return found
        boot = self.take(built, features)
        whole(self.folder / f"{self.key(built, features, number)}.json", json.dumps(boot.__dict__) + "\n")
        return boot


def merged(boots: list[Boot]) -> Boot:
    """Boots of the several machines of one kernel as one."""
    first = boots[0]
    return Boot(first.release, first.memory, [result for boot in boots for result in boot.results],
                {family: why for boot in boots for family, why in boot.missing.items()},
                {name: status for boot in boots for name, status in boot.programs.items()},
                {name: held for boot in boots for name, held in boot.held.items()},
                list(dict.fromkeys(text for boot in boots for text in boot.complaints)))


def in_turn(function: Callable[[Item], Value], items: Iterable[Item]) -> list[Value]:
    return [function(item) for item in items]


def all_boots(take: Bench, sides: list[Built], rounds: int, each: Each = in_turn) -> list[list[Boot]]:
    """Of each side as many boots as rounds, taken in turns, so that what drifts meets both. each: does them."""
    found: list[list[Boot]] = [[] for _ in sides]
    # Or A/A would compare a boot with itself.
    same = len({built.digest for built in sides}) < len(sides)
    real = take.clock != "icount"
    if real:
        take.beside = [processor(), *(built.digest for built in sides)]
    for number in range(rounds):
        serials = [2 * number + position if same else number for position in range(len(sides))]
        # Of another day one side alone would bring that day's drift.
        anew = real and not all(take.known(built, features, serial) for built, serial in zip(sides, serials)
                                for features in take.features())
        wanted = [(place, built, features, serial) for place, (built, serial) in enumerate(zip(sides, serials))
                  for features in take.features()]
        taken = each(lambda one: take.measured(*one[1:], anew), wanted)
        for place, boots in enumerate(found):
            boots.append(merged([boot for one, boot in zip(wanted, taken) if one[0] == place]))
    return found
