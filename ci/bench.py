# SPDX-License-Identifier: GPL-2.0-only
"""./phyr bench: the same workloads in both kernels, side by side."""

import itertools
import json
import re
import tempfile
import time
from pathlib import Path

from ci import compare, gbench, kernel, limits, paths, vm
from ci.error import CiError
from ci.artifacts import Artifacts
from ci.progress import say

WORKLOADS = paths.ROOT / "bench" / "workloads.json"
LIMITS = paths.ROOT / "bench" / "limits.json"
PORT = 7471
OVERHEAD_LIMIT = 200   # instructions that measuring may add to a sample
DEADLINE = 900   # seconds for all runs of one kernel
BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")

JOB = f"""
api=http://127.0.0.1:{PORT}/api/v1
phyrd --listen 127.0.0.1:{PORT} >/results/phyrd.log 2>&1 &
for attempt in $(seq 100); do
	curl -sf $api/system -o /results/system.json && break
	sleep 0.1
done
for request in /results/requests/*.json; do
	name=${{request##*/}}
	created=$(curl -sS -D - -o /results/$name.created -H 'Content-Type: application/json' \\
		--data-binary @$request $api/runs | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')
	[ "$created" ] || {{ cat /results/$name.created; exit 1; }}
	curl -sSf "http://127.0.0.1:{PORT}${{created#http://127.0.0.1:{PORT}}}/samples?wait={DEADLINE}" -o /results/$name || exit 1
done
"""


class BenchError(CiError):
    pass


def expand(pattern: str) -> list[str]:
    """a/{b,c} -> a/b, a/c"""
    parts = BRACES.split(pattern)
    choices = [part.split(",") if index % 2 else [part] for index, part in enumerate(parts)]
    return ["".join(pick) for pick in itertools.product(*choices)]


def requests(plan: dict, tree: str, iommu: bool = False) -> dict[str, dict]:
    """Run name -> the body of POST /api/v1/runs, for one kernel and machine. phyrd shares memory between neighbours."""
    bodies = {}
    for run in plan["runs"]:
        if tree not in run["kernels"] or run.get("iommu", False) != iommu:
            continue
        names = [
            name.replace("{backing}", backing)
            for backing in run["backings"] for pattern in run["workloads"] for name in expand(pattern)
        ]
        common = {key: run[key] for key in ("samples", "warmup", "device") if key in run}
        bodies[run["name"]] = {"name": run["name"], "workloads": [{"workload": name} | common for name in names]}
    return bodies


def prefixed(plan: dict, run: dict) -> list[dict]:
    """The results of a finished run, under the names that their rows get: 'prefix' of the run in the plan, and the workload."""
    prefix = next(entry for entry in plan["runs"] if entry["name"] == run["name"]).get("prefix", "")
    return [result | {"workload": prefix + result["workload"]} for result in run["results"]]


def measure(artifacts: Artifacts, which: kernel.Kernel, clock: str, plan: dict, iommu: bool = False) -> tuple[dict, list[dict]]:
    """(what the daemon says of the system, results of all runs)"""
    machine = vm.Machine(artifacts.kernel(which), artifacts.guest, artifacts.accelerator if clock == "kvm" else "tcg",
                         icount=clock == "icount", cpus=1, iommu=iommu)
    folder = paths.VM / f"bench-{which.tree}{'-iommu' if iommu else ''}"
    bodies = requests(plan, which.tree, iommu)
    say(f"measuring in the {which.name} kernel, clock {clock}{', behind an IOMMU' if iommu else ''}")
    files = {f"requests/{index}-{name}.json": json.dumps(body) for index, (name, body) in enumerate(bodies.items())}
    outcome = vm.run(machine, JOB, folder, DEADLINE, files=files)
    # What stock complains of is part of the comparison.
    if outcome.splats and which.tree != "stock":
        raise BenchError(f"{which.name}: the kernel complained: {outcome.splats[0]}")
    if outcome.splats:
        say(f"note: the {which.name} kernel complained: {outcome.splats[0].text}")
    if outcome.status:
        raise BenchError(f"{which.name}: the measuring job failed with {outcome.status}; see {folder}/console.log")
    system = json.loads((outcome.results / "system.json").read_text())
    if clock == "icount" and system["clock"]["overhead_ns"] > OVERHEAD_LIMIT:
        raise BenchError(f"{which.name}: a sample of nothing takes {system['clock']['overhead_ns']} instructions, "
                         f"but {OVERHEAD_LIMIT} are allowed")
    results = []
    for file in files:
        run = json.loads((outcome.results / Path(file).name).read_text())
        if run["state"] != "done":
            raise BenchError(f"{which.name}: run {run['name']} ended as {run['state']}")
        results += prefixed(plan, run)
    say(f"measured {len(results)} workloads in {outcome.seconds:.0f} s")
    return system, results


def check_writable(path: Path) -> None:
    """Before anything is measured: OSError if write() will have no folder to write to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise BenchError(f"--json {path}: is a directory")
    tempfile.TemporaryFile(dir=path.parent).close()


def write(path: Path, document: dict) -> None:
    """All of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(json.dumps(document, indent=1) + "\n")
    temporary.rename(path)


def context(system: dict, which: kernel.Kernel, clock: str, accelerator: str) -> dict:
    return {"date": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()), "host_name": "guest", "executable": "phyrd",
            "num_cpus": 1, "mhz_per_cpu": 1000 if clock == "icount" else 0, "cpu_scaling_enabled": False, "caches": [],
            "load_avg": [], "library_build_type": "release",
            "kernel": which.name, "clock": clock, "accelerator": accelerator, "system": system}


def run(artifacts: Artifacts, output: Path, clock: str) -> int:
    check_writable(output)
    plan = json.loads(WORKLOADS.read_text())
    artifacts.kernel(kernel.STOCK)
    artifacts.kernel(kernel.PHYR)
    artifacts.prove_config()
    if clock == "kvm" and artifacts.accelerator != "kvm":
        raise BenchError("clock kvm: KVM does not run the kernel on this machine; see build/vm/accelerator.json")
    results = {}
    for which in (kernel.STOCK, kernel.PHYR):
        system, results[which.tree] = measure(artifacts, which, clock, plan)
        if requests(plan, which.tree, iommu=True):
            results[which.tree] += measure(artifacts, which, clock, plan, iommu=True)[1]
        accelerator = "kvm" if clock == "kvm" else "tcg"
        write(paths.RESULTS / f"{which.tree}.json",
              gbench.document(context(system, which, clock, accelerator), results[which.tree]))

    rows = compare.rows(results["stock"], results["phyr"])
    write(output, compare.document(rows, clock))
    print(compare.table(rows, clock))
    print()
    verdicts = limits.check(json.loads(LIMITS.read_text())["limits"], rows) if clock == "icount" else []
    for verdict in verdicts:
        print(verdict)
    missed = sum(not verdict.met for verdict in verdicts)
    print(f"{len(verdicts) - missed} of {len(verdicts)} limits met")
    say(f"results in {paths.RESULTS}, comparison in {output}")
    return 1 if missed else 0
