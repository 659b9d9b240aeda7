# SPDX-License-Identifier: GPL-2.0-only
"""./phyr bench: the same workloads in both kernels, side by side."""

import itertools
import json
import re
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from ci import compare, kernel, limits, memory, memory_table, paths, vm
from ci.error import CiError
from ci.artifacts import Artifacts
from ci.progress import note, say
from ci.write import whole

WORKLOADS = paths.ROOT / "bench" / "workloads.json"
LIMITS = paths.ROOT / "bench" / "limits.json"
PORT = 7471
KERNELS = (kernel.STOCK, kernel.PHYR)
# Members of vm.Machine which a run of the plan may ask for, in all combinations; a boot for each that some run has.
FEATURES = ("iommu", "storage")
MACHINES = tuple(frozenset(name for name, there in zip(FEATURES, choice) if there)
                 for choice in itertools.product((False, True), repeat=len(FEATURES)))
PLAIN = MACHINES[0]
OVERHEAD_LIMIT = 200   # instructions that measuring may add to a sample
DEADLINE = 1800  # seconds for all runs of one boot; of the guest's time, which jumps while it rests, for each run
BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")

JOB = f"""
api=http://127.0.0.1:{PORT}/api/v1
phyrd --listen 127.0.0.1:{PORT} >/results/phyrd.log 2>&1 &
for attempt in $(seq 100); do
	curl -sf $api/system -o /results/system.json && break
	sleep 0.1
done
for request in /results/requests/*.json; do
	[ -e "$request" ] || break
	name=${{request##*/}}
	created=$(curl -sS -D - -o /results/$name.created -H 'Content-Type: application/json' \\
		--data-binary @$request $api/runs | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')
	[ "$created" ] || {{ cat /results/$name.created; exit 1; }}
	curl -sSf "$api/runs/${{created##*/}}?wait={DEADLINE}" -o /results/$name || exit 1
	measured="$measured ${{created##*/}}=$name"
done
# What the daemon does for an export must not show in a measurement.
for run in $measured; do
	curl -sSf "$api/export?run=${{run%%=*}}" -o /results/${{run#*=}}.export || exit 1
done
"""


class BenchError(CiError):
    pass


def expand(pattern: str) -> list[str]:
    """a/{b,c} -> a/b, a/c"""
    parts = BRACES.split(pattern)
    choices = [part.split(",") if index % 2 else [part] for index, part in enumerate(parts)]
    return ["".join(pick) for pick in itertools.product(*choices)]


def wanted(workload: str, rows: Sequence[str]) -> bool:
    """Whether it is in a row that one of the patterns names; all are when there are none."""
    names = (compare.row_name(workload), workload)
    return not rows or any(fnmatchcase(name, pattern) for pattern in rows for name in names)


def requests(plan: dict, tree: str | None, machine: frozenset[str] = PLAIN,
             rows: Sequence[str] = ()) -> dict[str, dict]:
    """Run name -> the body of POST /api/v1/runs, for one kernel and machine; for any kernel where tree is None.

    phyrd shares memory between neighbours.
    """
    bodies = {}
    for run in plan["runs"]:
        if tree and tree not in run.get("kernels", (tree,)) or {name for name in FEATURES if run.get(name)} != machine:
            continue
        names = [
            name.replace("{backing}", backing)
            for backing in run["backings"] for pattern in run["workloads"] for name in expand(pattern)
        ]
        names = [name for name in names if wanted(run.get("prefix", "") + name, rows)]
        if not names:
            continue
        common = {key: run[key] for key in ("samples", "warmup", "device") if key in run}
        bodies[run["name"]] = {"name": run["name"], "workloads": [{"workload": name} | common for name in names]}
    return bodies


def prefixed(plan: dict, run: str, rows: list[dict], *members: str) -> list[dict]:
    """rows of this run of the plan, in whose members the names get what the plan puts in front of them."""
    prefix = next(entry for entry in plan["runs"] if entry["name"] == run).get("prefix", "")
    return [row | {member: prefix + row[member] for member in members if member in row} for row in rows]


def merged(exports: list[dict], **context: str) -> dict:
    """Google Benchmark documents of one kernel as one. context: what we know better of it than the first one does."""
    rows: list[dict] = []
    for export in exports:
        # Each document numbers its families from zero.
        known = 1 + max((row["family_index"] for row in rows if "family_index" in row), default=-1)
        rows += [row | ({"family_index": known + row["family_index"]} if "family_index" in row else {})
                 for row in export["benchmarks"]]
    return {"context": exports[0]["context"] | context, "benchmarks": rows}


def read(outcome: vm.Outcome, plan: dict, file: str) -> tuple[list[dict], dict]:
    """(results, export) of the run that was asked for in file, under the names that their rows get

    It has failed if all its workloads have.
    """
    name = Path(file).name
    run = json.loads((outcome.results / name).read_text())
    if run["state"] not in ("done", "failed"):
        raise BenchError(f"run {run['name']} ended as {run['state']}")
    export = json.loads((outcome.results / f"{name}.export").read_text())
    export["benchmarks"] = prefixed(plan, run["name"], export["benchmarks"], "name", "run_name")
    return prefixed(plan, run["name"], run["results"], "workload"), export


def machine_for(image: Path, initramfs: Path, clock: str, features: frozenset[str]) -> vm.Machine:
    """What is measured in."""
    counts = clock == "icount"
    return vm.Machine(image, initramfs, "tcg" if counts else "kvm", icount=counts, cpus=1, sealed=True,
                      command_line="phyr_test.settle=1" if counts else "", **dict.fromkeys(features, True))


def files_of(bodies: dict[str, dict]) -> dict[str, str]:
    """The requests in their order, as JOB finds them: name below /results -> text."""
    return {f"requests/{index:02}-{name}.json": json.dumps(body) for index, (name, body) in enumerate(bodies.items())}


def excess(outcome: vm.Outcome, clock: str) -> str:
    """What is wrong with a clock whose own calls take too long; empty where nothing is."""
    system = json.loads((outcome.results / "system.json").read_text())
    if clock != "icount" or system["clock"]["overhead_ns"] <= OVERHEAD_LIMIT:
        return ""
    return (f"a sample of nothing takes {system['clock']['overhead_ns']} instructions, but {OVERHEAD_LIMIT} are "
            "allowed")


def measure(machine: vm.Machine, which: kernel.Kernel, plan: dict, bodies: dict[str, dict],
            folder: Path) -> tuple[list[dict], list[dict]]:
    """(results of all runs, the same as Google Benchmark documents, one a run)"""
    clock = machine.clock
    say(f"measuring in the {which.name} kernel, clock {clock}{', behind an IOMMU' if machine.iommu else ''}"
        f"{', with drives' if machine.storage else ''}")
    files = files_of(bodies)
    outcome = vm.run(machine, JOB, folder, DEADLINE * (memory.SLOWER if machine.plugin else 1), files=files)
    # What stock complains of is part of the comparison.
    if outcome.splats and which.tree != "stock":
        raise BenchError(f"{which.name}: the kernel complained: {outcome.splats[0]}")
    if outcome.splats:
        note(f"the {which.name} kernel complained: {outcome.splats[0].text}")
    if outcome.status:
        raise BenchError(f"{which.name}: the measuring job failed with {outcome.status}; see {folder}/console.log")
    if why := excess(outcome, clock):
        raise BenchError(f"{which.name}: {why}")
    # A run that has failed as a whole loses its own rows, and no others.
    runs = [read(outcome, plan, file) for file in files]
    results = [result for found, _export in runs for result in found]
    say(f"measured {len(results)} workloads in {outcome.seconds:.0f} s")
    return results, [export for _found, export in runs]


def write(path: Path, document: dict) -> None:
    whole(path, json.dumps(document, indent=1) + "\n")


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())


def figures_only(export: dict, inexact: list[dict]) -> dict:
    """The document without the rows that are no figures."""
    rows = [row for row in export["benchmarks"]
            if compare.has_figure(compare.row_name(row.get("run_name", row["name"])), inexact)]
    return export | {"benchmarks": rows}


def measure_all(artifacts: Artifacts, clock: str, plan: dict, patterns: Sequence[str], folder: str = "bench",
                kernels: Sequence[kernel.Kernel] = KERNELS,
                memory_clock: memory.MemoryClock | None = None) -> dict[str, tuple[list[dict], list[dict]]]:
    """Tree -> what measure() returns, of all machines that the plan has for its kernel together."""
    found: dict[str, tuple[list[dict], list[dict]]] = {}
    for which in kernels:
        found[which.tree] = [], []
        for features in MACHINES:
            if bodies := requests(plan, which.tree, features, patterns):
                name = "-".join([folder, which.tree, *sorted(features)])
                machine = machine_for(artifacts.kernel(which), artifacts.guest, clock, features)
                if memory_clock:
                    machine = memory_clock.watch(machine, which.tree)
                results, documents = measure(machine, which, plan, bodies, paths.VM / name)
                if memory_clock:
                    memory_clock.read(which.tree, paths.VM / name, bodies.values(), results)
                found[which.tree][0].extend(results)
                found[which.tree][1].extend(documents)
    return found


def need_kvm(artifacts: Artifacts) -> None:
    if artifacts.accelerator != "kvm":
        raise BenchError("clock kvm: KVM does not run the kernel on this machine; see build/vm/accelerator.json")


def save(tree: str, documents: list[dict], plan: dict) -> None:
    """What ./phyr serve loads. The guest has no name, and a clock that begins anew with each boot."""
    document = merged([figures_only(one, plan["inexact"]) for one in documents],
                      kernel=f"{tree}-perf", host_name="guest", date=now())
    write(paths.RESULTS / f"{tree}.json", document)


def run(artifacts: Artifacts, output: Path, clock: str, patterns: Sequence[str] = (), with_memory: bool = False) -> int:
    """patterns: of the rows to measure; all when there are none. with_memory: and by the memory clock."""
    plan = json.loads(WORKLOADS.read_text())
    if patterns and not any(requests(plan, "phyr", features, patterns) for features in MACHINES):
        raise BenchError(f"no row is named {' or '.join(patterns)}")
    artifacts.prove_config()
    if clock == "kvm":
        need_kvm(artifacts)
    memory_clock = memory.MemoryClock() if with_memory else None
    found = measure_all(artifacts, clock, plan, patterns, memory_clock=memory_clock)
    releases = {tree: documents[0]["context"]["kernel"] for tree, (_results, documents) in found.items() if documents}
    for tree, (_results, documents) in found.items():
        if not patterns:
            save(tree, documents, plan)

    rows = compare.rows(found["stock"][0], found["phyr"][0], plan["inexact"])
    if memory_clock:
        memory_table.add(rows, memory_clock.figures())
    write(output, compare.document(rows, clock, releases, now()))
    print(compare.table(rows, clock))
    print(compare.spreads(rows))
    if memory_clock:
        print()
        print(memory_table.table(rows, memory_clock.model))
    print()
    known = limits.read(LIMITS) if clock == "icount" else []
    verdicts = limits.failures(rows) + limits.check(limits.of_rows(known, rows) if patterns else known, rows)
    verdicts = list(dict.fromkeys(verdicts))       # a row that has failed may have a limit, too
    for verdict in verdicts:
        print(verdict)
    missed = sum(not verdict.met for verdict in verdicts)
    print(f"{len(verdicts) - missed} of {len(verdicts)} limits met")
    say(f"results in {paths.RESULTS}, comparison in {output}")
    return 2 if missed else 0
