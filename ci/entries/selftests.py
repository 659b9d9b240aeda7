# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own selftests of memory that direct I/O pins, on an ext4."""

import subprocess
from pathlib import Path

from ci import initramfs, paths, vm
from ci.artifacts import Artifacts
from ci.entries import guest
from ci.entries.guest import folder_of
from ci.entry import Options
from ci.kernel import PHYR, make
from ci.tap import Tally

FOLDER = "tools/testing/selftests/mm"
PROGRAMS = ("hugetlb_dio",)
SUPPORT = ("vm_util.c", "hugepage_settings.c")
INSIDE = "/opt/selftests"
SECONDS = 300


def compile_all(to: Path) -> None:
    """With the headers of that kernel: this machine's are older."""
    to.mkdir(parents=True)
    make(PHYR, "headers")
    for name in PROGRAMS:
        subprocess.run(["gcc", "-O2", "-w", "-static", "-D_GNU_SOURCE", "-I..",
                        "-isystem", PHYR.objects / "usr/include", "-o", to / name, f"{name}.c", *SUPPORT],
                       cwd=PHYR.source / FOLDER, check=True)


def selftests(artifacts: Artifacts, options: Options) -> Tally:
    """They want a file of /tmp that does direct I/O."""
    machine = artifacts.machine(storage=True)
    machine.initramfs = initramfs.layered(paths.VM / "guest-selftests.cpio", artifacts.guest,
                                          lambda root: compile_all(root / INSIDE.lstrip("/")))
    job = "mkfs.ext4 -q -F /dev/ram0 && mount -t ext4 /dev/ram0 /tmp || exit 1\n" + "".join(
        f"timeout -s KILL {SECONDS} {INSIDE}/{name} >/results/{name}.tap\necho $? >/results/{name}.exit\n"
        for name in options.parts)
    folder = folder_of(options.name)
    problems = []
    try:
        outcome = vm.run(machine, job, folder, SECONDS * (1 + len(options.parts)))
        problems += [f"{folder.name}: {splat}" for splat in outcome.splats]
    except vm.VmError as error:
        problems.append(str(error))
    return guest.tally_of(folder / "results", list(options.parts)) + Tally(failures=problems)
