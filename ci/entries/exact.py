# SPDX-License-Identifier: GPL-2.0-only
"""What ./phyr bench prints is the same in each boot, to the instruction, whatever else the host does."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from ci import bench, compare, kernel
from ci.artifacts import Artifacts
from ci.entry import Options
from ci.progress import note
from ci.tap import Tally

# Rows that host, timer and allocator once moved.
ROWS = ("gup/*/base/4KiB", "mr/*/base/4KiB", "siw:mr/*/base/4KiB", "mr/reg/base/64MiB", "crypto/virtio/setup/base/4KiB")
# (boots alone, boots beside a full load)
BOOTS, LONG_BOOTS = (2, 0), (5, 5)
LOAD = "while True: sum(range(100000))"


@contextmanager
def full_load() -> Iterator[None]:
    """Each core has two processes to run that never wait."""
    processes = [subprocess.Popen([sys.executable, "-c", LOAD]) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def medians(results: list[dict]) -> dict[str, int | str]:
    """Workload -> its median, or the error that it failed with."""
    return {result["workload"]: result["error"]["errno"] if "error" in result else result["stats"]["median"]
            for result in results}


def differences(boots: list[dict[str, int | str]], tree: str, inexact: list[dict]) -> Tally:
    """Each workload that is a figure, compared over all boots."""
    tally = Tally()
    for workload in boots[0]:
        if compare.inexactness(compare.row_name(workload), inexact):
            continue
        found = [boot.get(workload) for boot in boots]
        same = all(one == found[0] for one in found)
        tally += Tally(passed=1) if same else Tally(
            failures=[f"exact: {workload} on {tree}: {', '.join(map(str, found))}"])
    return tally


def exact(artifacts: Artifacts, options: Options) -> Tally:
    """Some rows of the phyr kernel in two boots; with --long, all of both kernels in ten."""
    plan = json.loads(bench.WORKLOADS.read_text())
    (alone, loaded), rows, kernels = (LONG_BOOTS, (), bench.KERNELS) if options.long else (BOOTS, ROWS, (kernel.PHYR,))
    boots: dict[str, list[dict[str, int | str]]] = {which.tree: [] for which in kernels}
    for load in [nullcontext] * alone + [full_load] * loaded:
        with load():
            found = bench.measure_all(artifacts, "icount", plan, rows, "exact", kernels)
        for tree, (results, _documents) in found.items():
            boots[tree].append(medians(results))
    tally = sum((differences(seen, tree, plan["inexact"]) for tree, seen in boots.items()), Tally())
    note(f"{alone + loaded} boots, {loaded} of them beside a full load: {tally.passed} medians are the same in all, "
         f"{len(tally.failures)} are not")
    return tally
