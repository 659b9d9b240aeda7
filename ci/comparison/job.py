# SPDX-License-Identifier: GPL-2.0-only
"""python3 -B -m ci.comparison.job FOLDER: one build or one boot, on a node of a cluster.

FOLDER/request.json says what is wanted. What came of it goes into FOLDER/answer.json: {"answer": ...}, or {"error":
[kind, text]} where it failed as it would have here. A job that is killed leaves none.
"""

import fcntl
import itertools
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ci import bench, children, compiler_cache, kernel, packages, paths, vm
from ci.comparison import measure
from ci.comparison.builder import Built, BuildError, Maker, Order
from ci.comparison.measure import Bench, MeasureError
from ci.comparison.sides import Side
from ci.comparison.suites import Suite
from ci.error import CiError
from ci.kernel import Kernel
from ci.write import whole

# What an error is called in an answer.
KINDS = {"build": BuildError, "lost": measure.LostError, "vm": vm.VmError, "measure": MeasureError,
         "bench": bench.BenchError}
OTHER = "other"                # of the node, or of what was asked


class JobError(CiError):
    """Of the node: what it says is nothing about a kernel."""


@dataclass(frozen=True)
class Guest:
    """In place of Artifacts."""
    guest: Path


def need(*names: str) -> None:
    """A node is not ours: nothing is installed there."""
    lacking = packages.missing(packages.wanted(names)) if shutil.which("dpkg-query") else []
    if lacking:
        raise JobError(f"{socket.gethostname()} lacks packages; as root there: {' '.join(packages.APT_INSTALL)} "
                       f"{' '.join(lacking)}")


def node() -> str:
    return os.environ.get("SLURMD_NODENAME") or socket.gethostname()


@contextmanager
def work_tree() -> Iterator[Kernel]:
    """One that no other build of this node is in; a later one finds its objects there."""
    paths.TREES.mkdir(parents=True, exist_ok=True)
    for number in itertools.count():
        name = f"compared-{node()}-{number}"
        with (paths.TREES / f"{name}.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            os.utime(file.fileno())                # see ci/comparison/prune.py
            # Who held it has been killed.
            (paths.TREES / f"{name}.index.lock").unlink(missing_ok=True)
            yield Kernel(name, "perf")
            return


def build(request: dict) -> dict:
    need("kernel")
    if kernel.compiler() != request["compiler"]:
        raise JobError(f"{node()} has another compiler than the machine that asks: "
                       f"{kernel.compiler().splitlines()[0]}, there {request['compiler'].splitlines()[0]}")
    compiler_cache.ensure()
    order = Order(**request["order"] | {"side": tuple(request["order"]["side"])})
    with work_tree() as work:
        Maker(work, Path(request["folder"]), int(os.environ.get("SLURM_CPUS_ON_NODE", 1))).build(order)
    return {}


def boot(request: dict) -> dict:
    need("guest")
    suite = Suite(request["suite"]["name"], request["suite"]["plan"], tuple(request["suite"]["rows"]), (),
                  tuple(request["suite"]["programs"]), tuple(request["suite"]["held"]))
    taker = Bench(Guest(Path(request["initramfs"])), suite, "icount")
    taker.name = f"job-{os.environ.get('SLURM_JOB_ID', os.getpid())}"
    built, features = Built(Side(*request["side"], "ref"), Path(request["image"])), frozenset(request["features"])
    # It is made of QEMU's version, the guest and the image as this node has them.
    if taker.key(built, features, request["number"]) != request["key"]:
        raise JobError(f"{node()} would measure something else: QEMU is {taker.qemu} there, the guest "
                       f"{taker.guest[:12]}; asked for were QEMU {request['qemu']}, {request['guest'][:12]}")
    found = taker.take(built, features)
    # Of a boot without a verdict the console is looked at.
    shutil.rmtree(taker.place(built, features), ignore_errors=True)
    return found.__dict__


WORK: dict[str, Callable[[dict], dict]] = {"build": build, "boot": boot}


def answer(request: dict) -> dict:
    try:
        return {"answer": WORK[request["kind"]](request)}
    except (CiError, OSError) as error:
        kind = next((name for name, one in KINDS.items() if type(error) is one), OTHER)
        return {"error": [kind, str(error)]}


def error_of(found: dict) -> CiError:
    kind, text = found["error"]
    return KINDS.get(kind, JobError)(text)


def main(folder: Path) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    children.adopt()
    try:
        whole(folder / "answer.json", json.dumps(answer(json.loads((folder / "request.json").read_text()))))
    finally:
        children.end_all()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
