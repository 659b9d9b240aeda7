# SPDX-License-Identifier: GPL-2.0-only
"""Builds and boots in a word, for jobs of a real cluster: what a kernel costs is in a file of its tree.

python3 -B -m ci.tests.made_up FOLDER is ci.comparison.job with them. A build waits while the tree's file 'hold' names a
file that is there, so that a test can kill it.
"""

import json
import os
import sys
import time
from pathlib import Path
from unittest import mock

from ci import compiler_cache, initramfs, kernel, paths
from ci.comparison import builder, job, measure
from ci.comparison.measure import Boot
from ci.tests.comparison_case import boot, failed, result

ROW = "mr/reg/base/4KiB"
QEMU = "7.2.22"
STARTED = "started"            # beside the file that is waited for: the process that waits


def hold(tree: Path) -> None:
    if not (tree / "hold").exists():
        return
    gate = Path((tree / "hold").read_text().strip())
    gate.with_name(STARTED).write_text(str(os.getpid()))
    while gate.exists():
        time.sleep(0.05)


def try_make(which: kernel.Kernel, *goals: str, processes: int = 1) -> tuple[bool, str]:
    cost = (which.source / "cost").read_text().strip()
    if goals[-1] == "allnoconfig":
        (which.objects / ".config").write_text("".join(f"{name}=y\n" for name in builder.NEEDED))
        return True, ""
    hold(which.source)
    if cost == "broken":
        return False, "mm/gup.c:1: error: planted\n"
    which.image.parent.mkdir(parents=True, exist_ok=True)
    which.image.write_text(cost)
    with (paths.TREES / "built").open("a") as log:
        log.write(f"{cost} {which.tree}\n")
    return True, ""


def take(bench: measure.Bench, built: builder.Built, _features: frozenset[str]) -> Boot:
    cost = built.image.read_text()
    return boot(failed(ROW, cost) if cost.startswith("E") else result(ROW, *[float(cost)] * 9))


def patched(trees: Path, bench: type = measure.Bench) -> list:
    """bench: whose boots are made up. What replaces the real things."""
    replaced = [(kernel, "try_make", try_make), (paths, "TREES", trees), (builder, "note", mock.Mock()),
                (measure, "qemu_version", lambda: os.environ.get("PHYR_QEMU", QEMU)),
                (initramfs, "digest", lambda image: "0" * 64), (compiler_cache, "ensure", lambda: None),
                (job, "need", lambda *names: None)]
    if bench:
        replaced.append((bench, "take", take))
    return [mock.patch.object(*each) for each in replaced]


def main(folder: Path) -> int:
    request = json.loads((folder / "request.json").read_text())
    trees = Path(request.get("folder", folder)) / "trees"
    trees.mkdir(exist_ok=True)
    for patch in patched(trees):
        patch.start()
    return job.main(folder)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
