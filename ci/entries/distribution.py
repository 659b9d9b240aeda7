# SPDX-License-Identifier: GPL-2.0-only
"""phyrd on a distribution's kernel: what can be measured there is, and of the rest it says what is missing."""

import json
from pathlib import Path

from ci import bench, distribution, initramfs, paths, vm
from ci.artifacts import Artifacts
from ci.entries.guest import folder_of
from ci.entry import Options
from ci.progress import note
from ci.tap import Tally

DEADLINE = 600
SAMPLES = 5
BACKINGS = ("base/4KiB", "thp/2MiB", "hugetlb-2M/64MiB", "hugetlb-1G/1GiB")
# Part -> (device, workloads): what a kernel without anything of ours can do.
MEASURED: dict[str, tuple[str, tuple[str, ...]]] = {
    "mr": ("rxe0", ("mr/{reg,dereg}/{backing}",)),
    "rdma": ("rxe0", ("rdma/write/base/64KiB",)),
    "af_alg": ("", ("af_alg/{cbc,ctr,xts}/encrypt/base/64KiB",)),
    "dio-null": ("/dev/nullb0", ("dio/null/pread/{backing}",)),
    "dio-nvme": ("/dev/phyr/nvme-null", ("dio/nvme/{read,submit,fixed}/base/64KiB",)),
    "dio-virtio": ("/dev/phyr/virtio-null", ("dio/virtio/{read,submit,fixed}/base/64KiB",)),
    "uring": ("", ("uring/{register,unregister}/{backing}",)),
}
# Part -> what its reason has to name.
MISSING = {"gup": "/dev/phyr_test", "dma": "CONFIG_PHYR_TEST_DMA",
           "crypto": "/dev/phyr_test", "gup_test": "CONFIG_GUP_TEST"}
JOB = bench.JOB + "curl -sSf $api/workloads -o /results/workloads.json\n"


def parts() -> list[str]:
    return [*MEASURED, *MISSING]


def body(part: str) -> dict:
    """Of POST /api/v1/runs."""
    device, patterns = MEASURED[part]
    names = [name.replace("{backing}", backing) for pattern in patterns for name in bench.expand(pattern)
             for backing in (BACKINGS if "{backing}" in name else BACKINGS[:1])]
    common = {"samples": SAMPLES, "warmup": 1} | ({"device": device} if device else {})
    return {"name": part, "workloads": [{"workload": name} | common for name in names]}


def measured(part: str, run: dict) -> list[str]:
    """What is wrong with a run that has ended."""
    wanted = {workload["workload"] for workload in body(part)["workloads"]}
    rows = {row["workload"]: row for row in run["results"]}
    found = [f"{name}: not measured" for name in sorted(wanted - rows.keys())]
    for name, row in sorted(rows.items()):
        if row.get("error"):
            found.append(f"{name}: {row['error']}")
        elif not row.get("stats") or row["stats"]["median"] <= 0:
            found.append(f"{name}: no figure")
    return found


def missing(part: str, families: list[dict]) -> list[str]:
    """What is wrong with what the daemon says of a family that cannot be measured."""
    family = next(family for family in families if family["family"] == part)
    if family["available"]:
        return [f"{part} can be measured, it says"]
    return [] if MISSING[part] in family["reason"] else [f"{part}: '{family['reason']}' does not name {MISSING[part]}"]


def tally_of(results: Path, wanted: tuple[str, ...]) -> Tally:
    """Each part is a test."""
    families = json.loads((results / "workloads.json").read_text())["workloads"]
    tally = Tally()
    for part in wanted:
        found = missing(part, families) if part in MISSING \
            else measured(part, json.loads((results / f"{part}.json").read_text()))
        tally += Tally(failures=[f"distribution/{text}" for text in found]) if found else Tally(passed=1)
    return tally


def run(artifacts: Artifacts, options: Options) -> Tally:
    kernel = artifacts.keep("distribution", distribution.unpacked)
    machine = artifacts.machine(storage=True)
    machine.kernel = kernel.image
    machine.initramfs = initramfs.layered(paths.VM / "guest-distribution.cpio", artifacts.guest,
                                          lambda root: distribution.lay_out(kernel, root))
    files = {f"requests/{part}.json": json.dumps(body(part)) for part in options.parts if part in MEASURED}
    outcome = vm.run(machine, JOB, folder_of(options.name), DEADLINE, files=files)
    note(f"{kernel.package}: measured in {outcome.seconds:.0f} s")
    if outcome.status:
        return Tally(failures=[f"distribution: the job failed with {outcome.status}; see {outcome.folder}/console.log"])
    return tally_of(outcome.results, options.parts)
