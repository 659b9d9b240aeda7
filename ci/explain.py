# SPDX-License-Identifier: GPL-2.0-only
"""./phyr explain: by function, where the difference of a row's two sides is, of any two kernels."""

import json
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ci import bench, compare, flame, paths, vm
from ci.artifacts import Artifacts
from ci.comparison.builder import Builder, Built
from ci.comparison.sides import OWN, Side
from ci.error import CiError
from ci.memory import COUNTERS, SLOWER, MemoryClock, MemoryClockError, Sample
from ci.progress import say
from ci.write import whole

PROGRAM = "[program]"          # what is no kernel function
TEXT = "tTwW"                  # types of symbols in System.map
L1 = COUNTERS.index("l1_misses")
LLC = COUNTERS.index("llc_misses")


class ExplainError(CiError):
    pass


def functions(system_map: str) -> list[tuple[int, str]]:
    """(address, name) in ascending order, one for each address; of the kernel's half of addresses."""
    found: dict[int, str] = {}
    for line in system_map.splitlines():
        address, kind, name = line.split()[:3]
        # A function's own name comes before those of its places.
        if kind in TEXT and int(address, 16) >= 1 << 63 and not name.startswith((".L", "__pfx_")):
            found.setdefault(int(address, 16), name)
    return sorted(found.items())


def write_functions(system_map: Path, target: Path) -> list[str]:
    """The plugin's list of a kernel's; their names, in its order."""
    known = functions(system_map.read_text())
    if not known:
        raise ExplainError(f"{system_map}: names no function of the kernel")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join(f"{address:x} {name}\n" for address, name in known))
    return [name for _address, name in known]


@dataclass
class Function:
    own: tuple[int, ...] = (0,) * len(COUNTERS)
    inclusive: int = 0             # instructions, with what it calls


@dataclass
class Column:
    """A row on one side: the sample in the middle, by function and as a tree."""
    name: str
    instructions: int = 0
    functions: dict[str, Function] = field(default_factory=dict)
    tree: flame.Frame = field(default_factory=lambda: flame.Frame("all"))


def middle(samples: Sequence[Sample]) -> Sample:
    median = statistics.median_low(sample.figures["instructions"] for sample in samples)
    return next(sample for sample in samples if sample.figures["instructions"] == median)


def column(name: str, samples: Sequence[Sample], names: Sequence[str]) -> Column:
    """names: of the kernel's functions, by their numbers; the number after the last is the program."""
    sample = middle(samples)
    found = Column(name, sample.figures["instructions"])
    frames = {0: found.tree}
    paths_of: dict[int, tuple[str, ...]] = {0: ()}
    inclusive: Counter[str] = Counter()
    # A node stands behind its parent.
    for number, node in sorted(sample.nodes.items()):
        called = names[node.function] if node.function < len(names) else PROGRAM
        frames[number] = frames[node.parent].callee(called)
        frames[number].own += node.counts[0]
        paths_of[number] = (*paths_of[node.parent], called)
        own = found.functions.setdefault(called, Function())
        own.own = tuple(map(sum, zip(own.own, node.counts, strict=True)))
        # One that calls itself counts once.
        for caller in set(paths_of[number]):
            inclusive[caller] += node.counts[0]
    for called, number in inclusive.items():
        found.functions[called].inclusive = number
    if found.tree.total() != found.instructions:
        raise MemoryClockError(f"{name}: functions have {found.tree.total():,} instructions, the sample has "
                               f"{found.instructions:,}")
    return found


def table(left: Column, right: Column, most: int = 40) -> str:
    """Functions by how much they differ."""
    none = Function()
    pairs = {name: (left.functions.get(name, none), right.functions.get(name, none))
             for name in left.functions.keys() | right.functions.keys()}
    ranked = sorted(pairs, key=lambda name: (-abs(pairs[name][0].own[0] - pairs[name][1].own[0]),
                                             -max(one.inclusive for one in pairs[name]), name))
    shown = ranked[:most]
    cells = [("", "instructions", "", "", "with callees", "", "L1 misses", "", "LLC misses", ""),
             ("", left.name, right.name, "change", *(left.name, right.name) * 3)]

    def line(name: str, a: Function, b: Function) -> tuple[str, ...]:
        figures = (a.own[0], b.own[0], b.own[0] - a.own[0], a.inclusive, b.inclusive, a.own[L1], b.own[L1],
                   a.own[LLC], b.own[LLC])
        return (name, *(f"{value:+,}" if place == 2 else f"{value:,}" for place, value in enumerate(figures)))

    cells += [line(name, *pairs[name]) for name in shown]
    if rest := ranked[most:]:
        sums = [Function(tuple(map(sum, zip(*(pairs[name][place].own for name in rest))))) for place in (0, 1)]
        cells.append(line(f"{len(rest)} more", *sums))
    totals = [Function(tuple(map(sum, zip(*(each.own for each in one.functions.values())))), one.instructions)
              for one in (left, right)]
    cells.append(line("all", *totals))
    widths = [max(map(len, column)) for column in zip(*cells)]
    return "\n".join("  ".join(cell.rjust(width) if place else cell.ljust(width)
                               for place, (cell, width) in enumerate(zip(each, widths))).rstrip() for each in cells)


@dataclass(frozen=True)
class Wanted:
    """A column: a workload in a kernel."""
    label: str
    side: Side
    workload: str


def known_rows(plan: dict) -> dict[str, dict[str, str]]:
    """Row -> tree or form -> workload. A workload that is not its row's name is a row, too, for any kernel."""
    known: dict[str, dict[str, str]] = {}
    for tree in OWN:
        for features in bench.MACHINES:
            for name, body in bench.requests(plan, tree, features).items():
                prefix = next(run for run in plan["runs"] if run["name"] == name).get("prefix", "")
                for wanted in body["workloads"]:
                    workload = prefix + wanted["workload"]
                    form = (compare.split_representation(workload) or (tree,))[0]
                    known.setdefault(compare.row_name(workload), {})[form] = workload
                    known.setdefault(workload, {})[tree] = workload
    return known


def label(side: Side, other: Side) -> str:
    """A short one, which says which of both it is."""
    names = [Path(one.text).name if one.kind in ("tree", "image") else one.text for one in (side, other)]
    return names[0] if names[0] != names[1] or side.text == other.text else side.role


def sides_of(row: str, plan: dict, asked: Sequence[Side] = ()) -> list[Wanted]:
    """The columns of a row, or what is wrong with the question. asked: base and head, else stock and phyr."""
    known = known_rows(plan)
    if row not in known:
        near = [name for name in known if name.startswith(row.rpartition("/")[0])][:6]
        raise ExplainError(f"{row}: no such row" + (f"; near it are {', '.join(near)}" if near else
                                                    "; ./phyr bench names them"))
    forms = known[row]
    if not set(forms) <= set(OWN):
        if asked:
            raise ExplainError(f"{row}: its sides are {' and '.join(forms)}, both in the phyr kernel; "
                               "leave out BASE and HEAD, or name one of "
                               f"{', '.join(forms.values())}")
        phyr = Side("head", "phyr", "own")
        return [Wanted(form, phyr, workload) for form, workload in forms.items()]
    base, head = asked or (Side(role, text, "own") for role, text in zip(("base", "head"), OWN))
    for side in (base, head):
        if side.kind == "own" and side.text not in forms:
            raise ExplainError(f"{row}: is not measured in the {side.text} kernel")
    both = [Wanted(label(base, head), base, row), Wanted(label(head, base), head, row)]
    # The same twice shows what a kernel does, without any difference.
    return both[:1] if base.text == head.text else both


def symbols_of(built: Built) -> Path:
    """Where its functions are: of an image beside it, or where kbuild has left it."""
    if built.symbols:
        return built.symbols
    places = [built.image.with_name("System.map")]
    if built.image.match("arch/*/boot/*"):
        places.append(built.image.parents[3] / "System.map")
    if found := next((place for place in places if place.exists()), None):
        return found
    raise ExplainError(f"{built.side}: its functions are not known; put its System.map beside {built.image}")


def follow(artifacts: Artifacts, name: str, built: Built, workloads: list[str], plan: dict,
           clock: MemoryClock) -> None:
    """Boots it once for each machine that the workloads need; what they call is in clock.found[name]."""
    for features in bench.MACHINES:
        bodies = bench.requests(plan, None, features, workloads)
        if not bodies:
            continue
        say(f"following {', '.join(workloads)} in {built.side}")
        folder = paths.VM / "-".join(["explain", name, *sorted(features)])
        machine = clock.watch(bench.machine_for(built.image, artifacts.guest, "icount", features), name)
        files = bench.files_of(bodies)
        outcome = vm.run(machine, bench.JOB, folder, bench.DEADLINE * SLOWER, files=files)
        if outcome.status:
            raise ExplainError(f"{built.side}: the measuring job failed with {outcome.status}; see "
                               f"{folder}/console.log")
        results = [result for file in files for result in bench.read(outcome, plan, file)[0]]
        clock.read(name, folder, bodies.values(), results)


def explained(artifacts: Artifacts, row: str, wanted: Sequence[Wanted], builts: dict[Side, Built],
              plan: dict) -> list[Column]:
    kernels = {side: f"kernel-{number}" for number, side in enumerate(builts)}
    lists, names = {}, {}
    for side, name in kernels.items():
        lists[name] = paths.BUILD / "memory" / f"functions-{name}"
        names[name] = write_functions(symbols_of(builts[side]), lists[name])
    clock = MemoryClock(lists)
    for side, name in kernels.items():
        follow(artifacts, name, builts[side], [one.workload for one in wanted if one.side == side], plan, clock)
    found = []
    for one in wanted:
        name = kernels[one.side]
        samples = clock.found.get(name, {}).get(one.workload)
        if not samples:
            raise ExplainError(f"{row}: {one.label} has no sections that could be followed: it failed there, or its "
                               "code has no marks (docs/measuring.md)")
        found.append(column(one.label, samples, names[name]))
    return found


def report(row: str, found: Sequence[Column], output: Path) -> str:
    """The table; the flame graph goes into output."""
    left, right = found[0], found[-1]
    whole(output, flame.svg({one.name: one.tree for one in found}, f"{row}: instructions, by who calls whom"))
    return (f"{row}: {left.name} {left.instructions:,}, {right.name} {right.instructions:,} instructions\n\n"
            f"{table(left, right)}")


def run(artifacts: Artifacts, row: str, asked: Sequence[Side], output: Path, fragments: Sequence[Path] = (),
        plan: dict | None = None) -> int:
    plan = plan or json.loads(bench.WORKLOADS.read_text())
    wanted = sides_of(row, plan, asked)
    builder = Builder(artifacts, list(fragments))
    builts = {side: builder.build(side) for side in dict.fromkeys(one.side for one in wanted)}
    print(report(row, explained(artifacts, row, wanted, builts, plan), output))
    say(f"flame graph in {output}")
    return 0
