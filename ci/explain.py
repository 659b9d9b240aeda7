# SPDX-License-Identifier: GPL-2.0-only
"""./phyr explain: by function, where the difference of a row's two sides is."""

import json
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ci import bench, compare, flame, kernel, paths
from ci.artifacts import Artifacts
from ci.error import CiError
from ci.memory import COUNTERS, MemoryClock, MemoryClockError, Sample
from ci.progress import say
from ci.write import whole

PROGRAM = "[program]"          # what is no kernel function
KERNELS = {which.tree: which for which in bench.KERNELS}
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


def write_functions(which: kernel.Kernel, target: Path) -> list[str]:
    """The plugin's list of a kernel that is built; their names, in its order."""
    known = functions((which.objects / "System.map").read_text())
    if not known:
        raise ExplainError(f"{which.objects / 'System.map'}: names no function of the kernel")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join(f"{address:x} {name}\n" for address, name in known))
    return [name for _address, name in known]


@dataclass
class Function:
    own: tuple[int, ...] = (0,) * len(COUNTERS)
    inclusive: int = 0             # instructions, with what it calls


@dataclass
class Side:
    """A row on one side: the sample in the middle, by function and as a tree."""
    name: str
    instructions: int = 0
    functions: dict[str, Function] = field(default_factory=dict)
    tree: flame.Frame = field(default_factory=lambda: flame.Frame("all"))


def middle(samples: Sequence[Sample]) -> Sample:
    median = statistics.median_low(sample.figures["instructions"] for sample in samples)
    return next(sample for sample in samples if sample.figures["instructions"] == median)


def side(name: str, samples: Sequence[Sample], names: Sequence[str]) -> Side:
    """names: of the kernel's functions, by their numbers; the number after the last is the program."""
    sample = middle(samples)
    found = Side(name, sample.figures["instructions"])
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


def table(left: Side, right: Side, most: int = 40) -> str:
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


def sides_of(row: str, plan: dict, asked: Sequence[str] = ()) -> tuple[dict[str, tuple[str, str]], list[kernel.Kernel]]:
    """(label -> (tree, workload), kernels to boot) of a row; or what is wrong with the question

    asked: base and head, else stock and phyr.
    """
    base, head = asked or KERNELS
    for name in (base, head):
        if name not in KERNELS:
            raise ExplainError(f"{name}: is neither of {', '.join(KERNELS)}")
    known = {}
    for tree in KERNELS:
        for features in bench.MACHINES:
            for name, body in bench.requests(plan, tree, features).items():
                prefix = next(run for run in plan["runs"] if run["name"] == name).get("prefix", "")
                for wanted in body["workloads"]:
                    workload = prefix + wanted["workload"]
                    form = (compare.split_representation(workload) or (tree,))[0]
                    known.setdefault(compare.row_name(workload), {})[form] = tree, workload
    if row not in known:
        near = [name for name in known if name.startswith(row.rpartition("/")[0])][:6]
        raise ExplainError(f"{row}: no such row" + (f"; near it are {', '.join(near)}" if near else
                                                    "; ./phyr bench names them"))
    forms = known[row]
    if set(forms) <= set(KERNELS):
        if missing := [name for name in (base, head) if name not in forms]:
            raise ExplainError(f"{row}: is not measured in the {missing[0]} kernel")
        # The same twice shows what a kernel does, without any difference.
        return {name: forms[name] for name in (base, head)}, [KERNELS[name] for name in dict.fromkeys((base, head))]
    if asked:
        raise ExplainError(f"{row}: its sides are {' and '.join(forms)}, both in the phyr kernel; "
                           "leave out BASE and HEAD")
    return forms, [KERNELS[tree] for tree in dict.fromkeys(tree for tree, _workload in forms.values())]


def run(artifacts: Artifacts, row: str, asked: Sequence[str], output: Path) -> int:
    plan = json.loads(bench.WORKLOADS.read_text())
    labels, kernels = sides_of(row, plan, asked)
    lists, names = {}, {}
    for which in kernels:
        artifacts.kernel(which)
        lists[which.tree] = paths.BUILD / "memory" / f"functions-{which.tree}"
        names[which.tree] = write_functions(which, lists[which.tree])
    clock = MemoryClock(lists)
    bench.measure_all(artifacts, "icount", plan, [row], "explain", kernels, clock)
    found = []
    for label, (tree, workload) in labels.items():
        samples = clock.found[tree].get(workload)
        if not samples:
            raise ExplainError(f"{row}: {label} has no sections that could be followed: it failed there, or its code "
                               "has no marks (docs/measuring.md)")
        found.append(side(label, samples, names[tree]))
    left, right = found[0], found[-1]
    print(f"{row}: {left.name} {left.instructions:,}, {right.name} {right.instructions:,} instructions\n")
    print(table(left, right))
    whole(output, flame.svg({one.name: one.tree for one in found}, f"{row}: instructions, by who calls whom"))
    say(f"flame graph in {output}")
    return 0
