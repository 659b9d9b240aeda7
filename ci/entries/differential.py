# SPDX-License-Identifier: GPL-2.0-only
"""Random direct I/O, the same in both kernels: results, errors and bytes are the stock kernel's."""

import hashlib
import re
from pathlib import Path

from ci import kernel, vm
from ci.artifacts import Artifacts
from ci.entries import guest
from ci.entries.guest import Bounds, folder_of
from ci.entry import Options
from ci.progress import note
from ci.tap import Tally

PROGRAM = "dio_differential"
# "# digest nvme 1: 0123456789abcdef"
DIGEST = re.compile(r"^# digest (\S+ \d+): ([0-9a-f]{16})$", re.M)


def digests(results: Path) -> dict[str, str]:
    """Disk and seed -> what came of them; nothing where the program did not run."""
    output = results / f"{PROGRAM}.tap"
    return dict(DIGEST.findall(output.read_text(errors="replace"))) if output.exists() else {}


def images(machine: vm.Machine, folder: Path) -> dict[str, str]:
    """Drive -> digest of the host's file, where the data is in the end."""
    found = {}
    for name in machine.drives:
        if (path := folder / f"{name}.img").exists():
            with path.open("rb") as file:
                found[f"file of {name}"] = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    return found


def differences(stock: dict[str, str], phyr: dict[str, str]) -> Tally:
    """Each that one kernel has and the other has not is one, too."""
    names = list(stock | phyr)
    failures = [f"differential: {name}: {stock.get(name, 'nothing')} on stock, {phyr.get(name, 'nothing')} on phyr"
                for name in names if stock.get(name) != phyr.get(name)]
    return Tally(passed=len(names) - len(failures), failures=failures)


def differential(artifacts: Artifacts, options: Options) -> Tally:
    tally, found = Tally(), {}
    for which in (kernel.STOCK, kernel.PHYR):
        folder = folder_of(f"{options.name}/{which.tree}")
        machine: vm.Machine = artifacts.machine(which, storage=True)
        tally += guest.programs(machine, [PROGRAM], folder, Bounds(), options)
        found[which.tree] = digests(folder / "results")
        if found[which.tree]:
            found[which.tree] |= images(machine, folder)
    note(f"{len(found['stock'])} digests")
    return tally + differences(found["stock"], found["phyr"])
