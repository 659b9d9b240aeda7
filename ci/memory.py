# SPDX-License-Identifier: GPL-2.0-only
"""The memory clock: a plugin of QEMU (bench/memory) that models caches; what it has written, joined with the rows.

A row's samples are found by its name, which the guest says before it measures, and must be as many, and take as many
instructions, as the row says: what does not fit is an error, never another row's figure.
"""

import hashlib
import json
import statistics
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from ci import kernel, paths, vm, write
from ci.error import CiError

SOURCES = paths.ROOT / "bench" / "memory"
MODEL = SOURCES / "model.json"
PLUGIN = paths.BUILD / "memory" / "plugin.so"
FIRST_LINE = "phyr-memory-clock 1"
COUNTERS = ("instructions", "loads", "stores", "locked", "l1_misses", "l2_misses", "llc_misses")
FIGURES = (*COUNTERS, "lines")
COMPILER = ("gcc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror")
QEMU = "qemu-system-x86_64"
SLOWER = 10          # times, at most: what deadlines are multiplied with
# What turning the counter's cycles into ns may do to a sample.
TOLERANCE = 0.0005
TOLERANCE_NS = 4


class MemoryClockError(CiError):
    pass


@dataclass(frozen=True)
class Model:
    line: int
    caches: dict[str, str]         # level -> SIZE:WAYS
    cycles: dict[str, float]

    def arguments(self) -> list[str]:
        return [f"line={self.line}", *(f"{level}={cache}" for level, cache in self.caches.items())]

    def estimate(self, figures: dict[str, float]) -> float:
        """Cycles. Misses neither overlap nor are foreseen, so that memory is overstated where code streams."""
        return (figures["instructions"] * self.cycles["instruction"]
                + (figures["l1_misses"] - figures["l2_misses"]) * self.cycles["l2"]
                + (figures["l2_misses"] - figures["llc_misses"]) * self.cycles["llc"]
                + figures["llc_misses"] * self.cycles["memory"]
                + figures["locked"] * self.cycles["locked"])

    def formula(self) -> str:
        cost = {name: f"{value:g}" for name, value in self.cycles.items()}
        return (f"cycles = {cost['instruction']} x instructions + {cost['l2']} x (L1 - L2 misses) + {cost['llc']} x "
                f"(L2 - LLC misses) + {cost['memory']} x LLC misses + {cost['locked']} x locked")


def load_model(path: Path = MODEL) -> Model:
    """bench/memory/model.json"""
    try:
        read = json.loads(path.read_text())
        caches = {level: f"{read['caches'][level]['bytes']}:{read['caches'][level]['ways']}"
                  for level in ("l1", "l2", "llc")}
        cycles = {name: float(read["cycles"][name]["cycles"])
                  for name in ("instruction", "l2", "llc", "memory", "locked")}
        return Model(read["line"]["bytes"], caches, cycles)
    except (ValueError, KeyError, TypeError) as error:
        raise MemoryClockError(f"{path.name}: not as bench/memory/model.json has been: {error!r}") from None


def compile_plugin(target: Path = PLUGIN, sources: Path = SOURCES) -> Path:
    """Anew if its sources, the command or the compiler are others."""
    command = [*COMPILER, "-fPIC", "-shared", "-fvisibility=hidden"]
    files = sorted(sources.glob("*.[ch]"))
    known = repr((command, kernel.compiler(), [(file.name, file.read_bytes()) for file in files]))
    key, stamp = hashlib.sha256(known.encode()).hexdigest(), target.with_suffix(".key")
    if target.exists() and stamp.exists() and stamp.read_text() == key:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    temporary = target.with_suffix(".tmp")
    made = subprocess.run([*command, "-o", temporary, *(file for file in files if file.suffix == ".c")],
                          capture_output=True, text=True)
    if made.returncode:
        raise MemoryClockError(f"the plugin in {sources} does not compile; mend this, or see whether gcc is that of "
                               f"ci/packages:\n{made.stderr.strip()[:1500]}")
    temporary.rename(target)
    write.whole(stamp, key)
    return target


def prove(plugin: Path, qemu: str = QEMU) -> None:
    """This QEMU loads the plugin, or an error says what to do."""
    cure = "Debian 12's qemu-system-x86 does"
    try:
        said = subprocess.run([qemu, "-help"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise MemoryClockError(f"{qemu} does not run: {error}; {cure}") from None
    if "\n-plugin " not in said:
        raise MemoryClockError(f"{qemu} was built without plugins (--enable-plugins); {cure} take them")
    tried = subprocess.run([qemu, "-machine", "none", "-accel", "tcg", "-display", "none", "-nodefaults",
                            "-monitor", "stdio",
                            *vm.plugin_option(str(plugin), "out=/dev/null", *load_model().arguments())],
                           input="quit\n", capture_output=True, text=True)
    if tried.returncode:
        raise MemoryClockError(f"{qemu} does not load the plugin, which speaks version 1 of its interface, as QEMU 7.2 "
                               f"does; {cure}: {tried.stderr.strip()[-300:]}")


@dataclass
class Node:
    parent: int
    function: int
    counts: tuple[int, ...]


@dataclass
class Sample:
    figures: dict[str, int]
    nodes: dict[int, Node] = field(default_factory=dict)


@dataclass
class Rounds:
    """Of one measurement: the rows that its sections belong to, and their samples, warm-up included."""
    names: dict[int, str] = field(default_factory=dict)
    samples: dict[int, list[Sample]] = field(default_factory=dict)


def parse(text: str, name: str) -> list[Rounds]:
    """What the plugin has written; name is how errors call it."""
    lines = text.splitlines()
    if not lines or lines[0] != FIRST_LINE:
        raise MemoryClockError(f"{name}: does not begin with '{FIRST_LINE}'")
    if lines[-1] != "end":
        raise MemoryClockError(f"{name}: has no end: QEMU was ended from outside, or the disk is full")
    found: list[Rounds] = []
    for number, line in enumerate(lines[1:-1], 2):
        word, *rest = line.split()
        try:
            if word == "error":
                raise MemoryClockError(f"{name}:{number}: nothing of this can be believed: {line[6:]}")
            if word == "row":
                if rest[0] == "0":
                    found.append(Rounds())
                found[-1].names[int(rest[0])] = rest[1]
            elif word == "rounds":
                found[-1].samples.clear()
            elif word == "sample":
                figures = dict(zip(FIGURES, map(int, rest[1:]), strict=True))
                found[-1].samples.setdefault(int(rest[0]), []).append(sample := Sample(figures))
            elif word == "node":
                sample.nodes[int(rest[0])] = Node(int(rest[1]), int(rest[2]), tuple(map(int, rest[3:])))
            elif word != "last":
                raise ValueError
        except (ValueError, IndexError, UnboundLocalError):
            raise MemoryClockError(f"{name}:{number}: '{line[:80]}' makes no sense here") from None
    return found


def verify(name: str, samples: list[Sample], stats: dict) -> None:
    """That they are the row's own: their instructions are the row's ns."""
    instructions = [sample.figures["instructions"] for sample in samples]
    for what, value in (("median", statistics.median(instructions)), ("min", min(instructions)),
                        ("max", max(instructions))):
        if abs(value - stats[what]) > TOLERANCE * stats[what] + TOLERANCE_NS:
            raise MemoryClockError(f"{name}: {what} of the row is {stats[what]:,.0f} instructions, of the memory "
                                   f"clock's samples {value:,.0f}: they are not the same samples")


def of_row(name: str, rounds: Rounds, result: dict, warmup: int) -> list[Sample] | None:
    """The row's samples; None where its code has no marks."""
    place = next(place for place, row in rounds.names.items() if row == name)
    samples = rounds.samples.get(place)
    if not samples:
        return None
    if len(samples) != warmup + result["stats"]["n"]:
        raise MemoryClockError(f"{name}: {warmup} rounds to warm up and {result['stats']['n']} samples, but the memory "
                               f"clock has seen {len(samples)}")
    samples = samples[warmup:]
    verify(name, samples, result["stats"])
    return samples


def join(found: Sequence[Rounds], bodies: Iterable[dict],
         results: Iterable[list[dict]]) -> dict[str, list[Sample] | None]:
    """Workload as in results -> its samples. bodies: the requests in their order; results: what came of each.

    A run asks for each workload once, and another may ask for the same of another device.
    """
    joined: dict[str, list[Sample] | None] = {}
    left = list(found)
    for body, rows in zip(bodies, results, strict=True):
        pending = {asked["workload"]: (asked, row) for asked, row in zip(body["workloads"], rows, strict=True)}
        while left and not pending.keys().isdisjoint(left[0].names.values()):
            rounds = left.pop(0)
            for name in rounds.names.values():
                asked, row = pending.pop(name, (None, None))
                if row and "stats" in row:
                    joined[row["workload"]] = of_row(name, rounds, row, asked.get("warmup", 0))
        for name, (_asked, row) in pending.items():
            if "stats" in row:
                raise MemoryClockError(f"{name}: was measured in run {body['name']}, but the memory clock has seen "
                                       "nothing of it")
    if left:
        raise MemoryClockError(f"the memory clock has seen {', '.join(left[0].names.values())}, which nobody asked for "
                               "then")
    return joined


class MemoryClock:
    """What bench takes it with, and what it has found: tree -> workload -> samples."""

    def __init__(self, functions: dict[str, Path] | None = None):
        """functions: tree -> the list of its kernel's, whose calls are to be followed"""
        self.model = load_model()
        self.plugin = compile_plugin()
        self.functions = functions or {}
        self.found: dict[str, dict[str, list[Sample] | None]] = {}
        prove(self.plugin)

    def watch(self, machine: vm.Machine, tree: str) -> vm.Machine:
        words = [str(self.plugin), *self.model.arguments()]
        if tree in self.functions:
            words.append(f"functions={self.functions[tree]}")
        return replace(machine, plugin=tuple(words), boot_seconds=SLOWER * machine.boot_seconds)

    def read(self, tree: str, folder: Path, bodies: Iterable[dict], results: list[dict]) -> None:
        """What came of a boot; results: of all bodies, one after the other."""
        bodies, rest = list(bodies), iter(results)
        path = folder / vm.MEMORY
        found = parse(path.read_text(), str(path))
        joined = join(found, bodies, [list(islice(rest, len(body["workloads"]))) for body in bodies])
        self.found.setdefault(tree, {}).update(joined)

    def figures(self) -> dict[str, dict[str, dict | None]]:
        return {tree: {workload: figures(samples, self.model) if samples else None
                       for workload, samples in workloads.items()} for tree, workloads in self.found.items()}


def figures(samples: list[Sample], model: Model) -> dict[str, float]:
    """Medians, and the estimate that follows from them."""
    found: dict[str, float] = {name: statistics.median(sample.figures[name] for sample in samples) for name in FIGURES}
    return found | {"cycles": round(model.estimate(found))}
