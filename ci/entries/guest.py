# SPDX-License-Identifier: GPL-2.0-only
"""Test programs in the guest: one boot, and the sum of what it left."""

from dataclasses import dataclass
from pathlib import Path

from ci import paths, tap, userland, vm
from ci.entry import Options
from ci.tap import Tally

DAY = 86400
KSFT_SKIP = 4            # exit status of a program that is skipped as a whole


@dataclass(frozen=True)
class Bounds:
    """Seconds a guest may take beside another busy one: to reach /init, for one test program, for all of one boot."""
    init: int = vm.BOOT_SECONDS
    program: int = 600
    boot: int = 1800
    environment: str = ""                  # shell, when not long


def tally_of(results: Path, programs: list[str]) -> Tally:
    """Sum up what run-tests left in the results folder."""
    tally = Tally()
    for name in programs:
        status, output = results / f"{name}.exit", results / f"{name}.tap"
        if not status.exists():
            tally.failures.append(f"{name}: did not run to its end")
            continue
        code = int(status.read_text())
        if code == KSFT_SKIP:
            tally.skipped += 1
            continue
        one = tap.parse(output.read_text(errors="replace"), name)
        if code and not one.failures:
            one.failures.append(f"{name}: exit {code}" + (" (killed: out of time)" if code == 137 else ""))
        if (leak := results / f"{name}.leak").exists():
            one.failures.append(f"{name}: pages left pinned: {leak.read_text().strip()}")
        tally += one
    return tally


def folder_of(name: str) -> Path:
    """guest-debug/movable -> build/vm/guest-debug-movable"""
    return paths.VM / name.replace("/", "-")


def programs(machine: vm.Machine, names: list[str], folder: Path, bounds: Bounds, options: Options) -> Tally:
    """One boot: the test programs, then what the console says."""
    environment = "export PHYR_LONG=1\n" if options.long else bounds.environment
    limit, deadline = (DAY, DAY) if options.long else (bounds.program, bounds.boot)
    job = f"{environment}run-tests {limit} {' '.join(f'{userland.TESTS}/{name}' for name in names)}\n"
    problems = []
    try:
        outcome = vm.run(machine, job, folder, deadline)
        problems += [f"{folder.name}: {splat}" for splat in outcome.splats]
        if outcome.status:
            problems.append(f"{folder.name}: run-tests exits with {outcome.status}")
    except vm.VmError as error:
        problems.append(str(error))
    return tally_of(folder / "results", names) + Tally(failures=problems)
