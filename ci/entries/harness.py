# SPDX-License-Identifier: GPL-2.0-only
"""In a real VM, too, a panic, a hang and a splat are noticed."""

from dataclasses import dataclass
from pathlib import Path

from ci import vm
from ci.artifacts import Artifacts
from ci.entries.guest import folder_of
from ci.entry import Options
from ci.tap import Tally


@dataclass(frozen=True)
class Case:
    job: str
    seconds: float             # after which the VM is ended
    error: str = ""            # of vm.run()
    splat: str = ""            # on the console of a run without error


CASES = {
    "panic": Case("echo c >/proc/sysrq-trigger\nsleep 60\n", 240, error="Kernel panic"),
    "hang": Case("sleep 600\n", 25, error="still running"),
    "splat": Case("echo 'WARNING: CPU: 0 PID: 1 at planted/by/the/test.c:1' >/dev/kmsg\n", 240, splat="planted"),
}


def noticed(machine: vm.Machine, case: Case, folder: Path) -> bool:
    try:
        outcome = vm.run(machine, case.job, folder, case.seconds)
    except vm.VmError as error:
        if case.error and case.error in str(error):
            return True
        raise
    return bool(case.splat) and any(case.splat in splat.text for splat in outcome.splats)


def harness(artifacts: Artifacts, options: Options) -> Tally:
    machine = artifacts.machine()
    tally = Tally()
    for name in options.parts:
        seen = noticed(machine, CASES[name], folder_of(f"{options.name}/{name}"))
        tally += Tally(passed=1) if seen else Tally(failures=[f"{name}: went unnoticed"])
    return tally
