# SPDX-License-Identifier: GPL-2.0-only
"""fio, a foreign program, writes to the guest's drives from hugepages and verifies what it reads back."""

from dataclasses import dataclass
from pathlib import Path

from ci import initramfs, kernel, paths, vm
from ci.artifacts import Artifacts
from ci.entries.guest import folder_of
from ci.entry import Options
from ci.tap import Tally

PROGRAM = "fio"
SECONDS, LONG_SECONDS = 10, 600        # of each job


@dataclass(frozen=True)
class Case:
    disk: str
    engine: str                        # fio's ioengine and what it takes besides
    memory: str = "mmaphuge"           # iomem
    blocks: str = "512-1m"             # bsrange


CASES = {
    "nvme": Case("/dev/phyr/nvme-file", "io_uring"),
    "nvme-fixed": Case("/dev/phyr/nvme-file", "io_uring --fixedbufs=1"),
    "nvme-small-pages": Case("/dev/phyr/nvme-file", "io_uring", "mmap"),
    "virtio": Case("/dev/phyr/virtio-file", "io_uring"),
    "virtio-sync": Case("/dev/phyr/virtio-file", "pvsync2"),
}


def command(case: Case, seconds: int) -> str:
    return (f"{PROGRAM} --name=verify --filename={case.disk} --direct=1 --rw=randrw --size=128m --iodepth=16 "
            f"--ioengine={case.engine} --iomem={case.memory} --bsrange={case.blocks} --blockalign=512 --verify=crc32c "
            f"--verify_fatal=1 --verify_backlog=64 --randrepeat=1 --time_based --runtime={seconds} --thread "
            "--output-format=terse --terse-version=3")


def image(guest: Path) -> Path:
    """The guest's initramfs and, behind it, fio with its libraries, which are larger than all the rest."""
    def lay_out(root: Path) -> None:
        program = initramfs.locate(PROGRAM)
        initramfs.copy(program.resolve(), root / "usr/bin" / PROGRAM)
        for library in initramfs.libraries([program]):
            initramfs.copy(library.resolve(), root / str(library).lstrip("/"))

    return initramfs.layered(paths.VM / "guest-fio.cpio", guest, lay_out)


def tally_of(results: Path, names: list[str]) -> Tally:
    """A job has passed if fio says 0 and has read something back."""
    tally = Tally()
    for name in names:
        status, output = results / f"{name}.exit", results / f"{name}.out"
        if not status.exists():
            tally.failures.append(f"fio: {name} did not run to its end")
            continue
        fields = output.read_text(errors="replace").strip().split(";")
        read = int(fields[5]) if len(fields) > 5 and fields[5].isdecimal() else 0
        if status.read_text().strip() == "0" and read:
            tally += Tally(passed=1)
        else:
            tally.failures.append(f"fio: {name}: exit {status.read_text().strip()}, {read} KiB read: "
                                  f"{(results / f'{name}.err').read_text(errors='replace').strip()[-300:]}")
    return tally


def fio(artifacts: Artifacts, options: Options) -> Tally:
    seconds = LONG_SECONDS if options.long else SECONDS
    # One that hangs is not to keep the others from running.
    job = "".join(f"timeout -s KILL {60 + 4 * seconds} {command(CASES[name], seconds)} "
                  f">/results/{name}.out 2>/results/{name}.err\necho $? >/results/{name}.exit\n"
                  for name in options.parts)
    machine = artifacts.machine(kernel.PHYR, storage=True)
    machine.initramfs = image(artifacts.guest)
    folder = folder_of(options.name)
    problems = []
    try:
        outcome = vm.run(machine, job, folder, 600 + (60 + 4 * seconds) * len(options.parts))
        problems += [f"{folder.name}: {splat}" for splat in outcome.splats]
    except vm.VmError as error:
        problems.append(str(error))
    return tally_of(folder / "results", list(options.parts)) + Tally(failures=problems)
